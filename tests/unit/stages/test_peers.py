"""A new topic borrows from those that are watched already."""

import msgspec
import pytest

from streams.broker.base import Partition, Record
from streams.definition import Definition
from streams.detectors.prior import Lean, Lesson, Scatter
from streams.events import PartialCount, Tally
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.detect import DetectStage
from streams.stages.detect_snapshots import TOPIC_PREFIX
from streams.stages.peers import MOST_ASKED, Peers
from streams.windows import MINUTE
from tests.fakes.clock import START as NOW
from tests.fakes.streams_of_counts import START, minutes, records

FAST, SLOW = Scatter(10.0, 1.0, 1.0, 0.0), Scatter(0.1, 1.0, 1.0, 0.0)
WEEK_MINUTES = 8 * 1440
PEERS = tuple(f"peer-{number}" for number in range(6))
FIRST = START + WEEK_MINUTES * MINUTE


def peers(**scatters: Scatter) -> Peers:
    return Peers(lambda topic: Lesson({"climb": Lean()}, scatters[topic]) if topic in scatters else None)


def test_the_topics_of_the_same_brand_teach_where_they_are_five() -> None:
    known = peers(**{f"acme-{n}": FAST for n in range(5)}, **{f"other-{n}": SLOW for n in range(5)})
    for number in range(5):
        known.add(f"acme-{number}", "acme")
        known.add(f"other-{number}", "other")

    prior = known.prior("acme-new", "acme")

    assert prior is not None
    assert prior.per_minute == pytest.approx(10.0)


def test_where_a_brand_has_too_few_all_teach() -> None:
    known = peers(**{f"acme-{n}": FAST for n in range(2)}, **{f"other-{n}": SLOW for n in range(4)})
    for number in range(2):
        known.add(f"acme-{number}", "acme")
    for number in range(4):
        known.add(f"other-{number}", None)

    prior = known.prior("acme-new", "acme")

    assert prior is not None
    assert prior.peers == 6


def test_whoever_is_gone_teaches_nothing() -> None:
    known = peers(**dict.fromkeys(PEERS, FAST))
    for peer in PEERS:
        known.add(peer, None)
    for peer in PEERS[:2]:
        known.remove(peer)

    assert known.prior("new", None) is None


def test_of_very_many_only_the_nearest_are_asked() -> None:
    asked: list[str] = []

    def lesson(topic: str) -> Lesson:
        asked.append(topic)
        return Lesson({}, FAST)

    known = Peers(lesson)
    for number in range(1000):
        known.add(f"topic-{number:04}", None)

    known.prior("topic-0500x", None)

    assert len(asked) == MOST_ASKED
    assert {"topic-0500", "topic-0501"} < set(asked)


def stage(*, taught: bool) -> DetectStage:
    """Six topics with a week behind them, or six that nobody has heard of."""
    made = DetectStage(0, kafka=KafkaSettings(), time=TimeSettings(), detect=DetectSettings())
    made.fold(records([Definition(topic=topic, revision=1) for topic in (*PEERS, "early", "late", "new")]), NOW)
    if taught:
        partials = [
            PartialCount(topic=peer, revision=1, second=slot.start, tally=slot.tally, history=True)
            for number, peer in enumerate(PEERS)
            for slot in minutes(number, WEEK_MINUTES, 0.05)
            if slot.tally.mentions
        ]
        early = PartialCount(topic="early", revision=1, second=START, tally=Tally(mentions=1), history=True)
        partials.sort(key=lambda one: one.second)
        made.fold(records([*partials[:60], early, *partials[60:]], 100), NOW)
    return made


def spoken(count: int, topic: str = "new") -> list[PartialCount]:
    """The first minutes of a new topic."""
    found = [slot for slot in minutes(99, count, 2.0, start=FIRST) if slot.tally.mentions]
    return [PartialCount(topic=topic, revision=1, second=one.start, tally=one.tally, history=True) for one in found]


@pytest.fixture(scope="module")
def taught() -> DetectStage:
    return stage(taught=True)


def test_with_peers_a_new_topic_has_an_expectation_within_minutes_and_without_them_it_has_none(
    taught: DetectStage,
) -> None:
    alone = stage(taught=False)
    for one in (taught, alone):
        one.fold(records(spoken(12), 1_000_000), NOW)

    expected = taught.expected("new", 60)
    assert expected is not None
    assert expected[0] == pytest.approx(2.0, rel=0.5)
    assert alone.expected("new", 60) is None


def test_who_taught_nothing_yet_is_asked_again_once_more_was_heard(taught: DetectStage) -> None:
    # the fixture asked everybody for the sake of "early", before the week from which they teach
    taught.fold(records(spoken(12, topic="late"), 1_500_000), NOW)

    assert taught.expected("late", 60) is not None


def test_what_a_topic_borrowed_is_part_of_its_snapshot(taught: DetectStage) -> None:
    taught.fold(records(spoken(2), 2_000_000), NOW)

    saved = {record.key: record.value for record in taught.snapshot(2_000_100)}

    state = msgspec.msgpack.decode(saved[TOPIC_PREFIX + b"new"] or b"")
    assert state["watch"]["prior"]["peers"] == len(PEERS)


def test_after_a_restart_a_new_topic_borrows_what_it_would_have_without_one() -> None:
    restarted = DetectStage(0, kafka=KafkaSettings(), time=TimeSettings(), detect=DetectSettings())
    everything = stage(taught=True)
    changelog = [
        Record(Partition("state", 0), number, record.key, record.value, 0)
        for number, record in enumerate(everything.snapshot(1_000_000))
    ]
    restarted.restore(changelog, None)

    saved = []
    for one in (everything, restarted):
        one.fold(records(spoken(40), 1_000_000), NOW)
        saved.append({record.key: record.value for record in one.snapshot(2_000_000)}[TOPIC_PREFIX + b"new"])

    assert saved[0] == saved[1]
    assert msgspec.msgpack.decode(saved[0] or b"")["watch"]["prior"]["peers"] == len(PEERS)
