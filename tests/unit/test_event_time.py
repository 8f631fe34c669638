import pytest

from streams.errors import StateCorrupted
from streams.event_time import EventTime
from tests.fakes.streams_of_counts import watermark


def test_stands_still_until_every_source_has_reported() -> None:
    time = EventTime()

    time.observe(watermark(100, source="a", sources=2))
    assert time.second is None
    time.observe(watermark(90, source="b", sources=2))

    assert time.second == 90


def test_is_the_minimum_over_sources_that_are_not_idle() -> None:
    time = EventTime()

    time.observe(watermark(100, source="a", sources=2))
    time.observe(watermark(50, source="b", sources=2, idle=True))

    assert time.second == 100


def test_is_the_newest_when_all_are_idle() -> None:
    time = EventTime()

    time.observe(watermark(100, source="a", sources=2, idle=True))
    time.observe(watermark(50, source="b", sources=2, idle=True))

    assert time.second == 100


def test_never_goes_back_when_an_idle_source_wakes_behind_the_others() -> None:
    time = EventTime()
    time.observe(watermark(100, source="a", sources=2))
    time.observe(watermark(50, source="b", sources=2, idle=True))

    time.observe(watermark(60, source="b", sources=2))

    assert time.second == 100


def test_a_busy_source_without_a_mention_yet_holds_time() -> None:
    time = EventTime()
    time.observe(watermark(100, source="a", sources=2))

    time.observe(watermark(0, source="b", sources=2).__class__(source="b", event_ms=None, idle=False, sources=2))

    assert time.second is None


def test_goes_on_from_a_snapshot() -> None:
    time = EventTime()
    time.observe(watermark(100, source="a", sources=2))
    time.observe(watermark(80, source="b", sources=2))
    copy = EventTime()

    copy.restore(time.snapshot())
    copy.observe(watermark(120, source="b", sources=2))

    assert copy.second == 100


def test_refuses_a_foreign_snapshot() -> None:
    with pytest.raises(StateCorrupted):
        EventTime().restore({"sources": 3})
