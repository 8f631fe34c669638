"""A topic that is declared while score roles work on a real Kafka."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

import pytest
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import connected, score_role
from streams.broker.base import Outgoing, Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.definition import Definition
from streams.events import PartialCount
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.topic import Topic
from streams.topic_register import TopicRegister
from tests.fakes import refund_crisis
from tests.fakes.declared import declared
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CLOCK = SystemClock()
LATE = Topic(id="late", name="Late", query="late")


async def test_it_reaches_two_running_score_roles_within_five_seconds(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = refund_crisis.settings(
        kafka.settings.model_copy(update={"mentions": f"{unique_name}.m", "prefix": unique_name, "partitions": 2})
    )
    stop, registries = asyncio.Event(), [CollectorRegistry(), CollectorRegistry()]
    ids = count()

    def matched() -> list[float]:
        return [one.get_sample_value("tocsin_mentions_matched_total") or 0.0 for one in registries]

    async with AsyncExitStack() as brokers, asyncio.timeout(90), asyncio.TaskGroup() as tasks:
        own = await brokers.enter_async_context(connected(KafkaBroker(settings.kafka), CLOCK, stop))
        await own.create_topics(specs(settings))
        await own.send(declared(settings))
        for registry in registries:
            broker = await brokers.enter_async_context(connected(KafkaBroker(settings.kafka), CLOCK, stop))
            role = score_role(settings, broker, CLOCK, StreamMetrics(registry))
            tasks.create_task(role.run(stop), name="score")
            assert await role.until_ready() is Readiness.READY

        async def speak() -> None:
            """One mention of it in each partition."""
            await own.send(
                [
                    Outgoing(settings.kafka.mentions, b"x", codec.encode_mention(mention), partition=number)
                    for number in range(2)
                    for mention in [Mention(id=str(next(ids)), platform="x", published_at=CLOCK.now(), text="so late")]
                ]
            )

        await speak()
        revision = (
            await TopicRegister(own, settings.kafka, CLOCK).put(LATE, by="a test", expected=None)
        ).topic.revision
        began = CLOCK.monotonic()
        while min(matched()) < 1:
            await speak()
            await CLOCK.sleep(0.2)
        seconds = CLOCK.monotonic() - began
        stop.set()

    async with connected(KafkaBroker(settings.kafka), CLOCK, asyncio.Event()) as reading:
        values = [
            value
            for number in range(2)
            async for records in reading.scan(Partition(settings.kafka.partials, number), None)
            for record in records
            for value in codec.decode_of_partials(record.value)
        ]
    of_late = [value for value in values if isinstance(value, Definition | PartialCount) and value.topic == "late"]
    assert seconds <= 5
    assert isinstance(of_late[0], Definition)
    assert {value.revision for value in of_late} == {revision}
