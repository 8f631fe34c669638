"""Definitions of topics travel in the log that is folded."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.definition import Definition
from streams.events import Detection, PartialCount, Phase, Watermark, WindowCount
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import HOUR, START, log_of, minutes, partial, records, watermark

KAFKA = KafkaSettings()
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
Value = PartialCount | Watermark | Definition

FIRST = Definition(topic="refunds", revision=10, subject="refund", pages_per_week=0.25)
WIDER = Definition(topic="refunds", revision=20, subject="refund OR money", pages_per_week=0.25)
PATIENT = Definition(topic="refunds", revision=20, subject="refund", pages_per_week=0.001)
GENEROUS = Definition(topic="refunds", revision=15, subject="refund", pages_per_week=2.0)
GONE = Definition(topic="refunds", revision=30, removed=True)

NOW = START + 600 * MINUTE
USUAL = list(log_of(minutes(1, 600, 1.0)))
CRISIS = list(log_of(minutes(2, 30, 60.0, negative_share=0.8, start=NOW)))
TEN_TIMES = list(log_of(minutes(3, 600, 10.0, start=NOW)))


def stage() -> DetectStage:
    return DetectStage(0, kafka=KAFKA, time=TimeSettings(), detect=DetectSettings())


def told(one: DetectStage, values: Sequence[Value], first_offset: int = 0) -> list[Outgoing]:
    one.fold(records(values, first_offset), NO_CLOCK)
    return one.flush(NO_CLOCK, at_end=False)


def detections(outgoing: Sequence[Outgoing]) -> list[Detection]:
    return [codec.decode_detection(record.value) for record in outgoing if record.kafka_topic == KAFKA.detections]


def windows(outgoing: Sequence[Outgoing]) -> list[WindowCount]:
    return [codec.decode_window(record.value) for record in outgoing if record.kafka_topic == KAFKA.windows]


def test_a_topic_is_watched_from_its_definition_on() -> None:
    one = stage()

    found = told(one, [partial(START, 5), FIRST, partial(START + 1, 2), watermark(START + 2 * MINUTE)])

    assert [count.tally.mentions for count in windows(found)] == [2]
    assert one.counts()["partials_of_unknown_topics"] == 1


def test_a_topic_that_is_declared_again_takes_nothing_back_of_what_was_counted_before() -> None:
    again = msgspec.structs.replace(FIRST, revision=40)
    taken_back = [partial(START + at, -1) for at in range(5)]

    found = told(stage(), [FIRST, partial(START, 5), GONE, again, *taken_back, watermark(START + HOUR)])

    assert windows(found) == []


def test_detections_carry_the_revision_that_was_in_force() -> None:
    found = detections(told(stage(), [FIRST, *USUAL, GENEROUS, FIRST, *CRISIS]))

    assert {detection.topic_revision for detection in found} == {GENEROUS.revision}


def test_an_older_definition_that_comes_later_changes_nothing() -> None:
    """Input partitions are at different points: a slow one may still tell what was."""
    late = told(stage(), [WIDER, FIRST, *USUAL, *CRISIS])

    assert late == told(stage(), [WIDER, WIDER, *USUAL, *CRISIS])


def test_a_budget_that_changes_keeps_what_was_learned() -> None:
    one = stage()
    told(one, [FIRST, *USUAL])
    before = one.expected("refunds", HOUR)

    told(one, [PATIENT], len(USUAL) + 1)

    assert before is not None
    assert one.expected("refunds", HOUR) == before


def test_a_query_that_finds_more_is_no_crisis() -> None:
    one = stage()

    same = detections(told(stage(), [FIRST, *USUAL, *TEN_TIMES]))
    wider = detections(told(one, [FIRST, *USUAL, WIDER, *TEN_TIMES]))

    assert same[0].phase is Phase.OPENED
    assert wider == []
    expected = one.expected("refunds", MINUTE)
    assert expected is not None
    assert expected[0] == pytest.approx(10, rel=0.2)


def test_a_query_that_changes_in_a_crisis_neither_ends_it_nor_opens_another() -> None:
    half = len(CRISIS) // 2
    after = list(log_of(minutes(4, 300, 1.0, start=NOW + 30 * MINUTE)))

    found = detections(told(stage(), [FIRST, *USUAL, *CRISIS[:half], WIDER, *CRISIS[half:], *after]))

    assert len({detection.episode for detection in found}) == 1
    assert [found[0].phase, found[-1].phase] == [Phase.OPENED, Phase.ENDED]


def test_the_minute_of_the_change_loses_no_count() -> None:
    found = windows(
        told(stage(), [FIRST, partial(START, 3), WIDER, partial(START + 30, 4), watermark(START + 2 * MINUTE)])
    )

    assert [count.tally.mentions for count in found] == [7]


def test_a_removed_topic_is_watched_no_more_and_an_old_definition_does_not_bring_it_back() -> None:
    one = stage()

    found = told(one, [FIRST, *USUAL, GONE, WIDER, *CRISIS])

    assert detections(found) == []
    assert one.expected("refunds", HOUR) is None


def test_a_topic_that_was_removed_can_be_declared_again_and_begins_afresh() -> None:
    one = stage()
    again = Definition(topic="refunds", revision=40, subject="refund")

    told(one, [FIRST, *USUAL, GONE, again, partial(NOW, 5)])

    assert one.expected("refunds", HOUR) is None
    assert one.counts()["partials_of_unknown_topics"] == 0


STORY: list[Value] = [
    FIRST,
    *USUAL[:400],
    WIDER,
    FIRST,
    *USUAL[400:],
    *CRISIS[:20],
    Definition(topic="refunds", revision=25, subject="money", pages_per_week=1.0),
    *CRISIS[20:],
    *TEN_TIMES[60:400],
    GONE,
    *TEN_TIMES[400:420],
    Definition(topic="refunds", revision=50, subject="refund"),
    *TEN_TIMES[420:],
]
LOG = records(STORY)
UNDISTURBED = told(stage(), STORY)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, len(LOG) - 1), min_size=1, max_size=4, unique=True).map(sorted), st.integers(0, 300))
def test_a_kill_anywhere_around_a_change_leaves_every_output_as_it_was(kills: list[int], replayed: int) -> None:
    one, found, changelog = stage(), list[Outgoing](), list[Record]()
    done = 0
    for kill in [*kills, len(LOG)]:
        saved = max(done, kill - replayed)
        one.fold(LOG[done:saved], NO_CLOCK)
        for made in one.snapshot(saved):
            changelog.append(Record(Partition(KAFKA.detect_state, 0), len(changelog), made.key, made.value, 0))
        one.fold(LOG[saved:kill], NO_CLOCK)
        found += one.flush(NO_CLOCK, at_end=False)
        one, done = stage(), kill
        one.replay(LOG[one.restore(changelog, kill).replay_from or 0 : kill])

    assert found == UNDISTURBED
