"""What is counted for a brand is counted for its peer group as well, from the mention to the page."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing
from streams.definition import Definition
from streams.events import Detection, Direction, PartialCount, Phase, Watermark
from streams.matching import TopicMatcher
from streams.settings import DetectSettings, TimeSettings
from streams.stages.topic_watch import TopicWatch
from streams.stages.tracked_topics import topic_of
from streams.topic import Topic
from streams.windows import MINUTE
from tests.fakes.score_stage import at, make_stage, of_partials, partials, record
from tests.fakes.streams_of_counts import START, minutes, tally

ACME = Topic(id="acme", name="Acme", query="acme", revision=3)
BOLT = Topic(id="bolt", name="Bolt", query="bolt*", revision=4)
SHOPS = Topic(id="peers.shops", name="Shops", query="", revision=5, members=("acme", "bolt", "cargo"))
DAYS = 2
NOW = START + DAYS * 86_400
GROUP = Definition(topic=SHOPS.id, revision=5, members=SHOPS.members)


def counted(*texts: str, topics: Sequence[Topic] = (ACME, BOLT, SHOPS)) -> list[Outgoing]:
    stage = make_stage()
    stage.adopt(TopicMatcher(topics), {})
    stage.fold([record(text, id=str(number)) for number, text in enumerate(texts)], at(0))
    return stage.flush(at(0), at_end=False)


def test_a_members_count_goes_to_its_group_as_well_under_the_groups_revision() -> None:
    found = partials(counted("acme is late"))

    assert [(one.topic, one.member, one.revision, one.tally.mentions) for one in found] == [
        ("acme", "", 3, 1),
        ("peers.shops", "acme", 5, 1),
    ]


def test_a_mention_of_two_members_is_one_of_each_in_the_group() -> None:
    found = partials(counted("acme and bolts"))

    assert [one.member for one in found if one.topic == SHOPS.id] == ["acme", "bolt"]


def test_the_groups_definition_stands_before_its_first_count_and_names_what_its_members_are_called() -> None:
    values = [value for value in of_partials(counted("acme is late")) if not isinstance(value, Watermark)]

    group = [value for value in values if value.topic == SHOPS.id]
    assert isinstance(group[0], Definition)
    assert isinstance(group[1], PartialCount)
    assert group[0].members == SHOPS.members
    assert group[0].own_words == ("acme", "bolt", "bolt*")


def test_nobody_mentions_a_group_itself() -> None:
    assert TopicMatcher([SHOPS, ACME]).match(codec.decode_mention(record("peers shops").value)) == ()


def test_a_deletion_is_taken_back_from_the_group_too() -> None:
    stage = make_stage()
    stage.adopt(TopicMatcher([ACME, SHOPS]), {})
    stage.fold([record("acme", id="1", seq=1)], at(0))
    stage.flush(at(0), at_end=False)

    stage.fold([record("acme", id="1", op="delete", seq=2)], at(1))

    assert [(one.topic, one.tally.mentions) for one in partials(stage.flush(at(1), at_end=False))] == [
        ("acme", -1),
        ("peers.shops", -1),
    ]


def said(minute: int, member: str, mentions: int, negative: int = 0) -> PartialCount:
    second = NOW + minute * MINUTE + 30
    return PartialCount(topic=SHOPS.id, revision=5, second=second, tally=tally(mentions, negative), member=member)


@cache
def past() -> dict[str, Any]:
    """Two days of members that each have a mention every other minute."""
    watch = fresh()
    streams = {member: minutes(seed, DAYS * 1440, 0.5) for seed, member in enumerate(SHOPS.members)}
    for number in range(DAYS * 1440):
        begin = START + number * MINUTE
        for member, slots in streams.items():
            if slots[number].tally.mentions:
                watch.add(msgspec.structs.replace(said(0, member, 0), second=begin, tally=slots[number].tally), begin)
        told = watch.tick(begin + MINUTE)
        assert not opened(told)
    return watch.snapshot()


def fresh() -> TopicWatch:
    return TopicWatch(topic_of(GROUP), time=TimeSettings(), detect=DetectSettings())


def taught() -> TopicWatch:
    watch = fresh()
    watch.restore(past())
    return watch


def opened(told: Iterable[object]) -> list[Detection]:
    return [one for one in told if isinstance(one, Detection) and one.phase is Phase.OPENED]


def run(watch: TopicWatch, *minutes_of: Mapping[str, tuple[int, int]]) -> list[Detection]:
    """What opens in these minutes; of each member mentions and negative ones."""
    found: list[Detection] = []
    for number, spoken in enumerate(minutes_of):
        for member, (mentions, negative) in spoken.items():
            _, told = watch.add(said(number, member, mentions, negative), NOW + number * MINUTE + 30)
            found += opened(told)
        found += opened(watch.tick(NOW + (number + 1) * MINUTE))
    return found


EACH = {"acme": (4, 3), "bolt": (4, 3), "cargo": (4, 3)}


def test_a_rise_of_all_members_is_one_episode_that_tells_what_each_has_in_it() -> None:
    (found,) = run(taught(), *[EACH] * 8)

    assert (found.topic, found.detector, found.direction) == ("peers.shops", "industry", Direction.CRISIS)
    assert {share.topic for share in found.evidence.peers if share.rising} >= {"acme", "bolt"}
    assert found.evidence.observed == sum(share.observed for share in found.evidence.peers)
    assert found.false_pages_per_week < SHOPS.pages_per_week


def test_a_crisis_of_one_member_alone_is_none_of_the_group() -> None:
    assert run(taught(), *[{"acme": (40, 30)}] * 8) == []


@pytest.mark.parametrize("cut", [1, 3])
def test_a_restored_group_decides_as_if_nothing_had_happened(cut: int) -> None:
    whole, first, second = taught(), taught(), fresh()
    run(first, *[EACH] * cut)
    second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot())))

    def rest(watch: TopicWatch) -> list[object]:
        told: list[object] = []
        for number in range(cut, 9):
            for member, (mentions, negative) in EACH.items():
                told += watch.add(said(number, member, mentions, negative), NOW + number * MINUTE + 30)[1]
            told += watch.tick(NOW + (number + 1) * MINUTE)
        return told

    run(whole, *[EACH] * cut)
    assert rest(second) == rest(whole)
