"""A score stage that is stopped anywhere and restored from its changelog goes on as if nothing had happened."""

from collections.abc import Sequence

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import PartialCount, Tally
from streams.evidence.loud_samples import best
from streams.stages.base import Restored
from streams.stages.score import ScoreStage
from tests.fakes.score_stage import START_SECOND, at, counted, make_stage, partials, record, watermarks

CHANGELOG = Partition("tocsin.score-state", 3)
NOTHING_CHANGED = Restored(100)


def compacted(changelog: Sequence[Outgoing]) -> list[Record]:
    """The newest record of every key, oldest first."""
    newest: dict[bytes | None, Record] = {}
    for offset, made in enumerate(changelog):
        newest.pop(made.key, None)
        if made.value is not None:
            newest[made.key] = Record(CHANGELOG, offset, made.key, made.value, 0)
    return list(newest.values())


def written(stage: ScoreStage, next_offset: int = 100, *, seconds: float = 0) -> list[Outgoing]:
    """Flush at START + `seconds`, and answer what goes into the changelog with it."""
    stage.flush(at(seconds), at_end=False)
    return stage.changes(next_offset)


def restarted(changelog: Sequence[Outgoing], committed: int | None = 100) -> tuple[ScoreStage, Restored]:
    stage = make_stage()
    return stage, stage.restore(compacted(changelog), committed)


def stage_with(*records: Record) -> ScoreStage:
    stage = make_stage()
    stage.fold(records, at(0))
    return stage


def test_a_repetition_is_recognised_after_a_restart() -> None:
    stage, how = restarted(written(stage_with(record(seq=1))))

    assert how == NOTHING_CHANGED
    assert counted(record(seq=1), record(), stage=stage) == []


def test_a_deletion_after_a_restart_takes_back_what_was_said_of_each_topic() -> None:
    said = record("happy with acme. angry about my refund", seq=1)
    stage, _ = restarted(written(stage_with(said)))

    found = counted(record("", seq=2, op="delete"), stage=stage)

    by_topic = {partial.topic: partial.tally for partial in found}
    assert (by_topic["acme"].positive, by_topic["acme"].negative) == (-1, 0)
    assert (by_topic["refunds"].positive, by_topic["refunds"].negative) == (0, -1)


def test_an_update_after_a_restart_replaces_what_was_counted_before_it() -> None:
    stage, _ = restarted(written(stage_with(record("refund angry", seq=1, likes=3))))

    [partial] = counted(record("refund happy", seq=2, likes=5, published=9), stage=stage)

    assert (partial.second, partial.tally.mentions, partial.tally.negative, partial.tally.positive) == (
        START_SECOND,
        0,
        -1,
        1,
    )
    assert partial.tally.engagement == 2


def test_a_deletion_after_a_restart_subtracts_what_was_counted_before_it() -> None:
    stage, _ = restarted(written(stage_with(record("refund"))))

    [deleted] = counted(record("", op="delete"), stage=stage)

    assert deleted.tally == Tally(mentions=-1, neutral=-1)


def test_what_was_deleted_before_a_restart_stays_deleted() -> None:
    stage, _ = restarted(written(stage_with(record(seq=1), record("", op="delete", seq=5))))

    assert counted(record(seq=4), record(), stage=stage) == []


@pytest.mark.parametrize("seq", [10**40, -(10**40)])
def test_versions_beyond_64_bits_are_written_down_as_the_last_there_are(seq: int) -> None:
    stage, how = restarted(written(stage_with(record(seq=seq))))

    assert how == NOTHING_CHANGED
    assert counted(record(seq=seq), stage=stage) == []


def test_every_write_carries_only_what_changed() -> None:
    stage = stage_with(record(id="1"))
    written(stage)
    stage.fold([record(id="2")], at(1))

    keys = [made.key for made in written(stage, seconds=1)]

    assert keys == [b"counted/1", b"clock"]


def test_the_changelog_goes_to_its_own_kafka_topic() -> None:
    assert {made.kafka_topic for made in written(stage_with(record()))} == {"tocsin.score-state"}


def test_event_time_goes_on_where_it_was() -> None:
    stage = stage_with(record(published=30))
    stage.flush(at(30), at_end=True)
    [(_, before), *_] = watermarks(stage.flush(at(40), at_end=True))

    after_restart, _ = restarted(stage.changes(100))
    [(_, after), *_] = watermarks(after_restart.flush(at(50), at_end=True))

    # 30 s less the wait of 5, carried on by the clock since the mention came
    assert [((mark.event_ms or 0) / 1000 - START_SECOND) for mark in (before, after)] == [65, 75]
    assert (before.idle, after.idle) == (True, True)


def test_a_restart_leaps_from_the_watermark_that_was_given_out() -> None:
    stage = stage_with(record(published=0))
    stage.flush(at(0), at_end=True)
    stage.flush(at(50), at_end=True)  # event time is at 45 s by now, so a mention of 100 s is no minute ahead

    after_restart, _ = restarted(stage.changes(100))
    after_restart.fold([record(id="2", published=100)], at(100))

    assert len([mark for number, mark in watermarks(after_restart.flush(at(100), at_end=True)) if number == 0]) == 1


def test_what_was_committed_behind_the_changelog_is_read_in_silence() -> None:
    changelog = written(stage_with(record(id="1")), next_offset=100)

    stage, how = restarted(changelog, committed=103)
    stage.replay([record(id="2")])

    assert how == Restored(100)
    assert counted(record(id="1"), record(id="2"), stage=stage) == []


def test_what_a_changelog_ahead_of_the_position_counted_is_not_counted_again() -> None:
    stage, how = restarted(written(stage_with(record(id="1")), next_offset=100), committed=40)

    assert how == Restored(100)
    assert counted(record(id="1"), stage=stage) == []


def test_goes_on_from_the_changelog_where_the_position_of_the_group_has_expired() -> None:
    _, how = restarted(written(stage_with(record())), committed=None)

    assert how == NOTHING_CHANGED


def test_a_first_start_rebuilds_nothing() -> None:
    assert restarted([], committed=None)[1] == Restored(None)


def broken(changelog: list[Outgoing], key: bytes, value: bytes) -> list[Outgoing]:
    return [msgspec.structs.replace(made, value=value) if made.key == key else made for made in changelog]


PACK = codec.encode_snapshot((1, (0, (1, 2), ())))
OTHER_VERSION = codec.encode_snapshot((2, "whatever the future holds"))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"counted/0", b"\xc1", "cannot be read"),
        (b"counted/0", b"", "cannot be read"),
        (b"counted/0", OTHER_VERSION, "version 2"),
        (b"counted/0", PACK, "2 ids for 0 mentions"),
        (b"clock", b"\xc1", "cannot be read"),
        (b"clock", codec.encode_snapshot({"version": 2}), "version"),
        (b"clock", codec.encode_snapshot({"version": 1, "next_offset": "3", "clock": {}}), "offset"),
        (b"clock", codec.encode_snapshot({"version": 1, "next_offset": 3, "clock": {"base_ms": []}}), "cannot be read"),
    ],
)
def test_state_that_cannot_be_read_is_built_anew_from_the_input_and_replaced(
    key: bytes, value: bytes, reason: str
) -> None:
    before = written(stage_with(record(id="1"), record("acme", id="2")))
    changelog = broken(before, key, value)

    stage, how = restarted(changelog)
    stage.replay([record(id="1"), record("acme", id="2")])
    changelog += written(stage)
    again, how_again = restarted(changelog)

    assert how.replay_from == 0  # 1,000,000 records back from 100
    assert len(how.rebuilds) == 1
    assert reason in how.rebuilds[0]
    assert how_again == NOTHING_CHANGED
    for one in (stage, again):
        assert counted(record(id="1"), record("acme", id="2"), stage=one) == []


def test_a_foreign_key_is_removed_when_the_state_is_built_anew() -> None:
    changelog = [*written(stage_with(record())), Outgoing("tocsin.score-state", b"what?", b"x")]

    stage, how = restarted(changelog)
    changelog += written(stage)

    assert "what?" in how.rebuilds[0]
    assert restarted(changelog)[1] == NOTHING_CHANGED


@pytest.mark.parametrize(("committed", "start"), [(0, 0), (500, 400), (50, 0)])
def test_a_lost_changelog_is_told_and_the_input_read_as_far_back_as_the_index_may_hold(
    committed: int, start: int
) -> None:
    how = make_stage(index_mentions=100).restore([], committed)

    assert how.replay_from == start
    assert how.rebuilds == ("the changelog of the score stage has no position",)


def test_a_pack_of_hostile_names_stays_below_what_the_kafka_topic_takes() -> None:
    name = "\U0001f600" * 512
    stage = make_stage()
    stage.fold(
        [
            record(id=str(n), platform=name, country=name, lang=name, reach=10**12, likes=10**12, seq=2**62)
            for n in range(5000)
        ],
        at(0),
    )

    sizes = [len(made.value or b"") for made in written(stage)]

    assert len(sizes) == 6  # 5,000 in packs of 1,024, and the clock
    assert max(sizes) < 1_000_000


def test_partials_of_a_stage_that_was_restarted_at_every_write_add_up_as_without() -> None:
    records = [
        record("refund angry", id=str(n % 7), seq=n, published=n % 5, op="delete" if n % 11 == 0 else "update")
        for n in range(60)
    ]

    def run(*, restart: bool) -> list[PartialCount]:
        stage = make_stage()
        changelog: list[Outgoing] = []
        out: list[PartialCount] = []
        for n, one in enumerate(records):
            if restart and n:
                stage, how = restarted(changelog, committed=n)
                assert how == Restored(n)
            stage.fold([one], at(n))
            out += partials(stage.flush(at(n), at_end=False))
            changelog += stage.changes(n + 1)
        return out

    often, whole = run(restart=True), run(restart=False)

    assert list(map(without_samples, often)) == list(map(without_samples, whole))
    # which samples travelled is forgotten, so that more do; those that are shown are the same
    assert best(sample for one in often for sample in one.samples) == best(
        sample for one in whole for sample in one.samples
    )


def without_samples(partial: PartialCount) -> PartialCount:
    return msgspec.structs.replace(partial, samples=())
