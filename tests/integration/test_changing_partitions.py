"""The number of partitions changes, as docs/howto/scale.md says, on a Kafka with work in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import detect_role, score_role
from streams.broker.base import Broker, Outgoing, Partition
from streams.broker.kafka import KafkaBroker
from streams.broker.partitioner import partition_for
from streams.clock import SystemClock
from streams.errors import TopicsMismatch
from streams.kafka_topics import check, create
from streams.mention import Mention
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.settings import KafkaSettings, StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.declared import declared
from tests.fakes.trial import summed
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(180)]

CLOCK: Final = SystemClock()
BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)
BEFORE: Final = range(200)
AFTER: Final = range(200, 300)
FEW: Final = 2
MANY: Final = 4


def settings_for(kafka: KafkaSettings, *, prefix: str, partitions: int) -> StreamSettings:
    return StreamSettings(
        kafka=kafka.model_copy(update={"prefix": prefix, "partitions": partitions}),
        topics=(TopicSettings(id="lamps", name="Lamps", query="lamp"),),
    )


def said(kafka: KafkaSettings, numbers: Sequence[int]) -> list[Outgoing]:
    """One a second, keyed as mentions are."""
    mentions = [
        Mention(id=str(number), platform="x", published_at=at, ingested_at=at, text="a lamp")
        for number in numbers
        for at in [BEGIN + timedelta(seconds=number)]
    ]
    return [Outgoing(kafka.mentions, one.key.encode(), codec.encode_mention(one)) for one in mentions]


@asynccontextmanager
async def roles(settings: StreamSettings, broker: Broker) -> AsyncIterator[CollectorRegistry]:
    """Score and detect, stopped in order when the block ends."""
    stop, registry = asyncio.Event(), CollectorRegistry()
    metrics = StreamMetrics(registry)
    made = [make(settings, broker, CLOCK, metrics) for make in (score_role, detect_role)]
    async with asyncio.TaskGroup() as tasks:
        for role in made:
            tasks.create_task(role.run(stop), name=role.name)
        for role in made:
            assert await role.until_ready() is Readiness.READY
        yield registry
        stop.set()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await reached():
            await CLOCK.sleep(0.1)


async def drained(registry: CollectorRegistry, read: int) -> None:
    """Score has read so much and detect has folded what came of it, but for watermarks that are always on their way."""

    async def is_drained() -> bool:
        lags = [
            sample.value
            for family in registry.collect()
            if family.name == "tocsin_lag_records"
            for sample in family.samples
        ]
        return registry.get_sample_value("tocsin_mentions_read_total") == read and max(lags, default=99) <= 5

    await until(is_drained)


async def counted(broker: Broker, kafka: KafkaSettings) -> dict[int, int]:
    """Mentions of lamps by seconds since the beginning."""
    records = [
        record
        for number in range(kafka.partitions)
        async for pack in broker.scan(Partition(kafka.partials, number), None)
        for record in pack
    ]
    begin = int(BEGIN.timestamp())
    return {second - begin: tally.mentions for (_, second), tally in summed(records).items()}


async def windows(broker: Broker, kafka: KafkaSettings) -> dict[int, int]:
    """Mentions in the newest count of each minute, by its number since the beginning."""
    newest: dict[int, int] = {}
    for number in range(kafka.partitions):
        async for pack in broker.scan(Partition(kafka.windows, number), None):
            for record in pack:
                window = codec.decode_window(record.value)
                newest[(window.start - int(BEGIN.timestamp())) // 60] = window.tally.mentions
    return newest


async def raise_partitions(kafka: KafkaSettings, name: str, number: int) -> None:
    """`kafka-topics.sh --alter --topic NAME --partitions NUMBER`."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_partitions({name: NewPartitions(number)})
    finally:
        await admin.close()


async def move_to_the_end(kafka: KafkaSettings, group: str, partitions: int) -> None:
    """`kafka-consumer-groups.sh --group GROUP --topic MENTIONS --reset-offsets --to-latest --execute`."""
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        sources = [TopicPartition(kafka.mentions, number) for number in range(partitions)]
        consumer.assign(sources)
        await consumer.commit(await consumer.end_offsets(sources))
    finally:
        await consumer.stop()


def kafka_of(node: ApacheKafka, name: str) -> KafkaSettings:
    return quick_settings(node.bootstrap_servers).model_copy(update={"mentions": f"{name}.mentions"})


async def test_mentions_get_more_partitions_and_everything_goes_on(apache_kafka: ApacheKafka, unique_name: str) -> None:
    settings = settings_for(kafka_of(apache_kafka, unique_name), prefix=unique_name, partitions=FEW)
    kafka = settings.kafka
    keys = {number: f"x:{number}".encode() for number in BEFORE}
    moved = {number for number, key in keys.items() if partition_for(key, FEW) != partition_for(key, MANY)}

    async with KafkaBroker(kafka) as broker:
        await create(broker, settings)
        await broker.send(declared(settings))
        async with roles(settings, broker) as registry:
            await broker.send(said(kafka, BEFORE))
            await drained(registry, len(BEFORE))
        await raise_partitions(kafka, kafka.mentions, MANY)
        with pytest.raises(TopicsMismatch, match=rf"{kafka.mentions} has {MANY}, {kafka.score_state} has {FEW}"):
            await score_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry())).run(asyncio.Event())
        await raise_partitions(kafka, kafka.score_state, MANY)
    async with KafkaBroker(kafka) as broker:  # started anew, as the writers: who runs on deals out by the old number
        problems = await check(broker, settings)
        async with roles(settings, broker) as registry:
            await broker.send([*said(kafka, AFTER), *said(kafka, BEFORE)])
            await drained(registry, len(AFTER) + len(BEFORE))
            # Ten minutes later in every partition: what was open is closed.
            await broker.send([_in_partition(said(kafka, [900])[0], number) for number in range(MANY)])

            async def is_closed() -> bool:
                return sum((await windows(broker, kafka)).values()) >= len(BEFORE) + len(AFTER) + len(moved)

            await until(is_closed)
        found = await counted(broker, kafka)
        told = await windows(broker, kafka)

    assert problems == ()
    assert 0 < len(moved) < len(BEFORE)
    assert {second: number for second, number in found.items() if second < 900} == {
        **{number: 2 if number in moved else 1 for number in BEFORE},  # a key that moved left its memory behind
        **dict.fromkeys(AFTER, 1),
    }
    assert sum(told.values()) == len(BEFORE) + len(AFTER) + len(moved)


def _in_partition(record: Outgoing, number: int) -> Outgoing:
    return Outgoing(record.kafka_topic, record.key, record.value, partition=number)


async def test_partials_get_more_partitions_under_another_prefix_and_what_was_counted_stays_counted(
    apache_kafka: ApacheKafka, unique_name: str
) -> None:
    kafka = kafka_of(apache_kafka, unique_name)
    old = settings_for(kafka, prefix=f"{unique_name}.old", partitions=FEW)
    new = settings_for(kafka, prefix=f"{unique_name}.new", partitions=MANY)

    async with KafkaBroker(kafka) as broker:
        await create(broker, old)
        await broker.send(declared(old))
        async with roles(old, broker) as registry:
            await broker.send(said(kafka, BEFORE))
            await drained(registry, len(BEFORE))
        made = await create(broker, new)
        await broker.send(declared(new))
        await move_to_the_end(kafka, f"{new.kafka.prefix}-score", FEW)
        problems = await check(broker, new)
        async with roles(new, broker) as registry:
            await broker.send([*said(kafka, AFTER), *said(kafka, BEFORE)])
            await drained(registry, len(AFTER) + len(BEFORE))
            rebuilt = registry.get_sample_value("tocsin_state_rebuilds_total", {"group": f"{new.kafka.prefix}-score"})
        found = await counted(broker, new.kafka)

    assert made[kafka.mentions] is False
    assert problems == ()
    assert rebuilt == FEW  # each partition's memory, out of the mentions themselves: what comes again is recognised
    assert found == dict.fromkeys(AFTER, 1)
