"""Several brands that rise at once show together what none of them shows alone."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import pytest

from streams.detectors.base import Detector, Reading
from streams.detectors.direction import direction_of
from streams.detectors.excess import Excess, excess_of, excess_of_all
from streams.detectors.mood import Mood
from streams.detectors.registry import build_detectors
from streams.detectors.trail import sums_of
from streams.events import Direction, Tally
from streams.settings import DetectSettings
from streams.topic import Topic
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START, minutes, tally

MEMBERS = ("acme", "bolt", "cargo", "dart")
GROUP = Topic(id="peers.shops", name="Shops", query="", members=MEMBERS)
DAYS = 3
PER_MINUTE = 0.5
NOW = START + DAYS * 86_400


def together(slots: Mapping[str, Sequence[Slot]]) -> list[Slot]:
    """The minutes of a group of these members."""
    names = sorted(slots)
    return [
        Slot(minute[0].start, MINUTE, sum((one.tally for one in minute), Tally()), _said(names, minute))
        for minute in zip(*(slots[name] for name in names), strict=True)
    ]


def _said(names: Sequence[str], minute: Sequence[Slot]) -> tuple[tuple[str, Tally], ...]:
    return tuple((name, one.tally) for name, one in zip(names, minute, strict=True) if one.tally.mentions)


def rise(*mentions: int, start: int = NOW) -> list[Slot]:
    """One minute in which each member in turn has so many mentions, a fifth of them negative."""
    return together({name: [Slot(start, MINUTE, tally(n, n // 5))] for name, n in zip(MEMBERS, mentions, strict=True)})


@cache
def past() -> bytes:
    detector = fresh()
    calm = {name: minutes(seed, DAYS * 1440, PER_MINUTE) for seed, name in enumerate(MEMBERS)}
    for slot in together(calm):
        detector.learn_one(slot, storm=False)
    return msgspec.msgpack.encode(detector.snapshot())


def fresh(topic: Topic = GROUP) -> Detector:
    (detector,) = build_detectors(topic, DetectSettings())
    return detector


def taught(topic: Topic = GROUP) -> Detector:
    detector = fresh(topic)
    detector.restore(msgspec.msgpack.decode(past()))
    return detector


def read(detector: Detector, recent: Sequence[Slot], at: int = NOW + 59) -> Reading:
    reading = detector.score_one(recent, at)
    assert reading is not None
    return reading


def test_what_no_member_would_page_for_alone_is_a_page_for_all_of_them() -> None:
    detector, recent = taught(), rise(7, 7, 7, 7)

    reading = read(detector, recent)
    evidence = detector.explain_one(reading, recent).evidence

    assert reading.false_pages_per_week < GROUP.pages_per_week
    assert all(share.false_pages_per_week > GROUP.pages_per_week for share in evidence.peers)
    assert [share.rising for share in evidence.peers] == [True] * 4


@pytest.mark.parametrize("mentions", [20, 200, 2000])
def test_what_a_single_brand_shows_counts_for_nothing_however_much_it_is(mentions: int) -> None:
    detector = taught()

    alone = read(detector, rise(mentions, 1, 0, 1))

    assert (alone.score, alone.false_pages_per_week) == (0.0, 14.0)


def test_tells_how_each_member_stands_the_rarest_first() -> None:
    detector, recent = taught(), rise(9, 0, 12, 10)

    evidence = detector.explain_one(read(detector, recent), recent).evidence

    assert [share.topic for share in evidence.peers] == ["cargo", "dart", "acme", "bolt"]
    assert [share.rising for share in evidence.peers] == [True, True, True, False]
    assert evidence.observed == sum(share.observed for share in evidence.peers)
    assert all(0.0 < share.expected < share.observed for share in evidence.peers if share.rising)
    odds = [share.false_pages_per_week for share in evidence.peers]
    assert odds == sorted(odds)


def test_has_no_opinion_while_only_one_member_has_one() -> None:
    detector = fresh()
    for slot in together({"acme": minutes(1, 300, 1.0)}):
        detector.learn_one(slot, storm=False)

    assert detector.score_one(rise(90, 90, 90, 90), NOW + 59) is None


def test_an_event_of_one_brand_is_told_there_and_joins_no_later_one() -> None:
    detector = taught()
    storm = [rise(30, 0, 0, 0, start=NOW + minute * MINUTE)[0] for minute in range(30)]
    calm = together(
        {name: minutes(seed, 240, PER_MINUTE, start=NOW + 30 * MINUTE) for seed, name in enumerate(MEMBERS)}
    )
    for slot in [*storm, *calm]:
        detector.learn_one(slot, storm=False)
    later = NOW + 270 * MINUTE

    recent = rise(0, 9, 0, 0, start=later)
    evidence = detector.explain_one(read(detector, recent, later + 59), recent).evidence

    assert read(detector, recent, later + 59).false_pages_per_week > GROUP.pages_per_week
    assert {share.topic for share in evidence.peers if share.rising} == {"bolt"}


def test_a_member_that_is_new_begins_afresh_and_the_others_go_on() -> None:
    detector = taught(msgspec.structs.replace(GROUP, members=("acme", "bolt", "extra")))
    recent = rise(6, 6, 6, 6)

    evidence = detector.explain_one(read(detector, recent), recent).evidence

    assert {share.topic for share in evidence.peers} == {"acme", "bolt"}  # the new one is warming up


def test_what_members_usually_share_is_no_news() -> None:
    """Where members rise together every few hours, the group asks for more than where they never do."""
    detector = taught()
    for day in range(4):
        for hour in range(24):
            start = NOW + (24 * day + hour) * 3600
            many = 6 if hour % 6 == 0 else 0
            detector.learn_one(rise(many, many, many, many, start=start)[0], storm=False)
            for slot in together({name: minutes(hour, 59, PER_MINUTE, start=start + MINUTE) for name in MEMBERS}):
                detector.learn_one(slot, storm=False)
    later = NOW + 4 * 86_400

    used_to_it = read(detector, rise(6, 6, 6, 6, start=later), later + 59)

    assert used_to_it.false_pages_per_week > GROUP.pages_per_week


def hours(seed: int, share_of_anger: float, *, start: int = NOW, joy: bool = False) -> list[Slot]:
    """A member's three hours at three times its rate, what is on top being joy or anger."""
    usual = minutes(seed, 180, PER_MINUTE, negative_share=share_of_anger, start=start)
    on_top = minutes(seed + 50, 180, 2.0 * PER_MINUTE, negative_share=0.0 if joy else 0.8, start=start)
    glad = 0.6 if joy else 0.0
    return [
        Slot(one.start, MINUTE, one.tally + _in_the_mood(more.tally, glad))
        for one, more in zip(usual, on_top, strict=True)
    ]


def _in_the_mood(said: Tally, glad: float) -> Tally:
    """The same mentions, those that are neutral positive where there is any polarity in them."""
    if not glad:
        return said
    return msgspec.structs.replace(
        said,
        positive=said.neutral,
        neutral=0,
        polarity_sum=said.polarity_sum + glad * said.neutral,
        polarity_squares=said.polarity_squares + glad**2 * said.neutral,
    )


def direction(slots: Sequence[Slot]) -> Direction:
    detector = taught()
    for slot in slots[:-1]:
        detector.learn_one(slot, storm=False)
    recent = slots[-1:]
    reading = read(detector, recent, slots[-1].start + 59)
    assert reading.false_pages_per_week < GROUP.pages_per_week
    return detector.explain_one(reading, recent).direction


def test_joy_that_a_whole_trade_shares_is_no_crisis() -> None:
    joyful = {name: hours(seed, 0.2, joy=True) for seed, name in enumerate(MEMBERS)}

    assert direction(together(joyful)) is Direction.VIRAL


def test_anger_that_a_whole_trade_shares_is_a_crisis() -> None:
    angry = {name: hours(seed, 0.2) for seed, name in enumerate(MEMBERS)}

    assert direction(together(angry)) is Direction.CRISIS


def test_each_member_is_measured_by_its_own_mood() -> None:
    """One member is ten times as large as the others and hears hardly a complaint; theirs are fewer than usual."""
    detector = fresh()
    usual = {"acme": (5.0, 0.02), "bolt": (PER_MINUTE, 0.6), "cargo": (PER_MINUTE, 0.6), "dart": (PER_MINUTE, 0.6)}
    calm = {
        name: minutes(seed, DAYS * 1440, rate, negative_share=share)
        for seed, (name, (rate, share)) in enumerate(usual.items())
    }
    for slot in together(calm):
        detector.learn_one(slot, storm=False)
    glad = [Slot(NOW, MINUTE, _in_the_mood(tally(12, 3), 0.6))]

    recent = together({"acme": [Slot(NOW, MINUTE, tally(5))], "bolt": glad, "cargo": glad, "dart": glad})
    explained = detector.explain_one(read(detector, recent), recent)

    assert [share.rising for share in explained.evidence.peers] == [True, True, True, False]
    assert explained.direction is Direction.VIRAL


def test_a_turn_of_mood_too_small_for_any_member_is_found_by_all_of_them() -> None:
    detector, odds = taught(), []
    for number in range(10):
        begin = NOW + number * 3600
        hour = {
            name: minutes(100 * number + place, 60, PER_MINUTE, negative_share=0.32, start=begin)
            for place, name in enumerate(MEMBERS)
        }
        for slot in together(hour):
            detector.learn_one(slot, storm=False)
        reading = read(detector, (), begin + 3599)
        explained = detector.explain_one(reading, ())
        alone = min(share.false_pages_per_week for share in explained.evidence.peers)
        odds.append((reading.false_pages_per_week, alone, explained))

    shared, alone, told = next(one for one in odds if one[0] < GROUP.pages_per_week)
    assert shared < GROUP.pages_per_week < alone
    assert told.direction is Direction.CRISIS
    assert told.onset.earliest <= NOW <= told.onset.latest
    assert told.onset.earliest <= told.onset.at <= told.onset.latest


def test_a_turn_of_one_members_mood_is_none_of_the_group() -> None:
    detector = taught()
    for number in range(6):
        begin = NOW + number * 3600
        hour = {
            name: minutes(100 * number + place, 60, PER_MINUTE, negative_share=0.2 + 0.7 * (not place), start=begin)
            for place, name in enumerate(MEMBERS)
        }
        for slot in together(hour):
            detector.learn_one(slot, storm=False)

    assert read(detector, (), NOW + 6 * 3600 - 1).false_pages_per_week > GROUP.pages_per_week


def test_small_angers_add_up_to_a_crisis() -> None:
    """What each member has on top is too little to call it angrier than usual; together it is not."""
    angry = tally(7, 4, polarity=0.05)
    known = Mood()
    for slot in minutes(1, DAYS * 1440, PER_MINUTE, negative_share=0.3):
        known.learn(slot, storm=False)

    def excess(said: Tally) -> Excess:
        return excess_of(sums_of(said), known, 3.0)

    assert direction_of(excess(angry)) is Direction.VIRAL
    assert direction_of(excess_of_all([excess(angry)] * 6)) is Direction.CRISIS
