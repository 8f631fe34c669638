"""A feed that comes back, mention by mention and without `ingested_at`, through both stages."""

import random
from datetime import UTC, datetime
from functools import cache

import pytest

from streams.events import Detection, Direction, Phase
from tests.fakes.chained_stages import START, Arrival, Run, run

SEED = 1
HOUR = 3600
GAP_FROM, GAP_UNTIL, END = 7 * HOUR, 8 * HOUR, 9 * HOUR
FLOOD_SECONDS = 600
PER_MINUTE = {"x": 2.0, "forum": 6.0}
CRISIS_FROM = GAP_UNTIL + 120


@cache
def lived(*, crisis: bool = False, on_time: bool = False) -> Run:
    """Nine hours; `forum` is away for the eighth, then brings in ten minutes what was said there meanwhile.

    Args:
        on_time: What it brings was said as it comes.
    """
    rng = random.Random(SEED)  # noqa: S311 - numbers for a test
    said: list[tuple[float, float, str, str]] = []
    for platform, per_minute in PER_MINUTE.items():
        for _ in range(round(per_minute * END / 60)):
            second = rng.uniform(0, END)
            held = platform == "forum" and GAP_FROM <= second < GAP_UNTIL
            at = rng.uniform(GAP_UNTIL, GAP_UNTIL + FLOOD_SECONDS) if held else second
            said.append((at, at if on_time else second, platform, rng.choice(("refund", "refund angry", "acme"))))
    if crisis:
        bad = [rng.uniform(CRISIS_FROM, CRISIS_FROM + 300) for _ in range(200)]
        said += [(at, at, "x", "refund angry angry") for at in bad]
    return run(
        [
            Arrival(
                at, number % 2, {"id": str(number), "platform": platform, "published_at": _time(second), "text": text}
            )
            for number, (at, second, platform, text) in enumerate(sorted(said))
        ],
        seconds=END,
    )


def _time(second: float) -> datetime:
    return datetime.fromtimestamp(START + round(second, 3), UTC)


def opened(found: Run, topic: str) -> list[Detection]:
    return [one for one in found.detections if one.topic == topic and one.phase is Phase.OPENED]


def test_the_gap_is_told_and_the_flood_after_it_pages_nobody() -> None:
    found = lived()

    told = [(one.topic, one.phase) for one in found.detections]
    assert told == [("feed/forum", Phase.OPENED), ("feed/forum", Phase.ENDED)]


def test_as_many_mentions_on_time_would_page() -> None:
    assert opened(lived(on_time=True), "refunds")


def test_a_crisis_in_the_middle_of_the_flood_is_found_within_minutes() -> None:
    [crisis] = opened(lived(crisis=True), "refunds")

    assert crisis.direction is Direction.CRISIS
    assert 0 <= crisis.at.timestamp() - START - CRISIS_FROM <= 300


def test_the_flood_counts_when_it_comes() -> None:
    found = lived()

    of_hours = [
        sum(w.tally.mentions for (_, start), w in found.windows.items() if lower <= start - START < lower + HOUR)
        for lower in (GAP_FROM, GAP_UNTIL)
    ]
    delayed = sum(window.tally.delayed for window in found.windows.values())
    assert delayed == pytest.approx(360, rel=0.2)  # 6 a minute for an hour
    assert of_hours[1] - of_hours[0] == pytest.approx(
        2 * delayed, rel=0.2
    )  # this hour's own, and those of the one before
