import asyncio

import pytest

from streams.broker.base import Guarantee, Outgoing, Partition, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge

IN = Partition("in", 0)


async def broker_with(*specs: TopicSpec, cluster: MemoryCluster | None = None) -> MemoryBroker:
    broker = MemoryBroker(cluster)
    await broker.create_topics(specs)
    return broker


def record(value: bytes, key: bytes | None = None, kafka_topic: str = "in") -> Outgoing:
    return Outgoing(kafka_topic, key, value)


async def test_says_that_memory_does_not_outlive_the_process() -> None:
    assert MemoryBroker().guarantee is Guarantee.AT_LEAST_ONCE


async def test_a_waiting_poll_returns_as_soon_as_a_record_arrives() -> None:
    async with await broker_with(TopicSpec("in", 1)) as broker:
        consumer = await broker.consumer("g", ["in"])
        await consumer.poll(max_records=10, wait_seconds=0)
        await consumer.start(IN, None)

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            waiting = group.create_task(consumer.poll(max_records=10, wait_seconds=60), name="poll")
            group.create_task(broker.send([record(b"hello")]), name="send")

        assert waiting.result().batches[0].records[0].value == b"hello"


async def test_closing_ends_a_waiting_poll() -> None:
    async with await broker_with(TopicSpec("in", 1)) as broker:
        consumer = await broker.consumer("g", ["in"])
        await consumer.poll(max_records=10, wait_seconds=0)

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            waiting = group.create_task(consumer.poll(max_records=10, wait_seconds=60), name="poll")
            group.create_task(consumer.close(), name="close")

        assert waiting.result().batches == ()


async def test_a_commit_that_fails_leaves_nothing_behind() -> None:
    async with await broker_with(TopicSpec("in", 1)) as broker:
        writer = broker.writer("g", IN)
        await writer.open()

        with pytest.raises(RecordTooLarge):
            await writer.commit([record(b"fits"), record(bytes(2_000_000))], 5)
        with pytest.raises(BrokerUnavailable):
            await writer.commit([record(b"fits"), record(b"lost", kafka_topic="nowhere")], 5)

        assert [pack async for pack in broker.scan(IN, None)] == []
        assert await broker.writer("g", IN).open() is None


async def test_a_second_connection_sees_what_the_first_committed() -> None:
    cluster = MemoryCluster()
    async with await broker_with(TopicSpec("in", 1), cluster=cluster) as first:
        writer = first.writer("g", IN)
        await writer.open()
        await writer.commit([record(b"1")], 7)

    async with MemoryBroker(cluster) as second:
        assert await second.writer("g", IN).open() == 7
        with pytest.raises(Fenced):
            await writer.commit([], 8)


async def test_a_topic_created_later_is_joined() -> None:
    async with MemoryBroker() as broker:
        consumer = await broker.consumer("g", ["in"])
        assert (await consumer.poll(max_records=1, wait_seconds=0)).assigned == ()

        await broker.create_topics([TopicSpec("in", 2)])

        assert (await consumer.poll(max_records=1, wait_seconds=0)).assigned == (IN, Partition("in", 1))


async def test_a_busy_partition_starves_nobody() -> None:
    other = Partition("in", 1)
    async with await broker_with(TopicSpec("in", 2)) as broker:
        await broker.send([Outgoing("in", None, b"x", partition=0) for _ in range(100)])
        await broker.send([Outgoing("in", None, b"y", partition=1)])
        consumer = await broker.consumer("g", ["in"])
        await consumer.poll(max_records=1, wait_seconds=0)
        await consumer.start(IN, None)
        await consumer.start(other, None)

        polls = [await consumer.poll(max_records=10, wait_seconds=0) for _ in range(2)]

        assert [[batch.partition for batch in poll.batches] for poll in polls][1][0] == other


async def test_a_start_between_a_rebalance_and_its_poll_has_no_effect() -> None:
    cluster = MemoryCluster()
    async with await broker_with(TopicSpec("in", 1), cluster=cluster) as broker, MemoryBroker(cluster) as other:
        await broker.send([record(b"1")])
        consumer = await broker.consumer("g", ["in"])
        await consumer.poll(max_records=1, wait_seconds=0)
        await other.consumer("g", ["in"])

        await consumer.start(IN, None)

        assert consumer.lag(IN) is None
        assert (await consumer.poll(max_records=1, wait_seconds=0)).revoked == (IN,)
        assert (await consumer.poll(max_records=1, wait_seconds=0)).batches == ()


@pytest.mark.parametrize("keep", [0, -1])
def test_refuses_to_keep_nothing(keep: int) -> None:
    with pytest.raises(ValueError, match="keep_records"):
        MemoryCluster(keep_records=keep)
