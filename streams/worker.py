"""Runs one stage over the partitions that its consumer group gives it."""

import asyncio
from typing import Final

import msgspec
import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Consumer, Partition, Poll
from streams.clock import Clock
from streams.errors import BrokerUnavailable, Fenced
from streams.lane import Lane, LanePhase, StageFactory
from streams.metrics import StreamMetrics
from streams.readiness import Readiness

_CLOSE_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class WorkerSettings(msgspec.Struct, frozen=True):
    """How a worker paces itself.

    Attributes:
        flush_seconds: What was read is committed at the latest this long after the last commit; 0 means at once.
        snapshot_seconds: Between two snapshots of a partition.
        max_records: Read at most so many records before everybody else gets a turn.
        max_pending: A partition that has taken in so many while a commit is under way is paused.
        poll_seconds: The longest wait for records; stopping and taking over are noticed this late at worst.
        takeovers: So many partitions are restored at the same time.
        stop_seconds: An orderly stop is over after this long, finished or not.
        fenced_seconds: Fenced and still not told that the partition is with somebody else after this long: the fence
            was a transaction that timed out, so the partition is taken over anew.
    """

    flush_seconds: float = 0.0
    snapshot_seconds: float = 60.0
    max_records: int = 500
    max_pending: int = 10_000
    poll_seconds: float = 0.25
    takeovers: int = 4
    stop_seconds: float = 10.0
    fenced_seconds: float = 20.0


class Worker:
    """One member of a consumer group; a stage per assigned partition, each in a lane of its own.

    What was committed is never done again, what was not is done again by whoever has the partition next. While the
    broker is away nothing is lost: lanes are taken over anew when it is back.

    Only `run` touches the consumer, and only between two polls, so a record can never arrive from a position that a
    lane has left meanwhile.

    Args:
        changelog: Kafka topic with the stage's snapshots; it has as many partitions as the input. None for a stage
            without.
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
    ) -> None:
        self._broker = broker
        self._group = group
        self._input_topics = input_topics
        self._stage_factory = stage_factory
        self._changelog = changelog
        self._clock = clock
        self._settings = settings
        self._metrics = metrics
        self._lanes: dict[Partition, Lane] = {}
        self._work: dict[Partition, asyncio.Task[None]] = {}
        self._paused: set[Partition] = set()
        self._takeovers = asyncio.Semaphore(settings.takeovers)
        self._failing: set[str] = set()
        self._joined_at: float | None = None
        self._lag_read_at = clock.monotonic()
        self._stopping = self._stopped = False
        self._ready = asyncio.Event()

    @property
    def readiness(self) -> Readiness:
        """Where the worker stands right now."""
        if self._stopped:
            return Readiness.STOPPED
        if self._failing:
            return Readiness.UNAVAILABLE
        if self._joined_at is None:
            return Readiness.STARTING
        if any(lane.phase is not LanePhase.RUNNING for lane in self._lanes.values()):
            return Readiness.RESTORING
        if self._lanes:
            return Readiness.READY
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
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._work_until(stop, tasks)
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors
        finally:
            self._stopped = True
            self._show_readiness()

    async def _work_until(self, stop: asyncio.Event, tasks: asyncio.TaskGroup) -> None:
        consumer = await self._join(stop)
        if consumer is None:
            return
        try:
            backoff = Backoff()
            while not stop.is_set():
                try:
                    poll = await consumer.poll(
                        max_records=self._settings.max_records, wait_seconds=self._longest_wait()
                    )
                except BrokerUnavailable as exc:
                    self._lost_broker("poll", exc)
                    await sleep_unless(stop, backoff.next_seconds(), self._clock)
                    continue
                backoff.reset()
                self._found_broker("poll")
                await self._take_in(poll, tasks)
                await self._steer(consumer, tasks)
                self._read_lag(consumer)
                self._show_readiness()
            await self._finish()
        finally:
            await self._close(consumer)

    async def _join(self, stop: asyncio.Event) -> Consumer | None:
        backoff = Backoff()
        while not stop.is_set():
            try:
                return await self._broker.consumer(self._group, self._input_topics)
            except BrokerUnavailable as exc:
                self._lost_broker("poll", exc)
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
        return None

    def _longest_wait(self) -> float:
        waits = [lane.due_in() for lane in self._lanes.values() if lane.phase is LanePhase.RUNNING and self._idle(lane)]
        return max(0.0, min([self._settings.poll_seconds, *waits]))

    def _idle(self, lane: Lane) -> bool:
        work = self._work.get(lane.partition)
        return work is None or work.done()

    async def _take_in(self, poll: Poll, tasks: asyncio.TaskGroup) -> None:
        if self._joined_at is None:
            self._joined_at = self._clock.monotonic()
        for partition in poll.revoked:
            self._drop(partition, tasks)
        for partition in poll.assigned:
            self._drop(partition, tasks)
            self._adopt(partition, tasks)
        for batch in poll.batches:
            lane = self._lanes.get(batch.partition)
            if lane is not None:
                lane.fold(batch.records, self._clock.now())
                await self._clock.sleep(0)
        for partition in poll.at_end:
            lane = self._lanes.get(partition)
            if lane is not None:
                lane.caught_up()

    async def _steer(self, consumer: Consumer, tasks: asyncio.TaskGroup) -> None:
        for partition, lane in self._lanes.items():
            idle = self._idle(lane)
            if lane.phase is LanePhase.TAKING_OVER:
                self._pause(consumer, partition)
            elif lane.phase is LanePhase.RESTORED:
                self._paused.discard(partition)
                lane.phase = LanePhase.RUNNING
                await consumer.start(partition, lane.position)
            elif idle and lane.due_in() <= 0:
                self._work[partition] = tasks.create_task(self._commit(lane), name=f"commit {partition}")
            elif not idle and lane.pending >= self._settings.max_pending:
                self._pause(consumer, partition)
            elif partition in self._paused and lane.pending < self._settings.max_pending:
                self._paused.discard(partition)
                await consumer.start(partition, lane.position)

    def _pause(self, consumer: Consumer, partition: Partition) -> None:
        if partition not in self._paused:
            self._paused.add(partition)
            consumer.pause(partition)

    def _adopt(self, partition: Partition, tasks: asyncio.TaskGroup) -> None:
        lane = Lane(
            partition,
            broker=self._broker,
            group=self._group,
            stage_factory=self._stage_factory,
            changelog=self._changelog,
            clock=self._clock,
            metrics=self._metrics,
            flush_seconds=self._settings.flush_seconds,
            snapshot_seconds=self._settings.snapshot_seconds,
        )
        log.info("partition.assigned", group=self._group, partition=str(partition))
        self._lanes[partition] = lane
        self._paused.add(partition)
        before = self._work.get(partition)
        self._work[partition] = tasks.create_task(self._take_over(lane, after=before), name=f"take over {partition}")

    def _drop(self, partition: Partition, tasks: asyncio.TaskGroup) -> None:
        lane = self._lanes.pop(partition, None)
        if lane is None:
            return
        log.info("partition.revoked", group=self._group, partition=str(partition))
        self._metrics.forget(self._group, partition)
        self._paused.discard(partition)
        self._found_broker(str(partition))
        work = self._work.get(partition)
        if work is not None:
            work.cancel()
        self._work[partition] = tasks.create_task(self._release(lane, after=work), name=f"release {partition}")

    async def _take_over(self, lane: Lane, *, after: asyncio.Task[None] | None = None, wait: float = 0.0) -> None:
        if after is not None:
            await asyncio.wait({after})
        backoff = Backoff()
        while True:
            await self._clock.sleep(wait)
            try:
                async with self._takeovers:
                    await lane.take_over()
            except BrokerUnavailable as exc:
                self._lost_broker(str(lane.partition), exc)
                wait = backoff.next_seconds()
            except Fenced as exc:
                self._fenced(lane, exc)
                wait = self._settings.fenced_seconds
            else:
                self._found_broker(str(lane.partition))
                log.info("partition.restored", group=self._group, partition=str(lane.partition), offset=lane.position)
                return

    async def _commit(self, lane: Lane) -> None:
        try:
            await lane.commit_due()
        except BrokerUnavailable as exc:
            lane.phase = LanePhase.TAKING_OVER
            if not self._stopping:
                self._lost_broker(str(lane.partition), exc)
                await self._take_over(lane, wait=Backoff().next_seconds())
        except Fenced as exc:
            lane.phase = LanePhase.TAKING_OVER
            if not self._stopping:
                self._fenced(lane, exc)
                await self._take_over(lane, wait=self._settings.fenced_seconds)

    async def _release(self, lane: Lane, *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait({after})
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await lane.release()
        except (BrokerUnavailable, Fenced, TimeoutError) as exc:
            log.info("partition.release_failed", partition=str(lane.partition), reason=str(exc))

    async def _finish(self) -> None:
        """Flush, snapshot and commit every lane, all under one deadline."""
        self._stopping = True
        async with asyncio.TaskGroup() as tasks:
            finishing = [
                tasks.create_task(self._finish_lane(lane), name=f"finish {lane.partition}")
                for lane in self._lanes.values()
            ]
            deadline = tasks.create_task(self._cut(finishing), name="stop deadline")
            if finishing:
                await asyncio.wait(finishing)
            deadline.cancel()
        self._lanes.clear()

    async def _cut(self, finishing: list[asyncio.Task[None]]) -> None:
        await self._clock.sleep(self._settings.stop_seconds)
        unfinished = [task for task in finishing if not task.done()]
        log.warning("worker.stop_deadline", group=self._group, unfinished=len(unfinished))
        for task in unfinished:
            task.cancel()

    async def _finish_lane(self, lane: Lane) -> None:
        work = self._work.get(lane.partition)
        if work is not None:
            if lane.phase is not LanePhase.RUNNING:
                work.cancel()
            await asyncio.wait({work})
        try:
            await lane.finish()
        except (BrokerUnavailable, Fenced) as exc:
            log.warning("partition.not_committed", partition=str(lane.partition), reason=str(exc))

    async def _close(self, consumer: Consumer) -> None:
        """Leave the group; on an error or a cancel, give up the writers first so that nothing half-done can follow."""
        for work in self._work.values():
            work.cancel()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                if self._work:
                    await asyncio.wait(self._work.values())
                for lane in self._lanes.values():
                    await lane.release()
                await consumer.close()
        except (BrokerUnavailable, Fenced, TimeoutError) as exc:
            log.info("worker.close_failed", group=self._group, reason=str(exc))

    def _lost_broker(self, where: str, error: BrokerUnavailable) -> None:
        if not self._failing:
            log.warning("broker.unavailable", group=self._group, reason=str(error), then="retrying, nothing is lost")
        self._failing.add(where)
        self._show_readiness()

    def _found_broker(self, where: str) -> None:
        if where in self._failing:
            self._failing.remove(where)
            if not self._failing:
                log.info("broker.available", group=self._group)

    def _fenced(self, lane: Lane, error: Fenced) -> None:
        log.warning("partition.fenced", group=self._group, partition=str(lane.partition), reason=str(error))

    def _read_lag(self, consumer: Consumer) -> None:
        now = self._clock.monotonic()
        if now - self._lag_read_at < 1.0:
            return
        self._lag_read_at = now
        for partition in self._lanes:
            self._metrics.lag(self._group, partition, consumer.lag(partition))

    def _show_readiness(self) -> None:
        readiness = self.readiness
        self._metrics.show_readiness(self._group, readiness)
        if readiness.is_ready or readiness is Readiness.STOPPED:
            self._ready.set()
        else:
            self._ready.clear()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that began it: the others came from stopping."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
