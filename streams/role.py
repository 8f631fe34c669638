"""A stream role: finds its Kafka topics, then runs its worker."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, TopicDescription
from streams.clock import Clock
from streams.errors import BrokerUnavailable, TopicsMismatch, first_error
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.topic_follower import TopicFollower
from streams.worker import Worker

Shapes = Mapping[str, TopicDescription]

log = structlog.get_logger(__name__)

_MISSING: Final = "the Kafka topic {name} does not exist; `tocsin kafka init` creates it"


class Role:
    """One role in this process, from looking for Kafka to its orderly stop.

    Args:
        name: The consumer group.
        needs: Kafka topics without which it refuses to start.
        same_partitions: Kafka topics that have to have the same number of partitions.
        build: Makes the worker when the Kafka topics are found.
        topics: Followed beside the worker, which does not begin before what is tracked is known.
    """

    def __init__(
        self,
        name: str,
        *,
        broker: Broker,
        clock: Clock,
        metrics: StreamMetrics,
        needs: tuple[str, ...],
        same_partitions: tuple[str, ...] = (),
        build: Callable[[Shapes], Worker],
        topics: TopicFollower | None = None,
    ) -> None:
        self.name = name
        self._broker = broker
        self._clock = clock
        self._metrics = metrics
        self._needs = needs
        self._same_partitions = same_partitions
        self._build = build
        self._topics = topics
        self._worker: Worker | None = None
        self._before_worker = Readiness.STARTING
        self._built = asyncio.Event()

    @property
    def readiness(self) -> Readiness:
        """Where the role stands right now; its value is the reason in words."""
        return self._before_worker if self._worker is None else self._worker.readiness

    async def until_ready(self) -> Readiness:
        """Return once the role is ready, or will never be because it stopped; the answer says which."""
        await self._built.wait()
        if self._worker is not None:
            await self._worker.until_ready()
        return self.readiness

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then stop in order.

        Raises:
            TopicsMismatch: Kafka topics are missing or do not fit each other.
            StateCorrupted: Stored state cannot be read; nothing was committed on top of it.
            TooManyDeadLetters: The input is not what it should be.
            RecordTooLarge: Kafka refuses what has to be written, and would again; nothing of it was committed.
        """
        self._metrics.show_readiness(self.name, self.readiness)
        try:
            shapes = await self._shapes(stop)
            if shapes is None:
                return
            await self._work(shapes, stop)
        except BaseExceptionGroup as errors:
            raise first_error(errors) from errors
        finally:
            self._before_worker = Readiness.STOPPED
            self._built.set()
            self._metrics.show_readiness(self.name, Readiness.STOPPED)

    async def _work(self, shapes: Shapes, stop: asyncio.Event) -> None:
        if self._topics is None:
            await self._run_worker(shapes, stop)
            return
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._topics.run(over), name=f"{self.name} topics")
            try:
                if await self._topics_known(self._topics, stop):
                    await self._run_worker(shapes, stop)
            finally:
                over.set()

    async def _run_worker(self, shapes: Shapes, stop: asyncio.Event) -> None:
        self._worker = self._build(shapes)
        self._built.set()
        await self._worker.run(stop)

    async def _topics_known(self, topics: TopicFollower, stop: asyncio.Event) -> bool:
        """Wait until the topics are complete: what is counted before would be counted for none. False if stopped."""
        self._before_worker = Readiness.NO_TOPICS
        self._metrics.show_readiness(self.name, self.readiness)
        async with asyncio.TaskGroup() as group:
            waits = [
                group.create_task(topics.until_known(), name=f"{self.name} topics known"),
                group.create_task(stop.wait(), name=f"{self.name} stop"),
            ]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        return topics.known and not stop.is_set()

    async def _shapes(self, stop: asyncio.Event) -> Shapes | None:
        backoff = Backoff()
        while not stop.is_set():
            try:
                shapes = await self._broker.describe_topics(self._needs)
            except BrokerUnavailable as exc:
                if self._before_worker is not Readiness.UNAVAILABLE:
                    log.warning("broker.unavailable", group=self.name, reason=str(exc), then="retrying")
                self._before_worker = Readiness.UNAVAILABLE
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
                continue
            self._refuse_mismatch(shapes)
            return shapes
        return None

    def _refuse_mismatch(self, shapes: Shapes) -> None:
        problems = [_MISSING.format(name=name) for name in self._needs if name not in shapes]
        counted = {name: shapes[name].partitions for name in self._same_partitions if name in shapes}
        if len(set(counted.values())) > 1:
            told = ", ".join(f"{name} has {count}" for name, count in counted.items())
            problems.append(f"these Kafka topics need the same number of partitions: {told}")
        if problems:
            raise TopicsMismatch(tuple(problems))
