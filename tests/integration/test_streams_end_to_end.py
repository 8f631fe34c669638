"""The stream roles on a real broker, killed without a warning and started again."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import connected, detect_role, score_role
from streams.broker.base import Broker, Outgoing, Partition, Record
from streams.broker.kafka import KafkaBroker
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.events import PartialCount, Tally
from streams.kafka_topics import check, specs
from streams.metrics import StreamMetrics
from streams.produce import load_history, produce
from streams.readiness import Readiness
from streams.role import Role
from streams.settings import StreamSettings
from tests.fakes import refund_crisis
from tests.fakes.recorded_source import RecordedSource
from tests.kafka.selection import KafkaUnderTest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

CLOCK = SystemClock()
MENTIONS = refund_crisis.mentions()
ROOT = Path(__file__).parents[2]
KILLS = 3


def settings_for(kafka: KafkaUnderTest, name: str) -> StreamSettings:
    return refund_crisis.settings(
        kafka.settings.model_copy(update={"mentions": f"{name}.mentions", "prefix": name, "partitions": 2})
    )


async def read(broker: Broker, kafka_topic: str) -> list[Record]:
    """Everything that is committed, partition after partition."""
    return [
        record
        for number in range(2)
        async for records in broker.scan(Partition(kafka_topic, number), None)
        for record in records
    ]


async def tallies(broker: Broker, kafka_topic: str) -> dict[tuple[str, int], Tally]:
    sums: dict[tuple[str, int], Tally] = {}
    for record in await read(broker, kafka_topic):
        value = codec.decode_of_partials(record.value)
        if isinstance(value, PartialCount):
            place = value.topic, value.second
            sums[place] = sums.get(place, Tally()) + value.tally
    return sums


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


async def kill_in_the_middle(
    role: str, settings: StreamSettings, output: str, broker: Broker, *, linger_seconds: float
) -> None:
    """Run the role in a process of its own and kill it after it has written something."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.role_process", role, stdin=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdin is not None
        process.stdin.write(settings.model_dump_json().encode())
        process.stdin.close()
        async with asyncio.timeout(60):
            # Not before the process is born: what the killed one left open is ended by the takeover of this one.
            before = len(await read(broker, output))
            while len(await read(broker, output)) <= before:
                assert process.returncode is None
        await CLOCK.sleep(linger_seconds)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def kill_again_and_again(
    role: str, settings: StreamSettings, output: str, broker: Broker, feed: asyncio.Semaphore
) -> None:
    rng = random.Random(role)  # noqa: S311  # moments of chance
    for _ in range(KILLS):
        feed.release()
        await kill_in_the_middle(role, settings, output, broker, linger_seconds=rng.random() / 2)
    feed.release()


async def feed_in_parts(broker: Broker, records: Sequence[Outgoing], feed: asyncio.Semaphore) -> None:
    """Send a part of the records slowly for each process that runs, and the rest at the end.

    A semaphore, because kills may come faster than a part is sent: every one of them still has its part.
    """
    part = len(records) // (KILLS + 1)
    for index in range(KILLS + 1):
        await feed.acquire()
        begin = index * part
        end = begin + part if index < KILLS else len(records)
        for start in range(begin, end, 25):
            await broker.send(records[start : min(start + 25, end)])
            await CLOCK.sleep(0.02)


async def expected_of_detect(settings: StreamSettings, partials: Sequence[Outgoing]) -> MemoryBroker:
    """What an uninterrupted detect role writes, in memory."""
    broker = MemoryBroker(MemoryCluster())
    await broker.create_topics(specs(settings))
    broker.cluster.append(partials)
    registry = CollectorRegistry()
    role = detect_role(settings, broker, CLOCK, StreamMetrics(registry))
    count = refund_crisis.counts(partials)
    async with running(role):
        await until(lambda: registry.get_sample_value("tocsin_partials_read_total") == count)
    return broker


@pytest.mark.apache
async def test_a_detect_killed_again_and_again_writes_every_detection_and_window_once(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    settings = settings_for(kafka, unique_name)
    partials = refund_crisis.partials(settings, MENTIONS)
    expected = await expected_of_detect(settings, partials)
    windows, detections = settings.kafka.windows, settings.kafka.detections
    feed = asyncio.Semaphore(0)

    async with KafkaBroker(settings.kafka) as broker, asyncio.TaskGroup() as tasks:
        await broker.create_topics(specs(settings))
        feeding = tasks.create_task(feed_in_parts(broker, partials, feed), name="feed")
        await kill_again_and_again("detect", settings, windows, broker, feed)
        async with running(detect_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry()))):
            wanted = len(await read(expected, windows))
            async with asyncio.timeout(60):
                await feeding
                while len(await read(broker, windows)) < wanted:
                    await CLOCK.sleep(0.2)

        assert [r.value for r in await read(broker, detections)] == [r.value for r in await read(expected, detections)]
        assert [r.value for r in await read(broker, windows)] == [r.value for r in await read(expected, windows)]
        assert len(await read(expected, detections)) > 0


@pytest.mark.apache
async def test_a_score_killed_again_and_again_counts_every_mention_once(
    kafka: KafkaUnderTest, unique_name: str
) -> None:
    settings = settings_for(kafka, unique_name)
    expected: dict[tuple[str, int], Tally] = {}
    for record in refund_crisis.partials(settings, MENTIONS):
        value = codec.decode_of_partials(record.value)
        if isinstance(value, PartialCount):
            place = value.topic, value.second
            expected[place] = expected.get(place, Tally()) + value.tally
    mentions = sum(tally.mentions for tally in expected.values())
    feed = asyncio.Semaphore(0)

    async with KafkaBroker(settings.kafka) as broker, asyncio.TaskGroup() as tasks:
        await broker.create_topics(specs(settings))
        records = refund_crisis.outgoing(settings.kafka, MENTIONS)
        feeding = tasks.create_task(feed_in_parts(broker, records, feed), name="feed")
        await kill_again_and_again("score", settings, settings.kafka.partials, broker, feed)
        async with running(score_role(settings, broker, CLOCK, StreamMetrics(CollectorRegistry()))):
            async with asyncio.timeout(60):
                await feeding
                while sum(t.mentions for t in (await tallies(broker, settings.kafka.partials)).values()) < mentions:
                    await CLOCK.sleep(0.2)

        assert await tallies(broker, settings.kafka.partials) == expected
        assert len(await read(broker, settings.kafka.dead_letters)) == 1


async def test_mentions_go_through_both_roles(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    matched = {m.key for m in MENTIONS if "refund" in m.text or "delivery" in m.text}

    async with connected(KafkaBroker(settings.kafka), CLOCK, asyncio.Event()) as broker:
        await broker.create_topics(specs(settings))
        score = score_role(settings, broker, CLOCK, metrics)
        detect = detect_role(settings, broker, CLOCK, metrics)
        async with running(score), running(detect):
            done = await produce(RecordedSource(MENTIONS), broker, settings, CLOCK, rate=2000)
            await until(lambda: registry.get_sample_value("tocsin_mentions_matched_total") == len(matched))
            await until(
                lambda: (
                    registry.get_sample_value("tocsin_partials_read_total")
                    == registry.get_sample_value("tocsin_partials_written_total")
                )
            )

    assert done.sent == len(MENTIONS)
    assert registry.get_sample_value("tocsin_mentions_read_total") == len(MENTIONS)


@pytest.mark.apache
async def test_init_makes_what_check_wants(kafka: KafkaUnderTest, unique_name: str) -> None:
    settings = settings_for(kafka, unique_name)

    async with KafkaBroker(settings.kafka) as broker:
        missing = await check(broker, settings)
        await broker.create_topics(specs(settings))
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
        await load_history(past, broker, settings)
        async with running(detect_role(settings, broker, CLOCK, StreamMetrics(registry))):
            await until(lambda: registry.get_sample_value("tocsin_partials_read_total") == len(past))
            windows = [codec.decode_window(record.value) for record in await read(broker, settings.kafka.windows)]

    assert windows
    assert all(window.history for window in windows)
