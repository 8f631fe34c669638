"""The stream roles on a real broker, from mentions to window counts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from alerting.reply_reading import read_replies
from streams import codec
from streams.app import connected, detect_role, score_role
from streams.broker.base import Broker, Outgoing, Partition, Record
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Tally
from streams.kafka_topics import check, specs
from streams.mention import Author
from streams.metrics import StreamMetrics
from streams.produce import load_history, produce
from streams.readiness import Readiness
from streams.role import Role
from streams.settings import StreamSettings
from tests.fakes import refund_crisis
from tests.fakes.declared import declared
from tests.fakes.recorded_source import RecordedSource
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

CLOCK = SystemClock()
MENTIONS = refund_crisis.mentions()
ANSWER = msgspec.structs.replace(
    MENTIONS[-1],
    id="answer",
    text="We are sorry and on it",
    author=Author(id="acme", is_brand_reply=True),
    parent_id=MENTIONS[0].id,
)


def settings_for(kafka: KafkaUnderTest, name: str) -> StreamSettings:
    return refund_crisis.settings(
        kafka.settings.model_copy(
            update={"mentions": f"{name}.mentions", "contacts": f"{name}.contacts", "prefix": name, "partitions": 2}
        )
    )


async def read(broker: Broker, kafka_topic: str, *, partitions: int = 2) -> list[Record]:
    """Everything that is committed, partition after partition."""
    return [
        record
        for number in range(partitions)
        async for records in broker.scan(Partition(kafka_topic, number), None)
        for record in records
    ]


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():
            await CLOCK.sleep(0.05)


@asynccontextmanager
async def running(role: Role) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(stop), name=role.name)
        async with asyncio.timeout(60):
            assert await role.until_ready() is Readiness.READY
        yield
        stop.set()


async def test_mentions_go_through_both_roles(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    matched = {m.key for m in MENTIONS if "refund" in m.text or "delivery" in m.text}

    async with connected(KafkaBroker(settings.kafka), CLOCK, asyncio.Event()) as broker:
        await broker.create_topics(specs(settings))
        await broker.send(declared(settings))
        score = score_role(settings, broker, CLOCK, metrics)
        detect = detect_role(settings, broker, CLOCK, metrics)
        async with running(score), running(detect):
            said = [*MENTIONS, ANSWER]
            done = await produce(RecordedSource(said), broker, settings, CLOCK, rate=2000)
            await until(lambda: registry.get_sample_value("tocsin_mentions_matched_total") == len(matched))
            await until(
                lambda: (
                    registry.get_sample_value("tocsin_partials_read_total")
                    == registry.get_sample_value("tocsin_partials_written_total")
                )
            )
        reports = await read(broker, settings.kafka.feeds, partitions=1)
        replies, unreadable = read_replies(await read(broker, settings.kafka.replies))

    last = codec.decode_feed_report(reports[-1].value)
    assert {feed.name for feed in last.feeds} == {"x", *(f"{settings.kafka.mentions}-{number}" for number in range(2))}
    assert done.sent == len(said)
    assert registry.get_sample_value("tocsin_mentions_read_total") == len(said)
    told = [(reply.mention, reply.answers, reply.at, reply.text) for reply in replies]
    assert told == [(ANSWER.key, (MENTIONS[0].key,), ANSWER.published_at, ANSWER.text)]
    assert unreadable == []


@pytest.mark.apache
async def test_init_makes_what_check_wants(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)

    async with KafkaBroker(settings.kafka) as broker:
        missing = await check(broker, settings)
        await broker.create_topics(specs(settings))
        await broker.send(declared(settings))
        await produce(RecordedSource(MENTIONS[:50]), broker, settings, CLOCK)
        sound = await check(broker, settings)
        await broker.send([Outgoing(settings.kafka.mentions, b"other", codec.encode_mention(MENTIONS[0]), partition=0)])
        foreign = await check(broker, settings)

    assert len(missing) == len(specs(settings))
    assert sound == ()
    assert len(foreign) == 1


async def test_history_is_read_before_the_present(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)
    registry = CollectorRegistry()
    past = [
        PartialCount(
            topic="refunds", revision=1, second=1_767_600_000 + 60 * minute, tally=Tally(mentions=1, neutral=1)
        )
        for minute in range(600)
    ]

    async with KafkaBroker(settings.kafka) as broker:
        await broker.create_topics(specs(settings))
        await broker.send(declared(settings))
        await load_history(past, broker, settings)
        async with running(detect_role(settings, broker, CLOCK, StreamMetrics(registry))):
            await until(lambda: registry.get_sample_value("tocsin_partials_read_total") == len(past))
            windows = [codec.decode_window(record.value) for record in await read(broker, settings.kafka.windows)]

    assert windows
    assert all(window.history for window in windows)
