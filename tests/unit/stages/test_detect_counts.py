"""A storm that goes on steadily is counted again, by what is final."""

from collections.abc import Sequence
from datetime import UTC, datetime

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.definition import Definition
from streams.events import Detection, PartialCount, Phase, Watermark
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import HOUR, START, log_of, minutes, partial, records, silence, watermark

KAFKA = KafkaSettings()
GRACE = TimeSettings().grace_seconds
REFUNDS = Topic(id="refunds", name="Refunds", query="refund")
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)

BEGIN = START + 400 * MINUTE
STORM_MINUTES = 320
CALM = minutes(1, 400, 1.0)
STORM = minutes(2, STORM_MINUTES, 40.0, negative_share=0.8, start=BEGIN)
AFTER = minutes(3, 10 * 60, 1.0, start=BEGIN + STORM_MINUTES * MINUTE)


def stage(topic: Topic = REFUNDS) -> DetectStage:
    return DetectStage(3, kafka=KAFKA, time=TimeSettings(), detect=DetectSettings(), topics=(topic,))


def run(one: DetectStage, log: Sequence[Record]) -> list[Outgoing]:
    told = []
    for record in log:
        one.fold((record,), NO_CLOCK)
        told += one.flush(NO_CLOCK, at_end=False)
    return told


def detections(told: Sequence[Outgoing]) -> list[Detection]:
    return [codec.decode_detection(record.value) for record in told if record.kafka_topic == KAFKA.detections]


def counted(told: Sequence[Outgoing]) -> list[Detection]:
    return [one for one in detections(told) if one.phase is Phase.COUNTED]


def end_of(one: Detection) -> int:
    return int(one.at.timestamp()) + 1


LOG = records(list(log_of([*CALM, *STORM, *AFTER])))


class TestASteadyStorm:
    told = run(stage(), LOG)

    def test_is_counted_ever_more_seldom_while_it_shows(self) -> None:
        opened = next(one for one in detections(self.told) if one.phase is Phase.OPENED)
        first_minute_over = -(-int(opened.at.timestamp()) // MINUTE) * MINUTE

        minutes_after = [(end_of(one) - first_minute_over) // MINUTE for one in counted(self.told)]

        assert minutes_after[:8] == [3, 10, 30, 60, 120, 180, 240, 300]
        assert all(end_of(one) % MINUTE == 0 for one in counted(self.told))
        assert counted(self.told)[-1].at < detections(self.told)[-1].at
        assert detections(self.told)[-1].phase is Phase.ENDED

    def test_says_what_came_since_it_began_to_the_mention(self) -> None:
        sizes = {
            slot.start: (slot.tally.mentions, slot.tally.negative) for slots in (CALM, STORM, AFTER) for slot in slots
        }

        for one in counted(self.told):
            excess = one.evidence.excess
            assert excess is not None
            since = int(excess.since.timestamp())
            came = [sizes[start] for start in range(since, end_of(one), MINUTE)]
            assert since == max(int(one.onset.timestamp()) // MINUTE * MINUTE, end_of(one) - 3 * HOUR)
            assert excess.mentions == sum(mentions for mentions, _ in came)
            assert 0 < excess.expected < excess.mentions

    def test_nobody_foresees_the_end_of_what_began_longer_ago_than_is_kept(self) -> None:
        foreseen = [one.evidence.forecast is not None for one in counted(self.told)[:8]]

        assert foreseen == [True, True, True, True, True, False, False, False]

    def test_has_ids_of_its_own_that_follow_from_the_minute(self) -> None:
        found = detections(self.told)

        assert len({one.id for one in found}) == len(found)
        assert len({one.episode for one in found}) == 1
        assert [one.sequence for one in counted(self.told)] == [*range(1, len(counted(self.told)) + 1)]
        others = [one.sequence for one in found if one.phase is not Phase.COUNTED]
        assert others == [*range(len(others))]

    def test_goes_on_from_a_snapshot_in_the_middle_to_the_byte(self) -> None:
        cut = next(number for number, record in enumerate(LOG) if _end_ms(record) > (BEGIN + 40 * MINUTE) * 1000)
        one = stage()
        before = run(one, LOG[:cut])
        snapshots = one.snapshot(cut)

        other = stage()
        kept = [
            Record(Partition(KAFKA.detect_state, 3), n, made.key, made.value, 0) for n, made in enumerate(snapshots)
        ]
        assert other.restore(kept, cut).replay_from == cut

        assert [*before, *run(other, LOG[cut:])] == self.told


def _end_ms(record: Record) -> int:
    values = codec.decode_of_partials(record.value)
    return max((one.event_ms or 0 for one in values if isinstance(one, Watermark)), default=0)


def test_a_mention_that_is_corrected_before_its_minute_is_final_is_counted_as_corrected() -> None:
    story: list[PartialCount | Watermark] = list(log_of([*CALM, *STORM[:20]]))
    plain = counted(run(stage(), records(story)))
    minute = end_of(plain[0]) - MINUTE  # the last minute that the first count has
    taken_back = partial(minute, -1)
    place = next(
        n for n, one in enumerate(story) if isinstance(one, Watermark) and (one.event_ms or 0) >= minute * 1000
    )
    story.insert(place + 2, taken_back)

    corrected = counted(run(stage(), records(story)))

    assert plain[0].evidence.excess is not None
    assert corrected[0].evidence.excess is not None
    assert corrected[0].id == plain[0].id
    assert corrected[0].evidence.excess.mentions == plain[0].evidence.excess.mentions - 1


def test_a_changed_definition_is_counted_on_under_its_new_revision() -> None:
    story: list[PartialCount | Watermark | Definition] = list(log_of([*CALM, *STORM[:60]]))
    place = next(
        n for n, one in enumerate(story) if isinstance(one, Watermark) and (one.event_ms or 0) > (BEGIN + 600) * 1000
    )
    changed = Definition(topic="refunds", revision=2, pages_per_week=0.1)
    story.insert(place, changed)

    found = counted(run(stage(), records(story)))

    assert [one.topic_revision for one in found[:3]] == [1, 2, 2]
    assert len({one.episode for one in found}) == 1


def test_what_is_loaded_as_history_is_not_counted_again() -> None:
    past = [partial(slot.start, slot.tally.mentions, slot.tally.negative, history=True) for slot in (*CALM, *STORM)]
    live: list[PartialCount | Watermark | Definition] = [
        partial(BEGIN + STORM_MINUTES * MINUTE + HOUR),
        watermark(BEGIN + STORM_MINUTES * MINUTE + 2 * HOUR),
    ]

    found = detections(run(stage(), records([*past, *live])))

    assert found[0].phase is Phase.OPENED
    assert found[0].history
    assert Phase.COUNTED not in {one.phase for one in found}


def test_nothing_is_counted_of_a_topic_without_an_episode() -> None:
    log = records(list(log_of([*CALM, *silence(200, BEGIN)])))

    assert detections(run(stage(), log)) == []
