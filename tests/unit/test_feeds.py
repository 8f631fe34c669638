"""A feed that falls silent is news; a quiet night is not."""

import math
import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import codec
from streams.errors import StateCorrupted
from streams.events import Detection, Direction, Phase, Watermark
from streams.feed_gaps import MAX_FEEDS
from streams.feed_report import FeedKind, FeedReport, FeedState
from streams.feeds import STALLED_SECONDS, Feeds
from tests.fakes.streams_of_counts import DAY, HOUR, START, negative_binomial

STEP = 10  # seconds between two watermarks
Rates = dict[str, float]


def watermark(second: int, arrivals: dict[str, int] | None = None, source: str = "mentions-0") -> Watermark:
    return Watermark(source=source, event_ms=second * 1000, idle=False, sources=1, arrivals=arrivals or {})


def life(
    seconds: int, rates: Rates, *, start: int = START, seed: int = 1, night: float = 1.0, dispersion: float = 0.2
) -> Iterator[Watermark]:
    """Arrivals at `rates` a second; at the deepest of night only this share of them."""
    rng = random.Random(seed)  # noqa: S311  # arrivals for a test
    for at in range(start, start + seconds, STEP):
        light = night + (1 - night) * (0.5 - 0.5 * math.cos(2 * math.pi * at / DAY))
        counts = {name: negative_binomial(rng, rate * STEP * light, dispersion) for name, rate in rates.items()}
        yield watermark(at, {name: count for name, count in counts.items() if count})


def told(feeds: Feeds, marks: Iterator[Watermark] | list[Watermark]) -> list[Detection]:
    return [detection for mark in marks for detection in feeds.observe(mark)]


def phases(detections: list[Detection]) -> list[tuple[str, Phase]]:
    return [(detection.topic, detection.phase) for detection in detections]


def test_one_of_three_platforms_that_falls_silent_is_told_within_minutes_and_so_is_its_return() -> None:
    feeds, day, gap = Feeds(), {"x": 0.5, "news": 0.5, "forum": 0.5}, {"x": 0.5, "news": 0.5}
    usual = told(feeds, life(12 * HOUR, day))
    silent = told(feeds, life(2 * HOUR, gap, start=START + 12 * HOUR))
    back = told(feeds, life(HOUR, day, start=START + 14 * HOUR))

    assert usual == []
    assert phases(silent) == [("feed/forum", Phase.OPENED)]
    assert phases(back) == [("feed/forum", Phase.ENDED)]
    opened, ended = silent[0], back[0]
    assert opened.direction is Direction.QUIET
    assert opened.episode == ended.episode
    assert opened.onset.timestamp() == pytest.approx(START + 12 * HOUR, abs=60)
    assert (opened.at - opened.onset).total_seconds() <= 600
    assert opened.evidence.observed == 0
    assert opened.evidence.expected == pytest.approx(0.5 * opened.evidence.window_seconds, rel=0.3)


@pytest.mark.parametrize("seed", range(2))
def test_quiet_nights_page_nobody(seed: int) -> None:
    """Six days; at three in the night a twentieth of the mentions of noon."""
    found = told(Feeds(), life(6 * DAY, {"x": 0.05, "forum": 0.004}, seed=seed, night=0.05))

    assert found == []


def test_a_feed_that_always_comes_in_lumps_is_allowed_its_pauses() -> None:
    lumps = [
        watermark(START + at, {"news": 60}) if at % HOUR == 0 else watermark(START + at)
        for at in range(0, 3 * DAY, STEP)
    ]
    missing_one = [watermark(START + 3 * DAY + at) for at in range(0, HOUR, STEP)]
    missing_many = [watermark(START + 3 * DAY + HOUR + at) for at in range(0, 6 * HOUR, STEP)]
    feeds = Feeds()

    assert told(feeds, [*lumps, *missing_one]) == []
    assert phases(told(feeds, missing_many)) == [("feed/news", Phase.OPENED)]


def test_a_feed_nobody_knows_yet_is_not_missed() -> None:
    feeds = Feeds()
    told(feeds, life(5 * HOUR, {"new": 0.5}))

    assert told(feeds, life(6 * HOUR, {"x": 0.5}, start=START + 5 * HOUR)) == []


def test_everything_that_stops_at_once_is_told_of_each_feed() -> None:
    feeds = Feeds()
    told(feeds, life(12 * HOUR, {"x": 0.5, "forum": 0.5}))

    silent = told(feeds, [watermark(START + 12 * HOUR + at) for at in range(0, HOUR, STEP)])

    assert sorted(phases(silent)) == [("feed/forum", Phase.OPENED), ("feed/x", Phase.OPENED)]


def test_time_that_nobody_saw_pass_is_held_against_no_feed() -> None:
    """The stream itself was away for a day: the first mention comes before all others of its second."""
    feeds = Feeds()
    told(feeds, life(12 * HOUR, {"x": 0.5, "forum": 0.5}))

    back = told(feeds, life(HOUR, {"x": 0.5, "forum": 0.5}, start=START + 36 * HOUR))

    assert back == []


def test_a_source_that_tells_nothing_while_others_go_on_is_stalled_until_it_speaks() -> None:
    feeds = Feeds()
    feeds.observe(watermark(START, source="mentions-1"))
    alone = told(feeds, [watermark(START + at) for at in range(0, STALLED_SECONDS + 60, STEP)])
    back = feeds.observe(watermark(START + STALLED_SECONDS + 60, source="mentions-1"))

    assert phases(alone) == [("feed/mentions-1", Phase.OPENED)]
    assert alone[0].detector == "feed stalled"
    assert (alone[0].at - alone[0].onset).total_seconds() == STALLED_SECONDS
    assert phases(back) == [("feed/mentions-1", Phase.ENDED)]
    assert alone[0].episode == back[0].episode


def test_silence_of_a_source_is_measured_by_the_clocks_of_those_who_tell() -> None:
    """Event time stands still: what others do is work off a backlog, or wait for it."""
    feeds = Feeds()
    still = [
        msgspec.structs.replace(watermark(START), told_ms=(START + at) * 1000)
        for at in range(0, STALLED_SECONDS + 60, STEP)
    ]
    feeds.observe(msgspec.structs.replace(watermark(START, source="mentions-1"), told_ms=START * 1000))

    assert phases(told(feeds, still)) == [("feed/mentions-1", Phase.OPENED)]


def test_in_a_backlog_a_partition_hours_behind_another_is_neither_stalled_nor_quiet_nor_are_its_platforms() -> None:
    """Seven usual hours; then one partition works off three hours of a backlog before the other begins."""
    feeds = Feeds()
    usual = zip(life(7 * HOUR, {"x": 0.5}), life(7 * HOUR, {"forum": 0.5}, seed=2), strict=True)
    told(feeds, [mark for one, other in usual for mark in (one, msgspec.structs.replace(other, source="mentions-1"))])
    now_ms = (START + 10 * HOUR) * 1000
    ahead = [
        msgspec.structs.replace(mark, told_ms=now_ms) for mark in life(3 * HOUR, {"x": 0.5}, start=START + 7 * HOUR)
    ]
    behind = [
        msgspec.structs.replace(mark, source="mentions-1", told_ms=now_ms + 1000)
        for mark in life(3 * HOUR, {"forum": 0.5}, start=START + 7 * HOUR, seed=2)
    ]

    assert told(feeds, [*ahead, *behind]) == []


def test_invented_platforms_cost_no_more_than_their_bound_and_drive_out_no_feed_that_is_missed() -> None:
    feeds = Feeds()
    told(feeds, life(12 * HOUR, {"x": 0.5}))
    quiet = told(feeds, [watermark(START + 12 * HOUR + at) for at in range(0, HOUR, STEP)])

    told(feeds, [watermark(START + 13 * HOUR + n, {f"invented {n}": 1}) for n in range(10 * MAX_FEEDS)])
    back = feeds.observe(watermark(START + 14 * HOUR, {"x": 5}))

    assert len(feeds.snapshot()["platforms"]) <= MAX_FEEDS
    assert phases([*quiet, *back]) == [("feed/x", Phase.OPENED), ("feed/x", Phase.ENDED)]


def test_what_a_platform_calls_itself_has_no_power_where_it_is_shown() -> None:
    feeds, name = Feeds(), "<!channel>|\u202e*x*"
    told(feeds, life(7 * HOUR, {name: 0.5}))

    [opened] = told(feeds, [watermark(START + 7 * HOUR + at) for at in range(0, HOUR, STEP)])

    assert opened.topic == "feed/__channel____x_"


STORY = [
    *life(9 * HOUR, {"x": 0.2, "forum": 0.2}),
    *life(HOUR, {"x": 0.2}, start=START + 9 * HOUR),
    *life(HOUR, {"x": 0.2, "forum": 0.2}, start=START + 10 * HOUR),
]
UNDISTURBED = told(Feeds(), STORY)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(STORY)))
def test_a_snapshot_anywhere_changes_nothing(cut: int) -> None:
    first, second = Feeds(), Feeds()
    before = told(first, STORY[:cut])

    second.restore(codec.decode_snapshot(codec.encode_snapshot(first.snapshot())))

    assert len(UNDISTURBED) == 2
    assert before + told(second, STORY[cut:]) == UNDISTURBED


@pytest.mark.parametrize("state", [{}, {"platforms": [["x", [1]]], "sources": [], "gaps": [], "newest": 1}])
def test_what_is_no_snapshot_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(StateCorrupted):
        Feeds().restore(state)


def reports(feeds: Feeds, marks: Iterator[Watermark] | list[Watermark]) -> list[FeedReport]:
    found = []
    for mark in marks:
        feeds.observe(mark)
        report = feeds.report()
        if report is not None:
            found.append(report)
    return found


def test_every_minute_tells_of_every_feed_what_arrived_and_that_it_delivers() -> None:
    ticks = [watermark(START + at, {"x": 2, "forum": 1} if at % 30 == 0 else {}) for at in range(0, 181, STEP)]

    found = reports(Feeds(), ticks)

    assert [report.minute for report in found] == [START, START + 60, START + 120]
    forum, x, partition = found[-1].feeds
    assert (forum.name, x.name, partition.name) == ("forum", "x", "mentions-0")
    assert (x.kind, x.state, x.mentions, x.per_minute) == (FeedKind.PLATFORM, FeedState.DELIVERING, 4, 4.0)
    assert x.last_arrival == START + 180  # the watermark that ends the minute brings some more
    assert (partition.kind, partition.mentions, partition.reached) == (FeedKind.PARTITION, 6, START + 180)


def test_a_feed_that_began_lately_is_told_apart_from_one_that_is_watched() -> None:
    feeds = Feeds()
    reports(feeds, life(7 * HOUR, {"x": 0.5}))

    found = reports(feeds, life(120, {"x": 0.5, "new": 0.5}, start=START + 7 * HOUR))

    new, x, partition = found[-1].feeds
    assert (new.name, new.watched, new.usual_per_minute) == ("new", False, None)
    assert (x.watched, partition.watched) == (True, True)
    assert x.usual_per_minute == pytest.approx(30, rel=0.2)  # 0.5 a second


def test_a_silent_feed_is_reported_as_long_as_it_is_silent_and_a_stalled_partition_likewise() -> None:
    feeds = Feeds()
    feeds.observe(watermark(START, source="mentions-1"))
    told(feeds, life(7 * HOUR, {"x": 0.5, "forum": 0.5}))

    found = reports(feeds, life(HOUR, {"x": 0.5}, start=START + 7 * HOUR))

    forum, x, lively, dead = found[-1].feeds
    assert (forum.state, forum.per_minute, x.state) == (FeedState.QUIET, 0.0, FeedState.DELIVERING)
    assert forum.silent_since == forum.last_arrival
    assert (lively.state, dead.state, dead.silent_since) == (FeedState.DELIVERING, FeedState.STALLED, START)


def test_a_partition_that_brings_nothing_while_another_does_is_quiet_until_it_delivers() -> None:
    feeds = Feeds()
    both = [
        mark
        for pair in zip(life(7 * HOUR, {"x": 0.5}), life(7 * HOUR, {"x": 0.5}, seed=2), strict=True)
        for mark in (pair[0], msgspec.structs.replace(pair[1], source="mentions-1"))
    ]
    told(feeds, both)
    goes_on = life(HOUR, {"x": 0.5}, start=START + 7 * HOUR)
    marks = [mark for one in goes_on for mark in (one, msgspec.structs.replace(one, source="mentions-1", arrivals={}))]

    silent = told(feeds, marks)
    back = feeds.observe(watermark(START + 8 * HOUR, {"x": 3}, source="mentions-1"))

    assert phases(silent) == [("feed/mentions-1", Phase.OPENED)]
    assert silent[0].detector == "feed quiet"
    assert phases(back) == [("feed/mentions-1", Phase.ENDED)]
    assert feeds.catching_up(["x"], START + 8 * HOUR)  # whatever it held back: nobody knows of which platform


def test_a_platform_that_falls_silent_with_its_partition_is_told_once() -> None:
    """Each platform has a partition of its own: one event, one incident."""
    feeds = Feeds()
    usual = zip(life(7 * HOUR, {"x": 0.5}), life(7 * HOUR, {"forum": 0.5}, seed=2), strict=True)
    told(feeds, [mark for one, other in usual for mark in (one, msgspec.structs.replace(other, source="mentions-1"))])
    goes_on = life(HOUR, {"x": 0.5}, start=START + 7 * HOUR)

    silent = told(
        feeds,
        [mark for one in goes_on for mark in (one, msgspec.structs.replace(one, source="mentions-1", arrivals={}))],
    )

    assert phases(silent) == [("feed/forum", Phase.OPENED)]


def test_a_lone_partition_is_not_told_beside_its_platforms() -> None:
    feeds = Feeds()
    told(feeds, life(12 * HOUR, {"x": 0.5}))

    silent = told(feeds, [watermark(START + 12 * HOUR + at) for at in range(0, HOUR, STEP)])

    assert phases(silent) == [("feed/x", Phase.OPENED)]


def test_time_that_nobody_saw_pass_is_no_arrival() -> None:
    feeds = Feeds()
    told(feeds, life(12 * HOUR, {"x": 0.5, "forum": 0.5}))
    last = max(mark.event_ms or 0 for mark in life(12 * HOUR, {"x": 0.5})) // 1000

    found = reports(feeds, life(180, {"x": 0.5}, start=START + 36 * HOUR))

    forum = found[-1].feeds[0]
    assert forum.last_arrival is not None
    assert forum.last_arrival <= last
    assert forum.state is FeedState.DELIVERING


def test_a_snapshot_from_before_partitions_were_watched_is_taken_over() -> None:
    feeds = Feeds()
    told(feeds, life(7 * HOUR, {"x": 0.5}))
    old = {name: feeds.snapshot()[name] for name in ("platforms", "sources", "gaps", "newest")}

    second = Feeds()
    second.restore(old | {"platforms": [[name, watch[:7]] for name, watch in old["platforms"]]})

    assert phases(told(second, [watermark(START + 7 * HOUR + at) for at in range(0, HOUR, STEP)])) == [
        ("feed/x", Phase.OPENED)
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, len(STORY)))
def test_a_snapshot_anywhere_changes_no_report(cut: int) -> None:
    whole, first, second = Feeds(), Feeds(), Feeds()
    before = reports(first, STORY[:cut])

    second.restore(codec.decode_snapshot(codec.encode_snapshot(first.snapshot())))

    assert before + reports(second, STORY[cut:]) == reports(whole, STORY)
