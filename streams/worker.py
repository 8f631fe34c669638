"""Runs one stage over the partitions that its consumer group gives it."""

import asyncio
from typing import Final

import msgspec
import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Consumer, Partition, Poll
from streams.clock import Clock
from streams.errors import BrokerUnavailable, Fenced, first_error
from streams.folding import Folding
from streams.lane import Lane, StageFactory
from streams.lane_phase import LanePhase
from streams.lanes import Lanes
from streams.metrics import StreamMetrics
from streams.pace import Pace
from streams.readiness import Readiness
from streams.stage_reading import StageReader

_CLOSE_SECONDS: Final = 5.0
_LOOK_EVERY_SECONDS: Final = 1.0
_TAKEOVER_LOOK_SECONDS: Final = 0.05

log = structlog.get_logger(__name__)


class WorkerSettings(msgspec.Struct, frozen=True):
    """How a worker paces itself.

    Attributes:
        flush_seconds: What was read is committed at the latest this long after the last commit, 0 means at once; later
            while a partition is behind, see `Pace`.
        snapshot_seconds: Between two snapshots of a partition.
        max_records: A poll brings at most so many records; fewer where they take longer, see `Folding`.
        max_pending: A partition that has taken in so many, 16 MiB, or what took two seconds, while a commit is under
            way, is paused.
        poll_seconds: The longest wait for records; stopping is noticed this late at worst.
        takeovers: So many partitions are restored at the same time.
        stop_seconds: An orderly stop is over after this long, finished or not.
        fenced_seconds: Fenced and still not told that the partition is with somebody else after this long: the fence
            was a transaction that timed out, so the partition is taken over anew.
        stalled_seconds: A partition that has work and shows no progress for so long is taken over anew; longer than
            Kafka lets a transaction be open.
    """

    flush_seconds: float = 0.0
    snapshot_seconds: float = 60.0
    max_records: int = 500
    max_pending: int = 10_000
    poll_seconds: float = 0.25
    takeovers: int = 4
    stop_seconds: float = 10.0
    fenced_seconds: float = 20.0
    stalled_seconds: float = 120.0


class Worker:
    """One member of a consumer group; a stage per assigned partition, each in a lane of its own.

    What was committed is never done again, what was not is done again by whoever has the partition next. While the
    broker is away nothing is lost: lanes are taken over anew when it is back.

    Only `run` touches the consumer, and only between two polls, so a record can never arrive from a position that a
    lane has left meanwhile.

    Args:
        changelog: Kafka topic with the stage's snapshots; it has as many partitions as the input. None for a stage
            without.
        reader: Reads for the metrics what a stage did.
    """

    def __init__(
        self,
        broker: Broker,
        group: str,
        input_topics: tuple[str, ...],
        stage_factory: StageFactory,
        *,
        changelog: str | None,
        clock: Clock,
        settings: WorkerSettings,
        metrics: StreamMetrics,
        reader: StageReader,
    ) -> None:
        self._broker = broker
        self._group = group
        self._input_topics = input_topics
        self._stage_factory = stage_factory
        self._changelog = changelog
        self._clock = clock
        self._settings = settings
        self._metrics = metrics
        self._reader = reader
        self._lanes: Lanes | None = None
        self._folding = Folding(clock, most_records=settings.max_records)
        self._paused: set[Partition] = set()
        self._failing: set[str] = set()
        self._joined_at: float | None = None
        self._looked_at = clock.monotonic()
        self._stopped = False
        self._ready = asyncio.Event()

    @property
    def readiness(self) -> Readiness:
        """Where the worker stands right now."""
        if self._stopped:
            return Readiness.STOPPED
        if self._failing:
            return Readiness.UNAVAILABLE
        if self._lanes is not None and self._lanes.stalled:
            return Readiness.STALLED
        if self._joined_at is None:
            return Readiness.STARTING
        if self._lanes:
            running = all(lane.phase is LanePhase.RUNNING for lane in self._lanes)
            return Readiness.READY if running else Readiness.RESTORING
        spare = self._clock.monotonic() - self._joined_at >= self._settings.fenced_seconds
        return Readiness.STANDBY if spare else Readiness.WAITING

    async def until_ready(self) -> Readiness:
        """Return once the worker is ready, or will never be because it stopped."""
        await self._ready.wait()
        return self.readiness

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then finish in order: stop reading, flush, snapshot, commit, close.

        Raises:
            StateCorrupted: Stored state cannot be read; nothing was committed on top of it.
            TooManyDeadLetters: The input is not what it should be.
            RecordTooLarge: Kafka refuses what has to be written, and would again; nothing of it was committed.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                consumer = await self._join(stop)
                if consumer is not None:
                    self._lanes = self._new_lanes(tasks)
                    await self._work_until(stop, consumer, self._lanes)
        except BaseExceptionGroup as errors:
            raise first_error(errors) from errors
        finally:
            self._stopped = True
            self._show_readiness()

    async def _join(self, stop: asyncio.Event) -> Consumer | None:
        backoff = Backoff()
        while not stop.is_set():
            try:
                return await self._broker.consumer(self._group, self._input_topics)
            except BrokerUnavailable as exc:
                self._lost_broker("group", exc)
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
        return None

    async def _work_until(self, stop: asyncio.Event, consumer: Consumer, lanes: Lanes) -> None:
        backoff = Backoff()
        try:
            while not stop.is_set():
                try:
                    wait = self._longest_wait(lanes)
                    poll = await consumer.poll(max_records=self._folding.records, wait_seconds=wait)
                    self._found_broker("group")
                    await self._take_in(poll, lanes)
                    await self._steer(consumer, lanes)
                    await self._look_around(consumer, lanes)
                except BrokerUnavailable as exc:
                    self._lost_broker("group", exc)
                    await self._look_around(consumer, lanes)
                    await sleep_unless(stop, backoff.next_seconds(), self._clock)
                    continue
                backoff.reset()
                self._show_readiness()
            await lanes.finish()
        finally:
            await self._close(consumer, lanes)

    def _longest_wait(self, lanes: Lanes) -> float:
        waits = [lane.due_in() for lane in lanes if lane.phase is LanePhase.RUNNING and not lanes.at_work(lane)]
        if any(lane.phase is not LanePhase.RUNNING for lane in lanes):
            waits.append(_TAKEOVER_LOOK_SECONDS)
        return max(0.0, min([self._settings.poll_seconds, *waits]))

    async def _take_in(self, poll: Poll, lanes: Lanes) -> None:
        if self._joined_at is None:
            self._joined_at = self._clock.monotonic()
        for partition in (*poll.revoked, *poll.assigned):
            lanes.drop(partition)
            self._paused.discard(partition)
            self._metrics.forget(self._group, partition)
        if poll.assigned:
            lanes.adopt(poll.assigned)
            self._paused.update(poll.assigned)
        await self._folding.fold(poll.batches, lanes)
        for partition in poll.at_end:
            lane = lanes.get(partition)
            if lane is not None:
                lane.caught_up()

    async def _steer(self, consumer: Consumer, lanes: Lanes) -> None:
        for lane in lanes:
            full = lane.is_full(self._settings.max_pending)
            lane.unread = consumer.lag(lane.partition)
            if lane.phase is LanePhase.TAKING_OVER or (lanes.at_work(lane) and full):
                self._pause(consumer, lane.partition)
            elif lane.phase is LanePhase.RESTORED:
                await self._resume(consumer, lane)
                lane.phase = LanePhase.RUNNING
            elif lane.partition in self._paused and not full:
                await self._resume(consumer, lane)
            if lane.phase is LanePhase.RUNNING and not lanes.at_work(lane) and lane.due_in() <= 0:
                lanes.commit(lane)

    def _pause(self, consumer: Consumer, partition: Partition) -> None:
        if partition not in self._paused:
            self._paused.add(partition)
            consumer.pause(partition)

    async def _resume(self, consumer: Consumer, lane: Lane) -> None:
        lane.passed_over_to = None
        await consumer.start(lane.partition, lane.position)
        self._paused.discard(lane.partition)

    async def _close(self, consumer: Consumer, lanes: Lanes) -> None:
        """Leave the group; on an error or a cancel, give up the writers first so that nothing half-done can follow."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await lanes.abandon()
                await consumer.close()
        except (BrokerUnavailable, Fenced, TimeoutError) as exc:
            log.info("worker.close_failed", group=self._group, reason=str(exc))

    def _new_lanes(self, tasks: asyncio.TaskGroup) -> Lanes:
        return Lanes(
            tasks,
            self._new_lane,
            group=self._group,
            clock=self._clock,
            takeovers=self._settings.takeovers,
            fenced_seconds=self._settings.fenced_seconds,
            stalled_seconds=self._settings.stalled_seconds,
            stop_seconds=self._settings.stop_seconds,
            lost_broker=self._lost_broker,
            found_broker=self._found_broker,
        )

    def _new_lane(self, partition: Partition) -> Lane:
        return Lane(
            partition,
            broker=self._broker,
            group=self._group,
            stage_factory=self._stage_factory,
            changelog=self._changelog,
            clock=self._clock,
            metrics=self._metrics,
            reader=self._reader,
            pace=Pace(flush_seconds=self._settings.flush_seconds, most_records=self._settings.max_pending),
            snapshot_seconds=self._settings.snapshot_seconds,
        )

    def _lost_broker(self, where: str, error: BrokerUnavailable) -> None:
        if not self._failing:
            log.warning("broker.unavailable", group=self._group, reason=str(error), then="retrying, nothing is lost")
        self._failing.add(where)
        self._show_readiness()

    def _is_failing(self, partition: Partition) -> bool:
        return not self._failing.isdisjoint({"group", str(partition)})

    def _found_broker(self, where: str) -> None:
        if where in self._failing:
            self._failing.remove(where)
            if not self._failing:
                log.info("broker.available", group=self._group)

    async def _look_around(self, consumer: Consumer, lanes: Lanes) -> None:
        now = self._clock.monotonic()
        if now - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        self._looked_at = now
        for lane in lanes:
            self._metrics.lag(self._group, lane.partition, consumer.lag(lane.partition))
        stalls = lanes.watch(consumer.lag, excused=self._is_failing)
        self._metrics.stalled(self._group, partitions=len(stalls))
        if max(stalls.values(), default=0) > 1:  # a takeover alone did not help
            await consumer.rejoin()

    def _show_readiness(self) -> None:
        readiness = self.readiness
        self._metrics.show_readiness(self._group, readiness)
        if readiness.is_ready or readiness is Readiness.STOPPED:
            self._ready.set()
        else:
            self._ready.clear()
