"""Mentions in, detections out, in memory and at any moment crashing."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Self

import pytest
from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import connected, detect_role, score_role
from streams.broker.base import Outgoing, Partition, Record
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.definition import Definition
from streams.errors import BrokerUnavailable, TopicsMismatch
from streams.events import Detection, PartialCount, Phase, Tally, Watermark
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.role import Role
from streams.settings import KafkaSettings
from streams.topic import Topic
from streams.topic_register import TopicRegister
from tests.fakes import refund_crisis
from tests.fakes.clock import START, FakeClock
from tests.fakes.declared import declared

KAFKA = KafkaSettings(partitions=2)
SETTINGS = refund_crisis.settings(KAFKA)
MENTIONS = refund_crisis.mentions()
PARTIALS = refund_crisis.partials(SETTINGS, MENTIONS)


class Shop:
    """A memory cluster with every Kafka topic, and roles on it."""

    def __init__(self, *, topics: bool = True) -> None:
        self.clock = FakeClock()
        self.cluster = MemoryCluster(clock=self.clock)
        for spec in specs(SETTINGS):
            self.cluster.create(spec)
        self.cluster.append(declared(SETTINGS) if topics else [])
        self.registry = CollectorRegistry()
        self.metrics = StreamMetrics(self.registry)

    def score(self) -> Role:
        return score_role(SETTINGS, MemoryBroker(self.cluster), self.clock, self.metrics)

    def detect(self) -> Role:
        return detect_role(SETTINGS, MemoryBroker(self.cluster), self.clock, self.metrics)

    def all(self, kafka_topic: str) -> list[Record]:
        return [
            record
            for number in range(KAFKA.partitions)
            for record in self.cluster.log(Partition(kafka_topic, number)).read(0, 1_000_000)
        ]

    def done(self, role: Role, kafka_topic: str) -> Callable[[], bool]:
        partitions = [Partition(kafka_topic, number) for number in range(KAFKA.partitions)]
        return lambda: all(
            self.cluster.committed(role.name, partition) == self.cluster.log(partition).end for partition in partitions
        )

    async def run(self, role: Role, done: Callable[[], bool]) -> None:
        """Run `role` until `done`, then stop it in order."""
        stop = asyncio.Event()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(role.run(stop), name="role")
            while not done():
                await self.clock.advance(0.1)
            stop.set()
            while not task.done():
                await self.clock.settle()

    async def crash(self, make: Callable[[], Role], rng: random.Random, *, times: int) -> None:
        """Run a role and break off at moments of chance, without any goodbye but the cancel."""
        for _ in range(times):
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(make().run(asyncio.Event()), name="role")
                for _ in range(rng.randrange(2, 12)):
                    await self.clock.advance(0.1)
                for _ in range(rng.randrange(30)):
                    await self.clock.sleep(0)
                task.cancel()

    def detections(self) -> list[Detection]:
        return [codec.decode_detection(record.value) for record in self.all(KAFKA.detections)]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def shop_with_mentions() -> Shop:
    shop = Shop()
    shop.cluster.append(refund_crisis.outgoing(KAFKA, MENTIONS))
    return shop


def shop_with_partials() -> Shop:
    shop = Shop()
    shop.cluster.append(PARTIALS)
    return shop


def counted(values: Iterable[bytes | None]) -> dict[tuple[str, int], Tally]:
    sums: dict[tuple[str, int], Tally] = defaultdict(Tally)
    for value in values:
        for partial in codec.decode_of_partials(value):
            if isinstance(partial, PartialCount):
                sums[partial.topic, partial.second] += partial.tally
    return sums


async def test_a_crisis_in_the_mentions_comes_out_as_one_episode() -> None:
    shop = shop_with_partials()
    detect = shop.detect()

    await shop.run(detect, shop.done(detect, KAFKA.partials))

    opened = [detection for detection in shop.detections() if detection.phase is Phase.OPENED]
    assert [detection.topic for detection in opened] == ["refunds"]
    crisis = START + timedelta(seconds=refund_crisis.CRISIS_AFTER_SECONDS)
    assert crisis < opened[0].at < crisis + timedelta(minutes=10)


async def test_metrics_tell_what_went_through() -> None:
    shop = shop_with_mentions()
    score, detect = shop.score(), shop.detect()
    matched = {mention.key for mention in MENTIONS if "refund" in mention.text or "delivery" in mention.text}
    repeats = sum(mention.key in matched for mention in MENTIONS) - len(matched)

    await shop.run(score, shop.done(score, KAFKA.mentions))
    await shop.run(detect, shop.done(detect, KAFKA.partials))

    assert shop.metric("tocsin_mentions_read_total") == len(MENTIONS) + 1
    assert shop.metric("tocsin_mentions_matched_total") == len(matched)
    assert shop.metric("tocsin_mentions_duplicate_total") == repeats > 0
    assert shop.metric("tocsin_mentions_dead_lettered_total") == len(shop.all(KAFKA.dead_letters)) == 1
    partials = refund_crisis.counts(shop.all(KAFKA.partials))
    assert shop.metric("tocsin_partials_written_total") == shop.metric("tocsin_partials_read_total") == partials
    assert shop.metric("tocsin_windows_written_total") == len(shop.all(KAFKA.windows))
    assert shop.metric("tocsin_stream_ready", group="tocsin-score") == 0


async def test_metrics_do_not_count_again_what_a_restart_replays() -> None:
    shop = shop_with_partials()

    await shop.crash(shop.detect, random.Random(3), times=4)  # noqa: S311  # crash points
    detect = shop.detect()
    await shop.run(detect, shop.done(detect, KAFKA.partials))

    partials = refund_crisis.counts(PARTIALS)
    assert shop.metric("tocsin_partials_read_total") == partials
    assert shop.metric("tocsin_windows_written_total") == len(shop.all(KAFKA.windows))


@pytest.mark.parametrize("seed", range(4))
async def test_crashes_of_score_count_every_mention_once(seed: int) -> None:
    shop = shop_with_mentions()

    await shop.crash(shop.score, random.Random(seed), times=6)  # noqa: S311  # crash points
    score = shop.score()
    await shop.run(score, shop.done(score, KAFKA.mentions))

    assert counted(record.value for record in shop.all(KAFKA.partials)) == counted(record.value for record in PARTIALS)
    assert len(shop.all(KAFKA.dead_letters)) == 1


@pytest.mark.parametrize("seed", range(4))
async def test_crashes_of_detect_change_no_detection_and_no_window(seed: int) -> None:
    quiet, shop = shop_with_partials(), shop_with_partials()
    detect = quiet.detect()
    await quiet.run(detect, quiet.done(detect, KAFKA.partials))

    await shop.crash(shop.detect, random.Random(seed), times=8)  # noqa: S311  # crash points
    detect = shop.detect()
    await shop.run(detect, shop.done(detect, KAFKA.partials))

    assert quiet.detections()
    assert [r.value for r in shop.all(KAFKA.detections)] == [r.value for r in quiet.all(KAFKA.detections)]
    assert [r.value for r in shop.all(KAFKA.windows)] == [r.value for r in quiet.all(KAFKA.windows)]


async def test_a_role_says_when_it_is_ready_and_when_it_is_not_any_more() -> None:
    shop = Shop()
    role, stop = shop.score(), asyncio.Event()
    before = role.readiness

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(stop), name="role")
        assert await role.until_ready() is Readiness.READY
        assert shop.metric("tocsin_stream_ready", group="tocsin-score") == 1
        stop.set()

    assert before is Readiness.STARTING
    assert role.readiness is Readiness.STOPPED
    assert shop.metric("tocsin_stream_ready", group="tocsin-score") == 0


async def test_refuses_to_start_without_its_kafka_topics_and_names_them() -> None:
    clock = FakeClock()
    role = detect_role(SETTINGS, MemoryBroker(MemoryCluster(clock=clock)), clock, StreamMetrics(CollectorRegistry()))

    with pytest.raises(TopicsMismatch) as refused:
        await role.run(asyncio.Event())

    assert len(refused.value.problems) == 7
    assert await role.until_ready() is Readiness.STOPPED


async def test_refuses_a_state_with_other_partitions_than_what_it_belongs_to() -> None:
    clock = FakeClock()
    cluster = MemoryCluster(clock=clock)
    for spec in specs(SETTINGS):
        odd = spec.name == KAFKA.detect_state
        cluster.create(type(spec)(spec.name, 3 if odd else spec.partitions))

    with pytest.raises(TopicsMismatch, match="same number of partitions"):
        await detect_role(SETTINGS, MemoryBroker(cluster), clock, StreamMetrics(CollectorRegistry())).run(
            asyncio.Event()
        )


class LateBroker(MemoryBroker):
    """Refuses the first connections."""

    refusals = 2

    async def __aenter__(self) -> Self:
        if self.refusals:
            self.refusals -= 1
            raise BrokerUnavailable("connection refused")
        return self


async def test_connects_as_soon_as_the_broker_answers() -> None:
    clock, broker = FakeClock(), LateBroker()

    async def connect() -> int:
        async with connected(broker, clock, asyncio.Event()):
            return broker.refusals

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(connect(), name="connect")
        await clock.advance(1)

    assert task.result() == 0


async def test_gives_up_connecting_when_told_to_stop() -> None:
    stop = asyncio.Event()
    stop.set()

    with pytest.raises(BrokerUnavailable):
        async with connected(LateBroker(), FakeClock(), stop):
            pass


async def test_a_topic_declared_while_score_runs_counts_within_five_seconds() -> None:
    shop = Shop()
    register = TopicRegister(MemoryBroker(shop.cluster), KAFKA, shop.clock)
    score, stop = shop.score(), asyncio.Event()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(score.run(stop), name="score")
        while score.readiness is not Readiness.READY:
            await shop.clock.advance(0.1)
        declared_topic = await register.put(Topic("late", "Late", "late"), by="jo", expected=None)
        await shop.clock.advance(4.8)
        shop.cluster.append([mention_now(shop, "so late again")])
        done = shop.done(score, KAFKA.mentions)
        while not done():
            await shop.clock.advance(0.1)
        stop.set()

    values = [value for record in shop.all(KAFKA.partials) for value in codec.decode_of_partials(record.value)]
    late = [value for value in values if not isinstance(value, Watermark) and value.topic == "late"]
    assert [type(value) for value in late] == [Definition, PartialCount]
    assert {value.revision for value in late} == {declared_topic.topic.revision}


async def test_score_waits_for_topics_rather_than_counting_for_none() -> None:
    shop = Shop(topics=False)
    shop.cluster.append([mention_now(shop, "refund please")])
    score, stop = shop.score(), asyncio.Event()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(score.run(stop), name="score")
        await shop.clock.advance(30)
        waiting = score.readiness
        shop.cluster.append(declared(SETTINGS))
        done = shop.done(score, KAFKA.mentions)
        while not done():
            await shop.clock.advance(0.1)
        stop.set()

    assert waiting is Readiness.NO_TOPICS
    assert shop.metric("tocsin_mentions_matched_total") == 1


async def test_a_role_that_waits_for_topics_stops_when_told() -> None:
    score, stop = Shop(topics=False).score(), asyncio.Event()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(score.run(stop), name="score")
        stop.set()

    assert score.readiness is Readiness.STOPPED


def mention_now(shop: Shop, text: str) -> Outgoing:
    mention = Mention(id=text, platform="x", published_at=shop.clock.now(), text=text)
    return Outgoing(KAFKA.mentions, mention.key.encode(), codec.encode_mention(mention))
