"""Keeps up with the topics that are declared in Kafka."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final

import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Partition, Record
from streams.clock import Clock
from streams.declarations import Declarations
from streams.errors import BrokerUnavailable, StateCorrupted
from streams.settings import KafkaSettings
from streams.until_stopped import until_stopped

SLICE: Final = 50  # records read, or topics built, before everybody else gets a turn: about two milliseconds

log = structlog.get_logger(__name__)

Changed = Callable[[Declarations], Awaitable[None]]


class TopicFollower:
    """Reads the Kafka topic of topics to its end, then follows it; every change is told within seconds.

    A change that comes while the one before is worked in waits and is told together with the next ones.

    Args:
        changed: Told what is declared: first when the topics are complete, then after every change.
    """

    def __init__(self, broker: Broker, kafka: KafkaSettings, clock: Clock, changed: Changed) -> None:
        self._broker = broker
        self._partition = Partition(kafka.topics, 0)
        self._clock = clock
        self._changed = changed
        self._known = asyncio.Event()
        self._failing = False

    @property
    def known(self) -> bool:
        """The topics are complete and were told."""
        return self._known.is_set()

    async def until_known(self) -> None:
        """Return when the topics are complete and were told."""
        await self._known.wait()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; while the broker is away the topics stay as they are."""
        await until_stopped(stop, self._follow(stop), name="topics.follow")

    async def _follow(self, stop: asyncio.Event) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._read_on(backoff)
            except BrokerUnavailable as exc:
                if not self._failing:
                    log.warning("topics.unavailable", reason=str(exc), then="retrying, the topics stay as they are")
                self._failing = True
                await sleep_unless(stop, backoff.next_seconds(), self._clock)

    async def _read_on(self, backoff: Backoff) -> None:
        """From the oldest record each time: what is declared is complete again, whatever happened to the log."""
        declarations, position, told = Declarations(), None, False
        async for records in self._broker.scan(self._partition, None):
            await self._take(declarations, records)
            position = records[-1].offset + 1
        async with aclosing(self._broker.follow(self._partition, position)) as packs:  # type: ignore[type-var]
            if declarations.complete:
                await self._tell(declarations)
                told = True
            async for records in packs:
                changed = await self._take(declarations, records)
                if self._failing:
                    log.info("topics.available")
                self._failing = False
                backoff.reset()
                if declarations.complete and (changed or not told):
                    await self._tell(declarations)
                    told = True

    async def _take(self, declarations: Declarations, records: Sequence[Record]) -> bool:
        changed = False
        for number, record in enumerate(records):
            try:
                changed = declarations.take(record) or changed
            except StateCorrupted as exc:
                log.warning("topics.unreadable", offset=record.offset, reason=str(exc))
            if number % SLICE == SLICE - 1:
                await self._clock.sleep(0)
        return changed

    async def _tell(self, declarations: Declarations) -> None:
        await self._changed(declarations)
        self._known.set()
