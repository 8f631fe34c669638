"""Kafka dies and comes back: callers are told, nothing hangs, nothing is lost."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from streams.broker.base import Consumer, Outgoing, Partition, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.errors import BrokerUnavailable
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

pytestmark = [pytest.mark.integration, pytest.mark.apache]


@pytest.fixture
def node(apache_kafka: ApacheKafka) -> Iterator[ApacheKafka]:
    try:
        yield apache_kafka
    finally:
        if apache_kafka.pid is None:
            apache_kafka.restart()


async def test_work_goes_on_after_kafka_was_killed_and_came_back(node: ApacheKafka, unique_name: str) -> None:
    settings = quick_settings(node.bootstrap_servers).model_copy(update={"request_timeout_seconds": 2.0})
    source, target = Partition(f"{unique_name}.in", 0), Partition(f"{unique_name}.out", 0)
    async with KafkaBroker(settings) as broker:
        await broker.create_topics([TopicSpec(source.kafka_topic, 1), TopicSpec(target.kafka_topic, 1)])
        await broker.send([Outgoing(source.kafka_topic, b"k", b"before")])
        consumer = await broker.consumer(unique_name, [source.kafka_topic])
        while not (await consumer.poll(max_records=10, wait_seconds=0.2)).assigned:
            pass
        writer = broker.writer(unique_name, source)
        await consumer.start(source, await writer.open())
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"committed")], 1)
        # Kafka answers a commit before it wrote its markers, and 4.4 forgets them when its only node dies in between:
        # while no partition has a leader it takes them for deleted (KAFKA-20734). Opening waits for the markers.
        assert await writer.open() == 1

        node.kill()
        async with asyncio.timeout(30):
            with pytest.raises(BrokerUnavailable):
                await writer.commit([Outgoing(target.kafka_topic, b"k", b"lost")], 2)
            with pytest.raises(BrokerUnavailable):
                await broker.send([Outgoing(source.kafka_topic, b"k", b"lost")])
            with pytest.raises(BrokerUnavailable):
                await _poll_for_ever(consumer)
            with pytest.raises(BrokerUnavailable):
                assert [pack async for pack in broker.scan(target, None)]
            with pytest.raises(BrokerUnavailable):
                await writer.open()
        await asyncio.to_thread(node.restart)

        async with asyncio.timeout(40):
            position = await _until_answered(writer.open)
            await writer.commit([Outgoing(target.kafka_topic, b"k", b"after")], 3)
            await broker.send([Outgoing(source.kafka_topic, b"k", b"after")])
            found: list[bytes | None] = []
            while b"after" not in found:
                try:
                    poll = await consumer.poll(max_records=10, wait_seconds=0.2)
                except BrokerUnavailable:
                    continue
                for partition in poll.assigned:
                    await consumer.start(partition, position)
                found += [record.value for batch in poll.batches for record in batch.records]
        written = [record.value async for pack in broker.scan(target, None) for record in pack]

    assert position == 1
    assert written == [b"committed", b"after"]


async def test_a_goodbye_that_nobody_answers_leaves_no_task_behind(node: ApacheKafka, unique_name: str) -> None:
    settings = quick_settings(node.bootstrap_servers).model_copy(update={"request_timeout_seconds": 2.0})
    before = asyncio.all_tasks()
    async with KafkaBroker(settings) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1)])
        consumer = await broker.consumer(unique_name, [unique_name])
        while not (poll := await consumer.poll(max_records=10, wait_seconds=0.2)).assigned:
            pass
        await consumer.start(poll.assigned[0], None)
        while not (await consumer.poll(max_records=10, wait_seconds=0.2)).at_end:
            pass

        with _frozen(node):
            async with asyncio.timeout(10):
                await consumer.close()
    left = asyncio.all_tasks() - before
    if left:
        await asyncio.wait(left, timeout=3)  # connections end with their socket

    assert not {task for task in left if not task.done()}


@contextmanager
def _frozen(node: ApacheKafka) -> Iterator[None]:
    assert node.pid is not None
    os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


async def _poll_for_ever(consumer: Consumer) -> None:
    while True:
        await consumer.poll(max_records=10, wait_seconds=0.2)


async def _until_answered(act: Callable[[], Awaitable[int | None]]) -> int | None:
    while True:
        try:
            return await act()
        except BrokerUnavailable:
            continue
