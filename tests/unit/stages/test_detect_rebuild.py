"""Snapshots that cannot be read are built anew from the log, and none outgrows what Kafka takes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import PartialCount, Sample, Tally, Watermark
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.base import Restored
from streams.stages.detect import DetectStage
from streams.stages.detect_snapshots import MAX_PART_BYTES
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import START, minutes, partial, records, watermark

KAFKA = KafkaSettings()
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
CHANGELOG = Partition(KAFKA.detect_state, 3)
TOPICS = tuple(Topic(id=name, name=name, query=name, pages_per_week=1.0) for name in ("flights", "refunds"))


def two_topics() -> list[Record]:
    """Five steady hours of both topics, then a crisis of one."""
    steady = minutes(1, 300, 1.0)
    crisis = minutes(2, 40, 60.0, negative_share=0.8, start=START + 300 * MINUTE)
    values: list[PartialCount | Watermark] = []
    for slot in (*steady, *crisis):
        values.append(partial(slot.start + 10, 1, topic="flights"))
        if slot.tally.mentions:
            values.append(PartialCount(topic="refunds", revision=1, second=slot.start + 30, tally=slot.tally))
        values.append(watermark(slot.start + MINUTE))
    keyed = (value.topic.encode() if isinstance(value, PartialCount) else None for value in values)
    return [msgspec.structs.replace(one, key=key) for one, key in zip(records(values), keyed, strict=True)]


LOG = two_topics()
SAVED = 700


def stage(**time: Any) -> DetectStage:
    return DetectStage(3, kafka=KAFKA, time=TimeSettings(**time), detect=DetectSettings(), topics=TOPICS)


def run(one: DetectStage, log: Sequence[Record]) -> list[Outgoing]:
    one.fold(log, NO_CLOCK)
    return one.flush(NO_CLOCK, at_end=False)


def compacted(made: Iterable[Outgoing]) -> dict[bytes, bytes]:
    newest: dict[bytes, bytes] = {}
    for one in made:
        assert one.key is not None
        newest.pop(one.key, None)
        if one.value is not None:
            newest[one.key] = one.value
    return newest


def restored(newest: dict[bytes, bytes], committed: int) -> tuple[DetectStage, Restored]:
    """A stage restored as the worker does it, the log replayed up to `committed`."""
    one = stage()
    how = one.restore([Record(CHANGELOG, n, *item, 0) for n, item in enumerate(newest.items())], committed)
    one.replay(LOG[how.replay_from or 0 : committed])
    return one, how


def everything(one: DetectStage) -> dict[bytes, bytes]:
    """The whole state, each topic's too that did not change."""
    one._saving.touch_all(one._topics._watches)
    return compacted(one.snapshot(len(LOG)))


UNDISTURBED = stage()
SNAPSHOTS = (run(UNDISTURBED, LOG[:SAVED]), compacted(UNDISTURBED.snapshot(SAVED)))[1]
TOLD = run(UNDISTURBED, LOG[SAVED:])


def with_a_hole() -> bytes:
    state = codec.decode_snapshot(SNAPSHOTS[b"topic/refunds"])
    del state["watch"]["budget"]
    return codec.encode_snapshot(state)


@pytest.mark.parametrize("committed", [SAVED, SAVED + 50])
@pytest.mark.parametrize(
    ("keys", "value", "rebuilds"),
    [
        ([b"topic/refunds"], b"\xc1", 1),
        ([b"topic/refunds"], b"", 1),
        ([b"topic/refunds"], codec.encode_snapshot({"version": 99}), 1),
        ([b"topic/refunds"], codec.encode_snapshot({"version": 2, "next_offset": 3}), 1),
        ([b"topic/refunds"], codec.encode_snapshot({"version": 2, "next_offset": 3, "parts": 2}), 1),
        ([b"topic/refunds"], with_a_hole(), 1),
        ([b"topic/refunds", b"topic/flights"], b"\xc1", 2),
        ([b"time"], b"\xc1", 1),
        ([b"time"], codec.encode_snapshot([1]), 1),
        ([b"time"], codec.encode_snapshot({"version": 2, "next_offset": SAVED, "time": {}}), 1),
    ],
)
def test_what_cannot_be_read_is_built_anew_from_the_log_and_decides_as_if_nothing_had_happened(
    keys: list[bytes], value: bytes, rebuilds: int, committed: int
) -> None:
    whole = stage()
    run(whole, LOG[:committed])
    expected = run(whole, LOG[committed:])

    one, how = restored(SNAPSHOTS | dict.fromkeys(keys, value), committed)

    assert how.replay_from is None
    assert len(how.rebuilds) == rebuilds
    assert run(one, LOG[committed:]) == expected
    assert everything(one) == everything(whole)


def test_a_topic_is_built_anew_from_packs_that_hold_others_too() -> None:
    packed = [
        Record(CHANGELOG, offset, None, codec.pack_of_partials([one.value for one in LOG[at : at + 7] if one.value]), 0)
        for offset, at in enumerate(range(0, len(LOG), 7))
    ]
    whole = stage()
    run(whole, packed[:100])
    newest = compacted(whole.snapshot(100))
    expected = run(whole, packed[100:])

    one = stage()
    broken = newest | {b"topic/refunds": b"\xc1"}
    how = one.restore([Record(CHANGELOG, n, *item, 0) for n, item in enumerate(broken.items())], 100)
    one.replay(packed[:100])

    assert how.replay_from is None
    assert run(one, packed[100:]) == expected
    assert everything(one) == everything(whole)


def test_what_was_built_anew_is_saved_in_place_of_what_could_not_be_read() -> None:
    one, _ = restored(SNAPSHOTS | {b"topic/refunds": b"\xc1"}, SAVED)

    saved = compacted(one.snapshot(SAVED))
    _, how = restored(SNAPSHOTS | saved, SAVED)

    assert saved[b"topic/refunds"] == SNAPSHOTS[b"topic/refunds"]
    assert how == Restored(SAVED)


def test_a_broken_snapshot_of_a_topic_that_nobody_knows_is_removed() -> None:
    one, how = restored(SNAPSHOTS | {b"topic/gone": b"\xc1"}, SAVED)

    assert len(how.rebuilds) == 1
    assert [made.key for made in one.snapshot(SAVED) if made.value is None] == [b"topic/gone"]


def test_no_record_outgrows_kafka_however_much_there_is_to_remember() -> None:
    one = stage(grace_seconds=86_400)
    wide = "\U0001f600"
    for number in range(300):
        samples = tuple(
            Sample(key=wide * 1000 + str(n), text=wide * 500, published_at=NO_CLOCK, polarity=None, url=wide * 2000)
            for n in range(5)
        )
        kinds = {f"{wide * 60}{n}": 1 for n in range(64)}
        terms = {f"{wide * 60}{n}": 1 for n in range(32)}
        big = PartialCount(
            topic="refunds",
            revision=1,
            second=START + 120 * number,
            tally=Tally(mentions=1, neutral=1),
            samples=samples,
            platforms=kinds,
            terms=terms,
        )
        one.fold([Record(Partition(KAFKA.partials, 3), number, b"refunds", codec.encode_partial(big), 0)], NO_CLOCK)

    made = one.snapshot(300)
    newest = compacted(made)
    again = stage(grace_seconds=86_400)
    how = again.restore([Record(CHANGELOG, n, *item, 0) for n, item in enumerate(newest.items())], 300)

    assert len(made) > 2
    assert max(len(item.value or b"") for item in made) < MAX_PART_BYTES + 100
    assert how == Restored(300)
    again._saving.touch("refunds")
    assert compacted(again.snapshot(300)) == newest


def test_parts_of_another_snapshot_are_not_put_together() -> None:
    head = codec.encode_snapshot({"version": 2, "next_offset": SAVED, "parts": 1})
    stale = codec.encode_snapshot([SAVED - 1, SNAPSHOTS[b"topic/refunds"]])

    _, how = restored(SNAPSHOTS | {b"topic/refunds": head, b"topic/refunds#0": stale}, SAVED)

    assert len(how.rebuilds) == 1
    assert "belongs to another one" in how.rebuilds[0]
