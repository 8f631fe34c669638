"""The stream roles while Kafka is away."""

import asyncio
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from streams import codec
from streams.app import connected, score_role
from streams.broker.base import Broker, Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount
from streams.kafka_topics import specs
from streams.metrics import StreamMetrics
from streams.produce import produce
from streams.readiness import Readiness
from streams.settings import KafkaSettings
from tests.fakes import refund_crisis
from tests.fakes.declared import declared
from tests.fakes.recorded_source import RecordedSource
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(180)]

CLOCK = SystemClock()
MENTIONS = refund_crisis.mentions()


@pytest.fixture
def node(apache_kafka: ApacheKafka) -> Iterator[ApacheKafka]:
    try:
        yield apache_kafka
    finally:
        if apache_kafka.pid is None:
            apache_kafka.restart()


async def counted(broker: Broker, kafka_topic: str) -> int:
    """Mentions in all partial counts, both topics together."""
    total = 0
    for number in range(2):
        async for records in broker.scan(Partition(kafka_topic, number), None):
            for record in records:
                for value in codec.decode_of_partials(record.value):
                    total += value.tally.mentions if isinstance(value, PartialCount) else 0
    return total


def kafka_for(node: ApacheKafka, name: str) -> KafkaSettings:
    return quick_settings(node.bootstrap_servers).model_copy(
        update={"mentions": f"{name}.mentions", "prefix": name, "partitions": 2}
    )


async def test_a_kafka_that_dies_and_comes_back_costs_no_mention_and_counts_none_twice(
    node: ApacheKafka, unique_name: str
) -> None:
    settings = refund_crisis.settings(kafka_for(node, unique_name))
    said = {m.key: m.text for m in MENTIONS}
    matches = sum(word in text for text in said.values() for word in ("refund", "delivery"))
    stop = asyncio.Event()

    with capture_logs() as logs:
        async with KafkaBroker(settings.kafka) as broker:
            await broker.create_topics(specs(settings))
            await broker.send(declared(settings))
            role = score_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry()))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(role.run(stop), name="score")
                producing = tasks.create_task(
                    produce(RecordedSource(MENTIONS), broker, settings, CLOCK, rate=400), name="produce"
                )
                assert await role.until_ready() is Readiness.READY
                await CLOCK.sleep(1)
                await asyncio.to_thread(node.kill)
                async with asyncio.timeout(60):
                    while role.readiness is not Readiness.UNAVAILABLE:
                        await CLOCK.sleep(0.1)
                await asyncio.to_thread(node.restart)
                async with asyncio.timeout(120):
                    await producing
                    while await counted(broker, settings.kafka.partials) < matches:
                        await CLOCK.sleep(0.2)
                    assert await role.until_ready() is Readiness.READY
                stop.set()
            total = await counted(broker, settings.kafka.partials)

    assert total == matches
    told = [entry for entry in logs if entry["event"] == "broker.unavailable" and entry.get("group") == role.name]
    assert 1 <= len(told) <= 3  # once for each time it went away, not for each attempt


async def test_a_role_waits_for_a_kafka_that_is_not_there_yet(node: ApacheKafka, unique_name: str) -> None:
    settings = refund_crisis.settings(kafka_for(node, unique_name))
    stop = asyncio.Event()
    async with KafkaBroker(settings.kafka) as broker:
        await broker.create_topics(specs(settings))
        await broker.send(declared(settings))
    await asyncio.to_thread(node.stop)
    roles = []

    async def run() -> None:
        async with connected(KafkaBroker(settings.kafka), CLOCK, stop) as broker:
            role = score_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry()))
            roles.append(role)
            await role.run(stop)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run(), name="score")
        await CLOCK.sleep(1)
        assert roles == []
        await asyncio.to_thread(node.restart)
        async with asyncio.timeout(60):
            while not roles:
                await CLOCK.sleep(0.1)
            assert await roles[0].until_ready() is Readiness.READY
        stop.set()
