"""Records that are too large, too many that are none, and commits that take their time."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
import pytest
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import score_role
from streams.broker.base import Broker, Outgoing, Partition, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.errors import TooManyDeadLetters
from streams.events import Watermark
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.metrics import StreamMetrics
from streams.role import Role
from streams.settings import KafkaSettings, ScoreSettings, StreamSettings
from streams.topic_settings import TopicSettings
from tests.fakes.declared import declared
from tests.fakes.kafka_proxy import Api, Crossing, KafkaProxy, Moment
from tests.fakes.role_nursery import RoleNursery
from tests.fakes.trial import summed
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

pytestmark = [pytest.mark.integration, pytest.mark.apache]

CLOCK: Final = SystemClock()
HUGE_BYTES: Final = 50 * 1024 * 1024
MEBIBYTE: Final = 1024 * 1024


def kafka_for(node: ApacheKafka, name: str) -> KafkaSettings:
    return quick_settings(node.bootstrap_servers).model_copy(
        update={"mentions": f"{name}.mentions", "prefix": name, "partitions": 2}
    )


def settings_of(kafka: KafkaSettings, **score: float) -> StreamSettings:
    return StreamSettings(
        kafka=kafka,
        score=ScoreSettings.model_validate(score),
        topics=(TopicSettings(id="lamps", name="Lamps", query="lamp"),),
    )


def mention(kafka: KafkaSettings, number: int, *, partition: int = 0, at: datetime | None = None) -> Outgoing:
    said = Mention(id=str(number), platform="x", published_at=at or CLOCK.now(), text="a lamp")
    return Outgoing(kafka.mentions, said.key.encode(), codec.encode_mention(said), partition=partition)


async def counted(broker: Broker, kafka: KafkaSettings) -> int:
    records = [
        record
        for number in range(kafka.partitions)
        async for pack in broker.scan(Partition(kafka.partials, number), None)
        for record in pack
    ]
    return sum(tally.mentions for tally in summed(records).values())


async def letters(broker: Broker, kafka: KafkaSettings) -> list[int]:
    """The sizes of all dead letters."""
    return [
        len(record.value or b"")
        for number in range(kafka.partitions)
        async for pack in broker.scan(Partition(kafka.dead_letters, number), None)
        for record in pack
    ]


async def watermarks(broker: Broker, kafka: KafkaSettings) -> list[Watermark]:
    """Those that tell a time."""
    return [
        value
        for number in range(kafka.partitions)
        async for pack in broker.scan(Partition(kafka.partials, number), None)
        for record in pack
        for value in codec.decode_of_partials(record.value)
        if isinstance(value, Watermark) and value.event_ms is not None
    ]


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await reached():
            await CLOCK.sleep(0.1)


@asynccontextmanager
async def running(role: Role) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(stop), name=role.name)
        yield
        stop.set()


async def test_records_of_fifty_megabytes_become_dead_letters_and_memory_stays_flat(
    apache_kafka: ApacheKafka, unique_name: str, tmp_path: Path
) -> None:
    kafka = kafka_for(apache_kafka, unique_name)
    peaks: list[int] = []
    async with KafkaBroker(kafka) as broker, RoleNursery(tmp_path / "roles.log") as nursery:
        allowed = {"max.message.bytes": str(HUGE_BYTES + MEBIBYTE)}
        await broker.create_topics([TopicSpec(kafka.mentions, kafka.partitions, config=allowed)])
        await broker.create_topics(specs(settings_of(kafka)))
        await broker.send(declared(settings_of(kafka)))
        process = psutil.Process(await nursery.bear("score", settings_of(kafka)))

        for number in range(4):
            await broker.send([Outgoing(kafka.mentions, b"x:huge", os.urandom(HUGE_BYTES), partition=0)])
            await broker.send([mention(kafka, number)])

            async def is_counted(wanted: int = number + 1) -> bool:
                peaks.append(process.memory_info().rss)
                return await counted(broker, kafka) == wanted

            await until(is_counted)
        left = process.memory_info().rss
        sizes = await letters(broker, kafka)

    print(f"at most {max(peaks) / MEBIBYTE:.0f} MiB, in the end {left / MEBIBYTE:.0f} MiB")
    assert sizes == [codec.MAX_MENTION_BYTES] * 4
    assert max(peaks) < peaks[0] + 6 * HUGE_BYTES  # it is fetched, joined, decoded: not one after the other kept
    assert left < peaks[0] + 2 * HUGE_BYTES


async def test_a_partition_full_of_garbage_stops_the_role_with_a_reason_and_harms_no_other_partition(
    apache_kafka: ApacheKafka, unique_name: str
) -> None:
    kafka = kafka_for(apache_kafka, unique_name)
    async with KafkaBroker(kafka) as broker:
        await broker.create_topics(specs(settings_of(kafka)))
        await broker.send(declared(settings_of(kafka)))
        await broker.send([mention(kafka, number, partition=1) for number in range(500)])
        await broker.send([Outgoing(kafka.mentions, b"?", b"garbage", partition=0) for _ in range(400)])
        stopping = score_role(settings_of(kafka), broker, CLOCK, StreamMetrics(CollectorRegistry()))

        with pytest.raises(TooManyDeadLetters, match=rf"records of {kafka.mentions}-0 are no mentions.*share of 0.5"):
            async with asyncio.timeout(60):
                await stopping.run(asyncio.Event())
        patient = settings_of(kafka, dead_letter_share=1.0)
        async with running(score_role(patient, broker, CLOCK, StreamMetrics(CollectorRegistry()))):

            async def is_done() -> bool:
                return len(await letters(broker, kafka)) >= 400 and await counted(broker, kafka) >= 500

            await until(is_done)

        assert len(await letters(broker, kafka)) == 400
        assert await counted(broker, kafka) == 500


async def test_while_commits_are_slow_a_partition_takes_in_no_more_and_the_lag_tells(
    apache_kafka: ApacheKafka, unique_name: str
) -> None:
    kafka = kafka_for(apache_kafka, unique_name)
    flowing = asyncio.Event()
    held: list[Crossing] = []

    def watch(crossing: Crossing) -> Awaitable[object] | None:
        if flowing.is_set() or (crossing.api, crossing.moment) != (Api.END_TXN, Moment.ASKED):
            return None
        held.append(crossing)
        return flowing.wait()

    registry = CollectorRegistry()

    def lag() -> float:
        labels = {"group": f"{unique_name}-score", "kafka_topic": kafka.mentions, "partition": "0"}
        return registry.get_sample_value("tocsin_lag_records", labels) or 0.0

    sent, pending, polled = 30_000, 10_000, 1_000
    async with KafkaBroker(kafka) as direct, KafkaProxy(apache_kafka.ports, watch=watch) as proxy:
        await direct.create_topics(specs(settings_of(kafka)))
        await direct.send(declared(settings_of(kafka)))
        through = kafka.model_copy(update={"bootstrap_servers": proxy.address})
        async with KafkaBroker(through) as broker:
            async with running(score_role(settings_of(through), broker, CLOCK, StreamMetrics(registry))):

                async def is_held() -> bool:
                    return bool(held)

                await direct.send([mention(kafka, 0)])
                await until(is_held)
                await direct.send([mention(kafka, number) for number in range(1, sent)])

                async def has_read() -> bool:
                    return lag() >= sent - pending - polled

                await until(has_read)
                await CLOCK.sleep(1.5)  # two looks at the lag later it has still not moved on
                while_held = lag()
                flowing.set()

                async def is_counted() -> bool:
                    return await counted(direct, kafka) >= sent

                await until(is_counted)
            total = await counted(direct, kafka)

    assert while_held >= sent - pending - polled
    assert total == sent


async def test_a_clock_ten_days_ahead_carries_nobodys_time_ahead(apache_kafka: ApacheKafka, unique_name: str) -> None:
    kafka = kafka_for(apache_kafka, unique_name)
    ahead = CLOCK.now() + timedelta(days=10)
    marks: list[Watermark] = []
    async with KafkaBroker(kafka) as broker:
        await broker.create_topics(specs(settings_of(kafka)))
        await broker.send(declared(settings_of(kafka)))
        async with running(score_role(settings_of(kafka), broker, CLOCK, StreamMetrics(CollectorRegistry()))):
            await broker.send([mention(kafka, 1, at=ahead), mention(kafka, 2, partition=1)])

            async def is_told() -> bool:
                marks[:] = await watermarks(broker, kafka)
                return {mark.source for mark in marks} == {f"{kafka.mentions}-0", f"{kafka.mentions}-1"}

            await until(is_told)

    assert max(mark.event_ms or 0 for mark in marks) <= CLOCK.now().timestamp() * 1000
