"""All partitions in a worker's hands, and the work that goes on for each."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Final

import structlog

from streams.backoff import Backoff
from streams.broker.base import Partition
from streams.clock import Clock
from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge, StateCorrupted
from streams.lane import Lane
from streams.lane_phase import LanePhase
from streams.stall_watch import Doing, StallWatch

_CLOSE_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Lanes:
    """Takes partitions over, commits and lets go, each partition's acts one after the other, partitions side by side.

    What the broker does to one lane is repaired here: away, it is waited for; fenced, the lane is left to whoever came,
    and taken back only if the group still says that it is ours.

    Args:
        tasks: Where all work is born; an error that nobody can repair ends it, and so the worker.
        make: A new lane for a partition.
        takeovers: So many partitions are restored at the same time.
        fenced_seconds: How long a fenced lane waits for its revocation.
        stalled_seconds: Work that shows no progress for so long is given up and begun anew.
        stop_seconds: `finish` is over after this long, finished or not.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        make: Callable[[Partition], Lane],
        *,
        group: str,
        clock: Clock,
        takeovers: int,
        fenced_seconds: float,
        stalled_seconds: float,
        stop_seconds: float,
        lost_broker: Callable[[str, BrokerUnavailable], None],
        found_broker: Callable[[str], None],
    ) -> None:
        self._tasks = tasks
        self._make = make
        self._log = log.bind(group=group)
        self._clock = clock
        self._takeovers = asyncio.Semaphore(takeovers)
        self._fenced_seconds = fenced_seconds
        self._stop_seconds = stop_seconds
        self._lost_broker = lost_broker
        self._found_broker = found_broker
        self._lanes: dict[Partition, Lane] = {}
        self._known: dict[Partition, Lane] = {}  # let go, but it may come back before anybody wrote
        self._dropped_at = clock.monotonic()
        self._work: dict[Partition, asyncio.Task[None]] = {}
        self._stalls = StallWatch(stalled_seconds)
        self._stopping = False

    def __iter__(self) -> Iterator[Lane]:
        return iter(tuple(self._lanes.values()))

    def __len__(self) -> int:
        return len(self._lanes)

    def get(self, partition: Partition) -> Lane | None:
        """The partition's lane; None when it is not ours."""
        return self._lanes.get(partition)

    def at_work(self, lane: Lane) -> bool:
        """Whether a takeover or a commit is under way."""
        work = self._work.get(lane.partition)
        return work is not None and not work.done()

    def adopt(self, partitions: Sequence[Partition]) -> None:
        """These are ours: take each over once whatever went on for it before has ended.

        With that it is settled who has what: what is known of partitions that are with somebody else helps nobody.
        """
        for partition in partitions:
            self._log.info("partition.assigned", partition=str(partition))
            self._begin(partition)
        self._known.clear()

    def _begin(self, partition: Partition) -> None:
        lane = self._lanes[partition] = self._make(partition)
        before = self._work.get(partition)
        self._start("take over", lane, self._take_over(lane, after=before, known=self._known.pop(partition, None)))

    def drop(self, partition: Partition) -> None:
        """The partition is not ours any more: what was not committed is redone by the new owner."""
        lane = self._lanes.pop(partition, None)
        if lane is None:
            return
        self._log.info("partition.revoked", partition=str(partition))
        self._known[partition] = lane
        self._dropped_at = self._clock.monotonic()
        self._let_go(lane, cut=lane.phase is not LanePhase.RUNNING)

    def _let_go(self, lane: Lane, *, cut: bool) -> None:
        lane.phase = LanePhase.LET_GO
        self._found_broker(str(lane.partition))
        work = self._work.get(lane.partition)
        if work is not None and cut:
            work.cancel()
        self._start("release", lane, self._release(lane, after=work))

    def commit(self, lane: Lane) -> None:
        """Begin to write what is due; to be called only while the lane is not at work."""
        self._start("commit", lane, self._commit(lane))

    @property
    def stalled(self) -> bool:
        """Whether a partition has work, was found standing still, and has not moved since."""
        return self._stalls.stalled

    def watch(
        self, lag: Callable[[Partition], int | None], *, excused: Callable[[Partition], bool]
    ) -> dict[Partition, int]:
        """Take over anew what has work and stands still; answer those partitions and how often in a row it was so.

        Every wait inside has a bound of its own; this finds the one that was forgotten, here or in the broker's client.

        Args:
            lag: Records that are there to be read, None while unknown.
            excused: Whether it is known already why a partition does not move.

        Raises:
            StateCorrupted: A partition ends before the position that it was read up to.
        """
        now = self._clock.monotonic()
        self._stalls.keep(self._lanes)
        if now - self._dropped_at > self._fenced_seconds:
            self._known.clear()
        found: dict[Partition, int] = {}
        for lane in self:
            partition = lane.partition
            _refuse_another_log(lane, lag(partition))
            times, known = 0, excused(partition)
            if known:
                self._stalls.excuse(partition, Doing.WORKING, now)
            elif partition in self._work and (self.at_work(lane) or lane.phase is LanePhase.TAKING_OVER):
                # A takeover that ended without its outcome, by a cancellation that nobody asked for, stands still too.
                times = self._stalls.look(partition, Doing.WORKING, (self._work[partition], lane.steps), now)
            else:
                self._stalls.settle(partition, Doing.WORKING)
            if known or lane.phase is LanePhase.TAKING_OVER:
                self._stalls.excuse(partition, Doing.READING, now)
            elif lag(partition) == 0:
                self._stalls.settle(partition, Doing.READING)
            else:
                times = max(times, self._stalls.look(partition, Doing.READING, lane.position, now))
            if times:
                found[partition] = times
                self._log.error("partition.stalled", partition=str(partition), phase=lane.phase, offset=lane.position)
                self._let_go(lane, cut=True)
                self._begin(partition)
        return found

    async def finish(self) -> None:
        """Flush, snapshot, commit and let go of every lane, all under one deadline."""
        self._stopping = True
        async with asyncio.TaskGroup() as tasks:
            finishing = [
                tasks.create_task(self._finish(lane), name=f"finish {partition}")
                for partition, lane in self._lanes.items()
            ]
            deadline = tasks.create_task(self._cut(finishing), name="stop deadline")
            if finishing:
                await asyncio.wait(finishing)
            deadline.cancel()
        self._lanes.clear()

    async def abandon(self) -> None:
        """End all work as it stands and give every writer back; nothing more is written."""
        for work in self._work.values():
            if not work.cancelling():
                work.cancel()  # a second cancel would cut the closing of connections short
        if self._work:
            _, left = await asyncio.wait(self._work.values(), timeout=_CLOSE_SECONDS)
            for work in left:
                work.cancel()  # its first one was lost
            if left:
                await asyncio.wait(left)
        for lane in self._lanes.values():
            await lane.release()

    def _start(self, act: str, lane: Lane, work: Coroutine[None, None, None]) -> None:
        self._work[lane.partition] = self._tasks.create_task(work, name=f"{act} {lane.partition}")

    def _is_ours(self, lane: Lane) -> bool:
        return self._lanes.get(lane.partition) is lane

    async def _take_over(
        self, lane: Lane, *, after: asyncio.Task[None] | None = None, known: Lane | None = None, wait: float = 0.0
    ) -> None:
        if after is not None:
            await asyncio.wait({after})
        state = None if known is None else known.known()
        if state is not None:
            lane.inherit(state)
        backoff = Backoff()
        while True:
            await self._clock.sleep(wait)
            if not self._is_ours(lane):
                return  # let go meanwhile: its cancel was lost, and another lane may have the partition
            try:
                async with self._takeovers:
                    await lane.take_over()
            except BrokerUnavailable as exc:
                self._lost_broker(str(lane.partition), exc)
                wait = backoff.next_seconds()
            except Fenced as exc:
                self._log.warning("partition.fenced", partition=str(lane.partition), reason=str(exc))
                wait = self._fenced_seconds
            else:
                self._found_broker(str(lane.partition))
                self._log.info(
                    "partition.kept" if lane.kept else "partition.restored",
                    partition=str(lane.partition),
                    offset=lane.position,
                )
                return

    async def _commit(self, lane: Lane) -> None:
        try:
            await lane.commit_due()
        except RecordTooLarge as exc:
            stops = "nothing of it is committed; stopping, because trying again cannot help"
            self._log.error("partition.record_too_large", partition=str(lane.partition), reason=str(exc), then=stops)
            raise
        except BrokerUnavailable as exc:
            lane.phase = LanePhase.TAKING_OVER
            if not self._stopping and self._is_ours(lane):
                self._lost_broker(str(lane.partition), exc)
                await self._take_over(lane, wait=Backoff().next_seconds())
        except Fenced as exc:
            lane.phase = LanePhase.TAKING_OVER
            if not self._stopping and self._is_ours(lane):
                self._log.warning("partition.fenced", partition=str(lane.partition), reason=str(exc))
                await self._take_over(lane, wait=self._fenced_seconds)

    async def _release(self, lane: Lane, *, after: asyncio.Task[None] | None) -> None:
        if after is not None and not (await asyncio.wait({after}, timeout=_CLOSE_SECONDS))[0]:
            after.cancel()
            self._log.error("partition.work_does_not_end", partition=str(lane.partition))  # the next owner fences it
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await lane.give_back()
        except (BrokerUnavailable, Fenced, TimeoutError) as exc:
            self._log.info("partition.release_failed", partition=str(lane.partition), reason=str(exc))

    async def _finish(self, lane: Lane) -> None:
        work = self._work.get(lane.partition)
        if work is not None:
            if lane.phase is not LanePhase.RUNNING:
                work.cancel()
            await asyncio.wait({work})
        try:
            await lane.finish()
        except (BrokerUnavailable, Fenced) as exc:
            self._log.warning("partition.not_committed", partition=str(lane.partition), reason=str(exc))

    async def _cut(self, finishing: list[asyncio.Task[None]]) -> None:
        await self._clock.sleep(self._stop_seconds)
        unfinished = [task for task in finishing if not task.done()]
        self._log.warning("worker.stop_deadline", unfinished=len(unfinished))
        for task in unfinished:
            task.cancel()


def _refuse_another_log(lane: Lane, unread: int | None) -> None:
    """Passing over what was read already would pass over every record of a log that was made anew."""
    if lane.passed_over_to is None or unread is None or lane.position is None:
        return
    end = lane.passed_over_to + unread
    if end < lane.position:
        raise StateCorrupted(
            f"{lane.partition} ends at offset {end}, and was read up to {lane.position}: its Kafka topic was "
            "made anew, or Kafka lost the end of it; see docs/reference/faults.md"
        )
