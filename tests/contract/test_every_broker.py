"""What every broker promises, on memory, on Tansu and on Apache Kafka."""

import asyncio
import importlib
import inspect
import os
import pkgutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

import pytest

import streams.broker
from streams.broker.base import (
    Broker,
    Consumer,
    Guarantee,
    Outgoing,
    Partition,
    PartitionWriter,
    Poll,
    Record,
    TopicSpec,
)
from streams.broker.embedded import EmbeddedKafka
from streams.broker.kafka import KafkaBroker
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.broker.partitioner import partition_for
from streams.broker.registry import BROKERS, open_broker
from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge
from streams.settings import KafkaSettings
from tests.kafka.selection import KafkaUnderTest, quick_settings

WAIT = 0.2
TOO_LARGE = os.urandom(3_000_000)  # random, so that compression does not save it
BEYOND_ANY_REQUEST = bytes(65 * 1024 * 1024)  # Tansu takes whatever the client sends: this one it does not send


@dataclass
class Cluster:
    """One cluster and as many connections to it as a test needs; names are the test's own.

    Attributes:
        fences: A newer writer shuts the older one out, and a commit is all or nothing.
    """

    name: str
    target: KafkaSettings | MemoryCluster
    connections: AsyncExitStack
    fences: bool

    async def connect(self) -> Broker:
        broker: Broker = (
            MemoryBroker(self.target) if isinstance(self.target, MemoryCluster) else KafkaBroker(self.target)
        )
        return await self.connections.enter_async_context(broker)

    def topic(self, suffix: str) -> str:
        return f"{self.name}.{suffix}"

    @property
    def group(self) -> str:
        return f"{self.name}-group"


@pytest.fixture(
    params=[
        "memory",
        pytest.param("tansu", marks=pytest.mark.integration),
        pytest.param("kafka", marks=[pytest.mark.integration, pytest.mark.apache]),
    ]
)
def target(request: pytest.FixtureRequest) -> KafkaSettings | MemoryCluster:
    if request.param == "memory":
        return MemoryCluster()
    if request.param == "tansu":
        embedded: EmbeddedKafka = request.getfixturevalue("tansu")
        settings = quick_settings(embedded.bootstrap_servers, Guarantee.AT_LEAST_ONCE)
        return settings.model_copy(update={"session_timeout_seconds": 1.0})  # Tansu joins within a session
    kafka: KafkaUnderTest = request.getfixturevalue("kafka")
    return kafka.settings


@pytest.fixture
async def cluster(target: KafkaSettings | MemoryCluster, unique_name: str) -> AsyncIterator[Cluster]:
    fences = isinstance(target, MemoryCluster) or target.guarantee is Guarantee.EXACTLY_ONCE
    async with AsyncExitStack() as connections:
        yield Cluster(unique_name, target, connections, fences)


def refused(cluster: Cluster) -> bytes:
    return TOO_LARGE if cluster.fences else BEYOND_ANY_REQUEST


def fencing(cluster: Cluster) -> Cluster:
    if not cluster.fences:
        pytest.skip("Tansu has no transactions")
    return cluster


async def topic(cluster: Cluster, broker: Broker, suffix: str = "in", partitions: int = 1) -> str:
    name = cluster.topic(suffix)
    await broker.create_topics([TopicSpec(name, partitions)])
    return name


async def everything(broker: Broker, partition: Partition) -> list[Record]:
    async with asyncio.timeout(20):
        return [record async for pack in broker.scan(partition, None) for record in pack]


async def values(broker: Broker, partition: Partition) -> list[bytes | None]:
    return [record.value for record in await everything(broker, partition)]


async def send_values(broker: Broker, partition: Partition, *given: bytes) -> None:
    await broker.send([Outgoing(partition.kafka_topic, b"k", one, partition=partition.number) for one in given])


async def followed(packs: AsyncIterator[tuple[Record, ...]], count: int) -> list[bytes | None]:
    """The values of the next `count` records."""
    found: list[bytes | None] = []
    while len(found) < count:
        found += [record.value for record in await anext(packs)]
    return found


async def poll_until_assigned(consumer: Consumer, *wanted: Partition) -> None:
    held: set[Partition] = set()
    async with asyncio.timeout(30):
        while held != set(wanted):
            poll = await consumer.poll(max_records=100, wait_seconds=WAIT)
            held -= set(poll.revoked)
            held |= set(poll.assigned)


async def poll_values(consumer: Consumer, count: int) -> list[bytes | None]:
    found: list[bytes | None] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            poll = await consumer.poll(max_records=100, wait_seconds=WAIT)
            found += [record.value for batch in poll.batches for record in batch.records]
    return found


async def poll_until_at_end(consumer: Consumer, partition: Partition) -> None:
    async with asyncio.timeout(20):
        while partition not in (await consumer.poll(max_records=100, wait_seconds=WAIT)).at_end:
            pass


async def opened(broker: Broker, group: str, partition: Partition) -> PartitionWriter:
    writer = broker.writer(group, partition)
    await writer.open()
    return writer


class TestTopics:
    async def test_a_created_topic_is_as_it_was_asked_for(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        spec = TopicSpec(cluster.topic("in"), 3, config={"cleanup.policy": "compact"})

        await broker.create_topics([spec])
        described = await broker.describe_topics([spec.name, cluster.topic("missing")])

        assert list(described) == [spec.name]
        assert described[spec.name].partitions == 3
        assert described[spec.name].replication == 1
        assert described[spec.name].config["cleanup.policy"] == "compact"

    async def test_an_existing_topic_is_left_alone(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker, partitions=2)

        await broker.create_topics([TopicSpec(name, 5), TopicSpec(cluster.topic("new"), 1)])

        described = await broker.describe_topics([name, cluster.topic("new")])
        assert {one.name: one.partitions for one in described.values()} == {name: 2, cluster.topic("new"): 1}

    async def test_records_for_no_topic_are_refused(self, cluster: Cluster) -> None:
        if isinstance(cluster.target, KafkaSettings) and not cluster.fences:
            pytest.skip("Tansu creates topics when they are named")
        if isinstance(cluster.target, KafkaSettings):
            cluster.target = cluster.target.model_copy(update={"request_timeout_seconds": 1.0})
        broker = await cluster.connect()

        with pytest.raises(BrokerUnavailable):
            await broker.send([Outgoing(cluster.topic("missing"), b"k", b"v")])


class TestRecords:
    async def test_records_of_one_key_stay_in_order_in_the_partition_of_the_key(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker, partitions=3)
        keys = [f"key-{number}".encode() for number in range(10)]

        for start in (0, 20):
            await broker.send(
                [Outgoing(name, key, str(number).encode()) for number in range(start, start + 20) for key in keys]
            )

        for number in range(3):
            found = await everything(broker, Partition(name, number))
            assert {record.key for record in found} == {key for key in keys if partition_for(key, 3) == number}
            for key in {record.key for record in found}:
                assert [record.value for record in found if record.key == key] == [b"%d" % one for one in range(40)]

    async def test_a_record_arrives_as_it_was_written(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker, partitions=2)
        sent = Outgoing(name, b"key", b"value", headers=(("a", b"1"), ("a", b"2")), partition=1, timestamp_ms=1_700_000)

        await broker.send([sent, Outgoing(name, b"key", None, partition=1)])
        first, second = await everything(broker, Partition(name, 1))

        assert first == Record(Partition(name, 1), 0, b"key", b"value", 1_700_000, (("a", b"1"), ("a", b"2")))
        assert (second.offset, second.key, second.value) == (1, b"key", None)

    async def test_a_large_send_arrives_whole(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        given = [b"%d" % number + bytes(300) for number in range(5000)]

        await send_values(broker, partition, *given)

        assert await values(broker, partition) == given

    async def test_a_record_that_is_too_large_is_named_as_such_and_the_next_send_works(self, cluster: Cluster) -> None:
        broker = await fencing(cluster).connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"before")

        with pytest.raises(RecordTooLarge):
            await send_values(broker, partition, TOO_LARGE)
        await send_values(broker, partition, b"after")

        assert await values(broker, partition) == [b"before", b"after"]


class TestScan:
    async def test_an_empty_partition_ends_at_once(self, cluster: Cluster) -> None:
        broker = await cluster.connect()

        assert await everything(broker, Partition(await topic(cluster, broker), 0)) == []

    async def test_start_is_included_and_stop_is_not(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, *(b"%d" % number for number in range(10)))

        found = [record.offset async for pack in broker.scan(partition, 3, 7) for record in pack]

        assert found == [3, 4, 5, 6]

    @pytest.mark.parametrize(("start", "expected"), [(-3, [7, 8, 9]), (-10, list(range(10))), (-100, list(range(10)))])
    async def test_a_negative_start_is_counted_from_the_end(
        self, cluster: Cluster, start: int, expected: list[int]
    ) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, *(b"%d" % number for number in range(10)))

        found = [record.offset async for pack in broker.scan(partition, start) for record in pack]

        assert found == expected

    @pytest.mark.parametrize(("start", "stop"), [(3, None), (10, None), (0, 0), (2, 1), (10, 20), (-5, 0)])
    async def test_a_range_without_records_is_empty(self, cluster: Cluster, start: int, stop: int | None) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1", b"2")

        async with asyncio.timeout(20):
            assert [pack async for pack in broker.scan(partition, start, stop)] == []

    async def test_it_ends_at_the_end_that_was_when_it_began(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1")

        found: list[bytes | None] = []
        async with asyncio.timeout(20):
            async for pack in broker.scan(partition, None):
                await send_values(broker, partition, b"later")
                found += [record.value for record in pack]

        assert found == [b"0", b"1"]

    async def test_what_a_writer_committed_is_there(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        source = Partition(await topic(cluster, broker), 0)
        target = Partition(await topic(cluster, broker, "out"), 0)
        writer = await opened(broker, cluster.group, source)

        for number in range(3):
            await writer.commit([Outgoing(target.kafka_topic, b"k", b"%d" % number)], number + 1)

        assert await values(broker, target) == [b"0", b"1", b"2"]

    async def test_what_a_failed_commit_left_behind_is_skipped(self, cluster: Cluster) -> None:
        broker = await fencing(cluster).connect()
        source = Partition(await topic(cluster, broker), 0)
        target = Partition(await topic(cluster, broker, "out"), 0)
        writer = await opened(broker, cluster.group, source)
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"good")], 1)

        with pytest.raises(RecordTooLarge):
            await writer.commit(
                [Outgoing(target.kafka_topic, b"k", b"half"), Outgoing(target.kafka_topic, b"k", TOO_LARGE)], 2
            )

        assert await values(broker, target) == [b"good"]


class TestReading:
    async def test_assigned_partitions_are_paused_until_they_are_started(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1", b"2")
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)

        before = [await consumer.poll(max_records=100, wait_seconds=0.1) for _ in range(3)]
        await consumer.start(partition, 1)

        assert before == [Poll()] * 3
        assert await poll_values(consumer, 2) == [b"1", b"2"]

    async def test_pausing_stops_and_starting_anew_goes_on_from_anywhere(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1")
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)
        assert await poll_values(consumer, 2) == [b"0", b"1"]

        consumer.pause(partition)
        await send_values(broker, partition, b"2")
        while_paused = await consumer.poll(max_records=100, wait_seconds=WAIT)
        await consumer.start(partition, 1)

        assert while_paused == Poll()
        assert await poll_values(consumer, 2) == [b"1", b"2"]

    async def test_a_poll_brings_no_more_than_was_asked_for(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, *(b"%d" % number for number in range(10)))
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)

        sizes: list[int] = []
        async with asyncio.timeout(20):
            while sum(sizes) < 10:
                poll = await consumer.poll(max_records=4, wait_seconds=WAIT)
                sizes += [len(batch.records) for batch in poll.batches]

        assert sizes == [4, 4, 2]

    async def test_the_end_is_proven_only_when_nothing_is_left(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1", b"2")
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)

        seen = 0
        async with asyncio.timeout(20):
            while True:
                poll = await consumer.poll(max_records=1, wait_seconds=WAIT)
                seen += sum(len(batch.records) for batch in poll.batches)
                if poll.at_end:
                    break

        assert seen == 3
        assert poll.at_end == {partition}

    async def test_transaction_markers_and_failed_commits_at_the_end_count_as_read(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        writer = await opened(broker, f"{cluster.group}-up", partition)
        await writer.commit([Outgoing(partition.kafka_topic, b"k", b"0")], 1)
        if cluster.fences:
            with pytest.raises(RecordTooLarge):
                await writer.commit([Outgoing(partition.kafka_topic, b"k", one) for one in (b"1", TOO_LARGE)], 2)
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)

        found = await poll_values(consumer, 1)
        await poll_until_at_end(consumer, partition)

        assert found == [b"0"]
        assert consumer.lag(partition) == 0

    async def test_an_empty_partition_is_at_its_end(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        assert consumer.lag(partition) is None

        await consumer.start(partition, None)
        await poll_until_at_end(consumer, partition)

        assert consumer.lag(partition) == 0

    async def test_the_lag_is_what_is_left_to_read(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, *(b"%d" % number for number in range(10)))
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)

        async with asyncio.timeout(20):
            while not (await consumer.poll(max_records=4, wait_seconds=WAIT)).batches:
                pass

        assert consumer.lag(partition) == 6


class TestFollowing:
    async def test_tells_what_is_there_and_then_what_comes(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1")

        async with asyncio.timeout(20), aclosing(broker.follow(partition, None)) as packs:  # type: ignore[type-var]
            before = await followed(packs, 2)
            await send_values(broker, partition, b"2")
            after = await followed(packs, 1)

        assert before == [b"0", b"1"]
        assert after == [b"2"]

    async def test_begins_where_it_is_told_to(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0", b"1", b"2")

        async with asyncio.timeout(20), aclosing(broker.follow(partition, 1)) as packs:  # type: ignore[type-var]
            assert await followed(packs, 2) == [b"1", b"2"]

    async def test_an_empty_pack_comes_while_nothing_comes(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)

        async with asyncio.timeout(20), aclosing(broker.follow(partition, None)) as packs:  # type: ignore[type-var]
            assert await anext(packs) == ()


class TestGroups:
    async def test_two_members_share_and_the_survivor_takes_over(self, cluster: Cluster) -> None:
        first, second = await cluster.connect(), await cluster.connect()
        name = await topic(cluster, first, partitions=2)
        both = {Partition(name, 0), Partition(name, 1)}
        staying = await first.consumer(cluster.group, [name])
        await poll_until_assigned(staying, *both)
        leaving = await second.consumer(cluster.group, [name])
        held: dict[Consumer, set[Partition]] = {staying: set(both), leaving: set()}

        async with asyncio.timeout(30):
            while [len(share) for share in held.values()] != [1, 1]:
                for consumer, share in held.items():
                    poll = await consumer.poll(max_records=10, wait_seconds=WAIT)
                    share -= set(poll.revoked)
                    share |= set(poll.assigned)
        assert held[staying] | held[leaving] == both
        await leaving.close()

        async with asyncio.timeout(30):
            while held[staying] != both:
                poll = await staying.poll(max_records=10, wait_seconds=WAIT)
                held[staying] = (held[staying] - set(poll.revoked)) | set(poll.assigned)

    async def test_two_groups_read_the_same_records(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0")
        consumers = [await broker.consumer(f"{cluster.group}-{one}", [partition.kafka_topic]) for one in "ab"]

        for consumer in consumers:
            await poll_until_assigned(consumer, partition)
            await consumer.start(partition, None)

        assert [await poll_values(consumer, 1) for consumer in consumers] == [[b"0"], [b"0"]]

    async def test_a_member_that_joins_anew_is_told_everything_again(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)
        await send_values(broker, partition, b"0")
        consumer = await broker.consumer(cluster.group, [partition.kafka_topic])
        await poll_until_assigned(consumer, partition)
        await consumer.start(partition, None)
        before = await poll_values(consumer, 1)

        await consumer.rejoin()

        told = [await consumer.poll(max_records=10, wait_seconds=WAIT)]
        async with asyncio.timeout(30):
            while not told[-1].assigned:
                told.append(await consumer.poll(max_records=10, wait_seconds=WAIT))
        assert told[0].revoked == told[-1].assigned == (partition,)
        assert [poll.batches for poll in told] == [()] * len(told)
        await consumer.start(partition, 0)
        assert await poll_values(consumer, 1) == before == [b"0"]

    async def test_closing_twice_does_no_harm(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker)
        consumer = await broker.consumer(cluster.group, [name])

        await consumer.close()
        await consumer.close()

        assert await consumer.poll(max_records=1, wait_seconds=0.01) == Poll()


class TestCommitting:
    async def test_a_group_that_never_committed_has_no_position(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        partition = Partition(await topic(cluster, broker), 0)

        assert await broker.writer(cluster.group, partition).open() is None

    async def test_a_new_connection_goes_on_where_the_last_commit_ended(self, cluster: Cluster) -> None:
        first = await cluster.connect()
        source = Partition(await topic(cluster, first), 0)
        await send_values(first, source, b"0", b"1", b"2")
        consumer = await first.consumer(cluster.group, [source.kafka_topic])
        await poll_until_assigned(consumer, source)
        writer = await opened(first, cluster.group, source)
        await writer.commit([], 1)
        await writer.commit([], 2)
        await writer.close()
        await consumer.close()

        second = await cluster.connect()
        follower = await second.consumer(cluster.group, [source.kafka_topic])
        await poll_until_assigned(follower, source)
        position = await second.writer(cluster.group, source).open()
        await follower.start(source, position)

        assert position == 2
        assert await poll_values(follower, 1) == [b"2"]

    async def test_partitions_and_groups_have_positions_of_their_own(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker, partitions=2)
        await (await opened(broker, cluster.group, Partition(name, 0))).commit([], 7)

        assert await broker.writer(cluster.group, Partition(name, 0)).open() == 7
        assert await broker.writer(cluster.group, Partition(name, 1)).open() is None
        assert await broker.writer(f"{cluster.group}-other", Partition(name, 0)).open() is None

    async def test_an_older_writer_is_fenced_and_nothing_of_it_counts(self, cluster: Cluster) -> None:
        first, second = await fencing(cluster).connect(), await cluster.connect()
        source = Partition(await topic(cluster, first), 0)
        target = Partition(await topic(cluster, first, "out"), 0)
        zombie = await opened(first, cluster.group, source)
        await zombie.commit([Outgoing(target.kafka_topic, b"k", b"old")], 1)
        owner = second.writer(cluster.group, source)
        assert await owner.open() == 1

        with pytest.raises(Fenced):
            await zombie.commit([Outgoing(target.kafka_topic, b"k", b"zombie")], 5)
        await owner.commit([Outgoing(target.kafka_topic, b"k", b"new")], 2)

        assert await values(second, target) == [b"old", b"new"]
        assert await second.writer(cluster.group, source).open() == 2

    async def test_writers_of_other_partitions_and_groups_are_not_fenced(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        name = await topic(cluster, broker, partitions=2)
        writer = await opened(broker, cluster.group, Partition(name, 0))

        await opened(broker, cluster.group, Partition(name, 1))
        await opened(broker, f"{cluster.group}-other", Partition(name, 0))
        await writer.commit([], 3)

        assert await broker.writer(cluster.group, Partition(name, 0)).open() == 3

    async def test_a_commit_with_a_record_too_large_counts_for_nothing_and_can_be_followed(
        self, cluster: Cluster
    ) -> None:
        broker = await fencing(cluster).connect()
        source = Partition(await topic(cluster, broker), 0)
        target = Partition(await topic(cluster, broker, "out"), 0)
        writer = await opened(broker, cluster.group, source)
        await writer.commit([], 1)

        with pytest.raises(RecordTooLarge):
            await writer.commit([Outgoing(target.kafka_topic, b"k", one) for one in (b"fits", TOO_LARGE)], 2)
        position = await writer.open()
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"good")], 3)

        assert position == 1
        assert await values(broker, target) == [b"good"]
        assert await broker.writer(cluster.group, source).open() == 3

    async def test_neither_state_nor_position_says_that_a_record_was_written_which_was_not(
        self, cluster: Cluster
    ) -> None:
        broker = await cluster.connect()
        source = Partition(await topic(cluster, broker), 0)
        target = Partition(await topic(cluster, broker, "out"), 0)
        changelog = Partition(await topic(cluster, broker, "state"), 0)
        state = Outgoing(changelog.kafka_topic, b"time", b"two are written", partition=0)
        writer = await opened(broker, cluster.group, source)
        await writer.commit([], 1)

        with pytest.raises(RecordTooLarge):
            await writer.commit(
                [Outgoing(target.kafka_topic, b"k", one) for one in (b"fits", refused(cluster))], 2, changelog=[state]
            )

        assert await values(broker, changelog) == []
        assert await broker.writer(cluster.group, source).open() == 1

    async def test_no_position_says_that_state_was_written_which_was_not(self, cluster: Cluster) -> None:
        broker = await cluster.connect()
        source = Partition(await topic(cluster, broker), 0)
        target = Partition(await topic(cluster, broker, "out"), 0)
        changelog = Partition(await topic(cluster, broker, "state"), 0)
        record = Outgoing(target.kafka_topic, b"k", b"fits")
        writer = await opened(broker, cluster.group, source)
        await writer.commit([], 1)

        with pytest.raises(RecordTooLarge):
            await writer.commit(
                [record], 2, changelog=[Outgoing(changelog.kafka_topic, b"time", refused(cluster), partition=0)]
            )
        before = await values(broker, target)
        position = await writer.open()
        await writer.commit(
            [record], 2, changelog=[Outgoing(changelog.kafka_topic, b"time", b"one is written", partition=0)]
        )

        assert position == 1  # so it is done again
        assert before == ([] if cluster.fences else [b"fits"])  # at least once: the record goes first
        assert await values(broker, target) == [*before, b"fits"]
        assert await values(broker, changelog) == [b"one is written"]
        assert await broker.writer(cluster.group, source).open() == 2


async def test_an_address_where_nobody_answers_is_named_in_the_error(unused_tcp_port: int) -> None:
    settings = KafkaSettings(bootstrap_servers=f"127.0.0.1:{unused_tcp_port}", request_timeout_seconds=1)

    with pytest.raises(BrokerUnavailable, match=settings.bootstrap_servers):
        async with asyncio.timeout(10), KafkaBroker(settings):
            pass


def test_every_broker_is_in_the_table() -> None:
    entered = {"__aenter__", "consumer", "writer", "scan", "guarantee"}
    modules = [
        importlib.import_module(f"streams.broker.{one.name}") for one in pkgutil.iter_modules(streams.broker.__path__)
    ]
    found = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and entered <= set(dir(kind)) and kind is not Broker
    }

    assert found == {type(make(KafkaSettings())) for make in BROKERS.values()}


@pytest.mark.parametrize(("address", "kind"), [("memory", MemoryBroker), ("localhost:9092", KafkaBroker)])
def test_the_address_decides_which_broker_is_opened(address: str, kind: type[Broker]) -> None:
    assert isinstance(open_broker(KafkaSettings(bootstrap_servers=address)), kind)
