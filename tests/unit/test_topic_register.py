"""Changes of topics by several processes at once."""

import asyncio
from typing import Any

import pytest

from streams.broker.base import Guarantee, Outgoing, Partition
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.declarations import Declarations
from streams.errors import TopicChanged, TopicsMismatch
from streams.kafka_topics import specs
from streams.live_matcher import LiveMatcher
from streams.settings import KafkaSettings, StreamSettings
from streams.topic import Topic
from streams.topic_follower import TopicFollower
from streams.topic_register import TopicRegister
from tests.fakes.clock import FakeClock
from tests.fakes.flaky_broker import FlakyBroker

KAFKA = KafkaSettings()
REFUNDS = Topic(id="refunds", name="Refunds", query="refund*")
LATE = Topic(id="late", name="Late", query="late")


class FencingBroker(MemoryBroker):
    """Memory fences writers, so changes may come from several processes."""

    @property
    def guarantee(self) -> Guarantee:
        return Guarantee.EXACTLY_ONCE


def cluster(clock: FakeClock) -> MemoryCluster:
    made = MemoryCluster(clock=clock)
    for spec in specs(StreamSettings(kafka=KAFKA)):
        made.create(spec)
    return made


@pytest.mark.parametrize("kind", [MemoryBroker, FencingBroker])
async def test_what_is_declared_is_read_back(kind: type[MemoryBroker]) -> None:
    clock = FakeClock()
    broker = kind(cluster(clock))
    register = TopicRegister(broker, KAFKA, clock)

    changed = await register.declare_file([REFUNDS], by="the file")
    again = await register.declare_file([REFUNDS], by="the file")
    put = await register.put(LATE, by="jo", expected=None)
    same = await register.put(LATE, by="jo", expected=put.topic.revision)
    await register.remove("late", expected=put.topic.revision)

    assert (changed, again) == (1, 0)
    assert same == put
    assert len(broker.cluster.log(Partition(KAFKA.topics, 0)).read(0, 100)) == 4  # refunds, complete, late, its removal


async def test_of_two_changes_based_on_the_same_revision_one_wins_and_the_other_hears_of_it() -> None:
    clock = FakeClock()
    shared = cluster(clock)
    first = FlakyBroker(FencingBroker(shared))
    slow, quick = TopicRegister(first, KAFKA, clock), TopicRegister(FencingBroker(shared), KAFKA, clock)
    await slow.declare_file([], by="the file")
    stands = (await quick.put(LATE, by="jo", expected=None)).topic.revision

    async def other_is_quicker(_: Partition) -> None:
        first.before_commit = _nothing
        await quick.put(Topic("late", "Late", "late OR delayed"), by="quick", expected=stands)

    first.before_commit = other_is_quicker

    async with asyncio.TaskGroup() as group:
        losing = group.create_task(_refused(slow, stands), name="slow")
        while not losing.done():
            await clock.advance(1)

    assert "is at revision" in losing.result()


async def _refused(register: TopicRegister, stands: int) -> str:
    with pytest.raises(TopicChanged) as refused:
        await register.put(Topic("late", "Late", "tardy"), by="slow", expected=stands)
    return str(refused.value)


async def _nothing(_: Partition) -> None:
    """Let it pass."""


async def test_refuses_to_declare_where_kafka_would_make_a_topic_that_forgets() -> None:
    clock = FakeClock()

    with pytest.raises(TopicsMismatch, match="kafka init"):
        await TopicRegister(MemoryBroker(MemoryCluster(clock=clock)), KAFKA, clock).declare_file([], by="the file")


class Heard:
    def __init__(self) -> None:
        self.told: list[list[str]] = []

    async def __call__(self, declarations: Declarations) -> None:
        self.told.append(sorted(declarations.declared))


async def test_a_follower_tells_nothing_before_the_topics_are_complete_then_every_change_within_a_second() -> None:
    clock, heard, stop = FakeClock(), Heard(), asyncio.Event()
    broker = MemoryBroker(cluster(clock))
    register, follower = TopicRegister(broker, KAFKA, clock), TopicFollower(broker, KAFKA, clock, heard)

    async with asyncio.TaskGroup() as group:
        group.create_task(follower.run(stop), name="follow")
        await clock.advance(5)
        assert not follower.known
        await register.declare_file([REFUNDS], by="the file")
        await clock.advance(1)
        assert follower.known
        await register.put(LATE, by="jo", expected=None)
        await clock.advance(1)
        await register.remove("late", expected=None)
        await clock.advance(1)
        stop.set()

    assert heard.told == [["refunds"], ["late", "refunds"], ["refunds"]]


async def test_a_record_of_a_foreign_hand_is_passed_over() -> None:
    clock, heard, stop = FakeClock(), Heard(), asyncio.Event()
    broker = MemoryBroker(cluster(clock))
    await TopicRegister(broker, KAFKA, clock).declare_file([REFUNDS], by="the file")
    await broker.send([Outgoing(KAFKA.topics, b"late", b"no topic", partition=0)])

    async with asyncio.TaskGroup() as group:
        group.create_task(TopicFollower(broker, KAFKA, clock, heard).run(stop), name="follow")
        await clock.advance(1)
        stop.set()

    assert heard.told == [["refunds"]]


class User:
    def __init__(self) -> None:
        self.adopted: list[tuple[list[str], dict[str, int]]] = []
        self.erased: list[tuple[frozenset[int], frozenset[int]]] = []

    def adopt(self, matcher: Any, removed: Any) -> None:
        self.adopted.append(([topic.id for topic in matcher.topics], dict(removed)))

    def erase(self, authors: frozenset[int], fresh: frozenset[int]) -> None:
        self.erased.append((authors, fresh))


async def test_everybody_who_counts_gets_the_new_matcher_and_others_work_while_it_is_built() -> None:
    clock, live, user = FakeClock(), LiveMatcher(FakeClock()), User()
    declarations = Declarations()
    topics = [Topic(f"t{number}", "T", f"word{number}") for number in range(200)]
    broker = MemoryBroker(cluster(clock))
    await broker.send(declarations.declare_file(KAFKA.topics, topics, by="the file", now=clock.now()))
    async for records in broker.scan(Partition(KAFKA.topics, 0), None):
        for record in records:
            declarations.take(record)
    live.serve(user)
    turns = 0

    async with asyncio.TaskGroup() as group:
        building = group.create_task(live.changed(declarations), name="build")
        while not building.done():
            turns += 1
            await clock.sleep(0)

    assert [len(found) for found, _ in user.adopted] == [0, 200]
    assert turns >= 200 // 50


async def test_authors_who_are_to_be_forgotten_stand_beside_the_topics_and_are_told_to_everybody_who_counts() -> None:
    clock = FakeClock()
    register = TopicRegister(MemoryBroker(made := cluster(clock)), KAFKA, clock)
    live, user = LiveMatcher(clock), User()
    await register.declare_file([REFUNDS], by="the file")

    await register.erase(0xABC)
    await register.erase(0xABC)
    await clock.advance(9 * 86_400)
    await register.erase(0xDEF)
    declarations = Declarations()
    broker = MemoryBroker(made)
    async for records in broker.scan(Partition(KAFKA.topics, 0), None):
        for record in records:
            declarations.take(record)
    await live.changed(declarations)
    live.serve(user)

    assert list(declarations.erased) == [0xABC, 0xDEF]
    assert list(declarations.declared) == ["refunds"]
    assert user.erased == [(frozenset({0xABC, 0xDEF}), frozenset({0xDEF}))]
