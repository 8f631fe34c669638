"""Reads one Kafka topic into the database, each batch in one unit of work together with its position."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from alerting.errors import DatabaseRefused, DatabaseUnavailable, PositionLost, Stale
from alerting.incidents.store import Store, Unit
from alerting.metrics import AlertingMetrics
from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Batch, Broker, Consumer, Partition, Poll, Record
from streams.clock import Clock
from streams.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

FIRST_BACKOFF_SECONDS: Final = 0.5
MAX_BACKOFF_SECONDS: Final = 30.0
REOPEN_AFTER: Final = timedelta(seconds=10)

_POLL_SECONDS: Final = 0.25

Said = Callable[[], None]
"""What is counted and logged once the unit is committed, and not before."""

Take = Callable[[Unit, tuple[Record, ...]], Awaitable[Said]]


class IntakeState(StrEnum):
    """How well the intake gets on."""

    STARTING = "starting"
    FOLLOWING = "following"
    KAFKA_DOWN = "kafka_down"
    DATABASE_DOWN = "database_down"


class Follower:
    """Follows one Kafka topic from the position that stands in the database; Kafka's own commits are not used.

    What Kafka accepted is taken in once: position and effects are one transaction, and where the commit's answer was
    lost the stored position tells whether it counts. While Kafka or the database is down it waits, longer each time
    up to 30 s, says so once, and goes on where it was. A record that the database refuses for good is logged, counted
    and passed over; it stays in Kafka.

    Args:
        name: In logs and metrics.
        take: Turns records into changes within a unit; what it answers is called after the commit.
        before: Runs before the unit of a batch begins, and again where the batch comes again: what has to be in Kafka
            before the position moves on.
        max_records: Of one poll, and so of one unit.
        linger_seconds: Wait after a poll that brought little, so that small units become fewer; 0 for what pages.
    """

    def __init__(
        self,
        name: str,
        *,
        broker: Broker,
        store: Store,
        clock: Clock,
        metrics: AlertingMetrics,
        group: str,
        kafka_topic: str,
        take: Take,
        max_records: int,
        linger_seconds: float = 0.0,
        before: Callable[[tuple[Record, ...]], Awaitable[None]] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._name = name
        self._broker = broker
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._group = group
        self._kafka_topic = kafka_topic
        self._take = take
        self._max_records = max_records
        self._linger_seconds = linger_seconds
        self._before = before
        self._backoff = Backoff(first_seconds=FIRST_BACKOFF_SECONDS, cap_seconds=MAX_BACKOFF_SECONDS, rng=rng)
        self._positions: dict[Partition, int | None] = {}
        self._waiting: set[Partition] = set()
        self._lost: dict[Partition, float] = {}
        self._lag: int | None = None
        self._state = IntakeState.STARTING
        self._show(IntakeState.STARTING)

    @property
    def state(self) -> IntakeState:
        """How well it gets on."""
        return self._state

    @property
    def caught_up(self) -> bool:
        """Everything that Kafka has for this process was taken in at the last poll; False while none is its own."""
        return self._state is IntakeState.FOLLOWING and self._lag == 0

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set; the batch in hand is finished first."""
        while not stop.is_set():
            try:
                consumer = await self._broker.consumer(self._group, [self._kafka_topic])
            except BrokerUnavailable as exc:
                await self._stumble(IntakeState.KAFKA_DOWN, exc, stop)
                continue
            try:
                await self._read(consumer, stop)
            finally:
                await consumer.close()

    async def _read(self, consumer: Consumer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._open(consumer)
                poll = await consumer.poll(max_records=self._max_records, wait_seconds=_POLL_SECONDS)
                self._reassign(poll)
                for batch in poll.batches:
                    await self._take_batch(consumer, batch)
            except BrokerUnavailable as exc:
                await self._stumble(IntakeState.KAFKA_DOWN, exc, stop)
                continue
            except (DatabaseUnavailable, Stale) as exc:
                self._start_anew()
                await self._stumble(IntakeState.DATABASE_DOWN, exc, stop)
                continue
            if not self._waiting:
                self._get_on(consumer)
            if self._linger_seconds and sum(len(batch.records) for batch in poll.batches) < self._max_records:
                await sleep_unless(stop, self._linger_seconds, self._clock)

    def _reassign(self, poll: Poll) -> None:
        for partition in poll.revoked:
            self._positions.pop(partition, None)
            self._waiting.discard(partition)
            self._lost.pop(partition, None)
        self._waiting.update(poll.assigned)

    def _start_anew(self) -> None:
        """Whether the last commit counts is unknown: every partition goes on from what is stored."""
        self._waiting.update(self._positions)
        self._positions.clear()

    async def _open(self, consumer: Consumer) -> None:
        now = self._clock.monotonic()
        for partition in [partition for partition, again in self._lost.items() if again <= now]:
            del self._lost[partition]
            self._waiting.add(partition)
        for partition in sorted(self._waiting):
            async with self._store.begin() as unit:
                position = await unit.position(partition)
            await consumer.start(partition, position)
            self._positions[partition] = position
            self._waiting.discard(partition)

    async def _take_batch(self, consumer: Consumer, batch: Batch) -> None:
        partition = batch.partition
        if partition not in self._positions:
            return
        if self._before is not None:
            try:
                await self._before(batch.records)
            except BrokerUnavailable:
                self._start_anew()  # the batch is not taken in: it has to come again
                raise
        try:
            try:
                await self._take_in(partition, batch.records, self._take)
            except DatabaseRefused:
                for record in batch.records:
                    await self._take_one(partition, record)
        except PositionLost as exc:
            self._drop(consumer, partition, exc)

    async def _take_in(self, partition: Partition, records: tuple[Record, ...], take: Take) -> None:
        following = records[-1].offset + 1
        async with self._store.begin() as unit:
            await unit.advance(partition, self._positions[partition], following)
            said = await take(unit, records)
        self._positions[partition] = following
        said()

    async def _take_one(self, partition: Partition, record: Record) -> None:
        try:
            await self._take_in(partition, (record,), self._take)
        except DatabaseRefused as exc:
            reason = str(exc)

            async def pass_over(_: Unit, __: tuple[Record, ...]) -> Said:
                return lambda: self._say_refused(record, reason)

            await self._take_in(partition, (record,), pass_over)

    def _say_refused(self, record: Record, reason: str) -> None:
        self._metrics.intake_refused.labels(self._name).inc()
        log.error(
            "intake.record_refused",
            stream=self._name,
            partition=str(record.partition),
            offset=record.offset,
            reason=reason,
        )

    def _drop(self, consumer: Consumer, partition: Partition, reason: PositionLost) -> None:
        """Another process moved on: leave it to them, and look again later whether it is still ours by Kafka's word."""
        consumer.pause(partition)
        del self._positions[partition]
        self._lost[partition] = self._clock.monotonic() + REOPEN_AFTER.total_seconds()
        self._metrics.positions_lost.labels(self._name).inc()
        log.warning("intake.position_lost", stream=self._name, partition=str(partition), reason=str(reason))

    def _get_on(self, consumer: Consumer) -> None:
        self._backoff.reset()
        lags = [lag for partition in self._positions if (lag := consumer.lag(partition)) is not None]
        self._lag = sum(lags) if lags else None
        self._metrics.intake_lag.labels(self._name).set(self._lag or 0)
        if self._state is not IntakeState.FOLLOWING:
            log.info("intake.following", stream=self._name, after=self._state.value, partitions=len(self._positions))
            self._show(IntakeState.FOLLOWING)

    async def _stumble(self, state: IntakeState, reason: Exception, stop: asyncio.Event) -> None:
        if self._state is not state:
            log.warning("intake.waiting", stream=self._name, state=state.value, reason=str(reason))
            self._show(state)
        await sleep_unless(stop, self._backoff.next_seconds(), self._clock)

    def _show(self, state: IntakeState) -> None:
        self._state = state
        for known in IntakeState:
            self._metrics.intake_state.labels(self._name, known.value).set(known is state)
