"""A feed that is away for two hours and what comes when it is back."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing
from streams.definition import Definition
from streams.events import Detection, Direction, PartialCount, Phase, Watermark
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import HOUR, START, negative_binomial, records, tally

KAFKA = KafkaSettings()
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
PLATFORMS = ("x", "news", "forum")
PER_MINUTE = 2.0
GAP_FROM, GAP_UNTIL, END = 24 * HOUR, 26 * HOUR, 30 * HOUR
FLOOD_MINUTES = 10
Value = PartialCount | Watermark | Definition


def count(platform: str, second: int, mentions: int, *, negative: int = 0, delayed: bool = False) -> PartialCount:
    summed = msgspec.structs.replace(tally(mentions, negative), delayed=mentions if delayed else 0)
    return PartialCount(topic="refunds", revision=1, second=second, tally=summed, platforms={platform: mentions})


@cache
def story(*, flood: bool = True, crisis: bool = False, seed: int = 1) -> tuple[Value, ...]:
    """Thirty hours of three platforms; `forum` is away for two of them, then brings everything within ten minutes."""
    return (Definition(topic="refunds", revision=1), *_minutes(random.Random(seed), flood=flood, crisis=crisis))  # noqa: S311


def _minutes(rng: random.Random, *, flood: bool, crisis: bool) -> Iterator[Value]:
    held = 0
    for minute in range(0, END, MINUTE):
        second = START + minute
        arrivals: dict[str, int] = {}
        for platform in PLATFORMS:
            mentions = negative_binomial(rng, PER_MINUTE, 0.2)
            if platform == "forum" and GAP_FROM <= minute < GAP_UNTIL:
                held += mentions
                continue
            if mentions:
                arrivals[platform] = mentions
                yield count(platform, second + 30, mentions, negative=mentions // 5)
        if flood and GAP_UNTIL <= minute < GAP_UNTIL + FLOOD_MINUTES * MINUTE:
            old = held // FLOOD_MINUTES
            arrivals["forum"] = arrivals.get("forum", 0) + old
            yield count("forum", second + 31, old, negative=old // 5, delayed=True)
        if crisis and GAP_UNTIL + 2 * MINUTE <= minute < GAP_UNTIL + 20 * MINUTE:
            arrivals["x"] = arrivals.get("x", 0) + 40
            yield count("x", second + 40, 40, negative=35)
        yield Watermark("mentions-0", (second + MINUTE) * 1000, idle=False, sources=1, arrivals=arrivals)


def stage() -> DetectStage:
    return DetectStage(0, kafka=KAFKA, time=TimeSettings(), detect=DetectSettings())


def told(one: DetectStage, values: tuple[Value, ...]) -> list[Outgoing]:
    one.fold(records(values), NO_CLOCK)
    return one.flush(NO_CLOCK, at_end=False)


def detections(outgoing: list[Outgoing]) -> list[Detection]:
    return [codec.decode_detection(record.value) for record in outgoing if record.kafka_topic == KAFKA.detections]


@pytest.mark.parametrize("seed", range(2))
def test_neither_the_gap_nor_the_flood_is_a_crisis_and_the_gap_is_told(seed: int) -> None:
    found = detections(told(stage(), story(seed=seed)))

    assert [(one.topic, one.phase) for one in found] == [("feed/forum", Phase.OPENED), ("feed/forum", Phase.ENDED)]


def test_the_flood_would_page_if_nobody_knew_of_the_gap() -> None:
    """Without what arrived, the watermarks tell of no gap."""
    blind = tuple(
        msgspec.structs.replace(value, arrivals={}) if isinstance(value, Watermark) else value for value in story()
    )

    assert Phase.OPENED in {one.phase for one in detections(told(stage(), blind)) if one.topic == "refunds"}


@pytest.mark.parametrize("seed", range(2))
def test_a_crisis_in_the_middle_of_the_flood_is_found(seed: int) -> None:
    found = detections(told(stage(), story(crisis=True, seed=seed)))

    [opened] = [one for one in found if one.topic == "refunds" and one.phase is Phase.OPENED]
    assert opened.direction is Direction.CRISIS
    assert opened.at.timestamp() - (START + GAP_UNTIL + 2 * MINUTE) <= 5 * MINUTE


def test_what_was_missing_teaches_no_calm() -> None:
    one = stage()
    until_return = tuple(value for value in story() if _second(value) < START + GAP_UNTIL)

    told(one, until_return)

    expected = one.expected("refunds", HOUR)
    assert expected is not None
    assert expected[0] == pytest.approx(60 * PER_MINUTE * len(PLATFORMS), rel=0.15)


def test_what_was_held_back_is_counted_and_shown() -> None:
    outgoing = told(stage(), story())

    counts: dict[int, int] = {}
    for record in outgoing:
        if record.kafka_topic == KAFKA.windows:
            window = codec.decode_window(record.value)
            counts[window.start] = window.tally.mentions
    sent = sum(value.tally.mentions for value in story() if isinstance(value, PartialCount))
    assert sum(counts.values()) == sent


def test_a_topic_that_others_feed_learns_on() -> None:
    """Its mentions come from one platform; another one's silence is none of its business."""
    one = stage()
    of_x = tuple(value for value in story() if not isinstance(value, PartialCount) or list(value.platforms) == ["x"])

    told(one, of_x)
    watch = one._topics._watches["refunds"]

    assert watch._feeds.is_unheard(watch._windows.unlearned()[0]) is False


def _second(value: Value) -> int:
    if isinstance(value, PartialCount):
        return value.second
    return (value.event_ms or 0) // 1000 if isinstance(value, Watermark) else 0


def test_one_partition_reports_every_feed_once_a_minute_and_the_others_are_silent() -> None:
    first, second = stage(), DetectStage(1, kafka=KAFKA, time=TimeSettings(), detect=DetectSettings())
    hour = tuple(value for value in story() if _second(value) <= START + HOUR)

    reports = [record for record in told(first, hour) if record.kafka_topic == KAFKA.feeds]
    others = [record for record in told(second, hour) if record.kafka_topic == KAFKA.feeds]

    assert {record.key for record in reports} == {b"feeds"}
    decoded = [codec.decode_feed_report(record.value) for record in reports]
    assert [report.minute for report in decoded] == [START + MINUTE * number for number in range(1, 60)]
    assert {feed.name for feed in decoded[-1].feeds} == {*PLATFORMS, "mentions-0"}
    assert others == []
