"""What only real Kafka has: open transactions, aborted ones, compaction."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from streams.broker.base import Guarantee, Outgoing, Partition, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.errors import BrokerUnavailable, Fenced
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.apache]


async def started_producer(kafka: KafkaUnderTest, transactional_id: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.settings.bootstrap_servers, transactional_id=transactional_id, acks="all"
    )
    await producer.start()
    return producer


async def scanned(broker: KafkaBroker, partition: Partition) -> list[bytes | None]:
    async with asyncio.timeout(30):
        return [record.value async for pack in broker.scan(partition, None) for record in pack]


async def test_a_scan_waits_for_a_transaction_that_hides_committed_records(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    partition = Partition(unique_name, 0)
    async with KafkaBroker(kafka.settings) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1)])
        slow = await started_producer(kafka, f"{unique_name}-slow")
        await slow.begin_transaction()
        await slow.send_and_wait(unique_name, b"open", key=b"k", partition=0)
        writer = broker.writer(unique_name, partition)
        await writer.open()
        await writer.commit([Outgoing(unique_name, b"k", b"committed", partition=0)], 1)

        async with asyncio.TaskGroup() as group:
            scan = group.create_task(scanned(broker, partition), name="scan")
            done, _ = await asyncio.wait([scan], timeout=0.5)
            await slow.abort_transaction()
        await slow.stop()

    assert done == set()
    assert scan.result() == [b"committed"]


async def test_a_partition_behind_an_open_transaction_is_not_at_its_end(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    partition = Partition(unique_name, 0)
    async with KafkaBroker(kafka.settings) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1)])
        slow = await started_producer(kafka, f"{unique_name}-slow")
        await slow.begin_transaction()
        await slow.send_and_wait(unique_name, b"open", key=b"k", partition=0)
        consumer = await broker.consumer(unique_name, [unique_name])
        while not (await consumer.poll(max_records=10, wait_seconds=0.2)).assigned:
            pass
        await consumer.start(partition, None)

        hidden = [await consumer.poll(max_records=10, wait_seconds=0.2) for _ in range(3)]
        await slow.commit_transaction()
        await slow.stop()
        async with asyncio.timeout(10):
            while not (poll := await consumer.poll(max_records=10, wait_seconds=0.2)).at_end:
                pass

    assert [(poll.batches, poll.at_end) for poll in hidden] == [((), frozenset())] * 3
    assert poll.at_end == {partition}


async def test_a_scan_of_nothing_but_aborted_records_ends(kafka: KafkaUnderTest, unique_name: str) -> None:
    async with KafkaBroker(kafka.settings) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1)])
        producer = await started_producer(kafka, f"{unique_name}-aborting")
        for _ in range(3):
            await producer.begin_transaction()
            await producer.send_and_wait(unique_name, b"aborted", key=b"k", partition=0)
            await producer.abort_transaction()
        await producer.stop()

        assert await scanned(broker, Partition(unique_name, 0)) == []


async def test_a_compacted_log_is_scanned_to_its_end(kafka: KafkaUnderTest, unique_name: str) -> None:
    partition = Partition(unique_name, 0)
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.01",
        "delete.retention.ms": "0",
    }
    async with KafkaBroker(kafka.settings) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1, config=config)])
        sent = 0

        async with asyncio.timeout(60):
            while True:  # the cleaner works when it wants to: write until it has
                await broker.send([Outgoing(unique_name, b"key", b"%d" % sent, partition=0)])
                sent += 1
                found = await scanned(broker, partition)
                assert found[-1] == b"%d" % (sent - 1)
                if len(found) < sent:
                    break

    assert len(found) < sent


async def test_at_least_once_can_be_chosen_on_real_kafka(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = kafka.settings.model_copy(update={"guarantee": Guarantee.AT_LEAST_ONCE})
    source, target = Partition(f"{unique_name}.in", 0), Partition(f"{unique_name}.out", 0)
    async with KafkaBroker(settings) as broker:
        await broker.create_topics([TopicSpec(source.kafka_topic, 1), TopicSpec(target.kafka_topic, 1)])
        consumer = await broker.consumer(unique_name, [source.kafka_topic])
        while not (await consumer.poll(max_records=10, wait_seconds=0.2)).assigned:
            pass
        writer = broker.writer(unique_name, source)

        assert await writer.open() is None
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"v")], 5)
        await consumer.close()
        with pytest.raises(Fenced):
            await writer.commit([], 6)

        assert await scanned(broker, target) == [b"v"]
        assert await broker.writer(unique_name, source).open() == 5


async def test_a_cancelled_commit_leaves_a_writer_that_can_be_opened_again(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    source, target = Partition(f"{unique_name}.in", 0), Partition(f"{unique_name}.out", 0)
    async with KafkaBroker(kafka.settings) as broker:
        await broker.create_topics([TopicSpec(source.kafka_topic, 1), TopicSpec(target.kafka_topic, 1)])
        writer = broker.writer(unique_name, source)
        await writer.open()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):  # shorter than any commit: it takes five exchanges with Kafka
                await writer.commit([Outgoing(target.kafka_topic, b"k", b"half")], 1)
        with pytest.raises(BrokerUnavailable, match="opened again"):
            await writer.commit([], 2)
        position = await writer.open()
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"whole")], 3)

        assert (position, await scanned(broker, target)) in [(None, [b"whole"]), (1, [b"half", b"whole"])]
