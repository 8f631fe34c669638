"""One input partition in a worker's hands."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from streams.broker.base import Broker, Outgoing, Partition, PartitionWriter, Record
from streams.clock import Clock
from streams.dead_letter_log import DeadLetterLog
from streams.held import NOTHING_HELD
from streams.known_state import KnownState
from streams.lane_phase import LanePhase
from streams.lane_write import LaneWrite
from streams.metrics import StreamMetrics
from streams.pace import Pace
from streams.stage_reading import StageReader, StageReading
from streams.stages.base import Stage
from streams.state import is_unchanged, restore

TICK_SECONDS: Final = 1.0
_PROGRESS_SECONDS: Final = 5.0  # a position alone, with nothing to write, costs a transaction and may wait
_SLICE_SECONDS: Final = 0.2  # between two slices of a snapshot where nothing else is written
_GOLDEN: Final = 0.618033988749895  # multiples of it spread evenly, however many partitions there are

StageFactory = Callable[[Partition], Stage]


class Lane:
    """A partition's stage and writer, and how far both have come.

    Folding is synchronous and goes on while a commit is under way; there is one commit at a time, so what is written
    stays in order. After any error the lane is worthless until `take_over` has built it anew from what is committed.

    Attributes:
        position: The offset after the last record that was taken in; None before the first.
        kept: Whether the last takeover could go on with what was known, and nothing had to be restored.
        steps: Grows with everything that a takeover or a commit achieves.
        unread: Records that stand there to be read; None while unknown.
        passed_over_to: Behind the newest records that came, where all of them lay before `position`; else None.
        writing_since: When the commit under way began, by the monotonic clock; None while there is none.

    Args:
        changelog: Kafka topic for the stage's snapshots; None for a stage without.
        pace: How long what was folded may wait to be committed.
        snapshot_seconds: Between two snapshots; the first one comes earlier, at another moment for each partition.
    """

    def __init__(
        self,
        partition: Partition,
        *,
        broker: Broker,
        group: str,
        stage_factory: StageFactory,
        changelog: str | None,
        clock: Clock,
        metrics: StreamMetrics,
        reader: StageReader,
        pace: Pace,
        snapshot_seconds: float,
    ) -> None:
        self.partition = partition
        self.phase = LanePhase.TAKING_OVER
        self.position: int | None = None
        self._held = NOTHING_HELD
        self.steps = 0
        self.kept = False
        self._caught_up_at: float | None = None
        self._broker = broker
        self._group = group
        self._stage_factory = stage_factory
        self._changelog = changelog
        self._clock = clock
        self._metrics = metrics
        self._reader = reader
        self._pace = pace
        self.unread: int | None = None
        self.passed_over_to: int | None = None
        self.writing_since: float | None = None
        self._snapshot_seconds = snapshot_seconds
        self._stage: Stage | None = None
        self._reading = StageReading()
        self._durable: int | None = None
        self._changelog_end: int | None = None
        self._in_doubt = True
        self._writer: PartitionWriter | None = None
        self._committed: int | None = None
        self._flushed: int | None = None
        self._snapshotted: int | None = None
        self._last_flush = self._last_write = self._next_snapshot = 0.0
        self._dead_letters = DeadLetterLog(group, partition, clock)

    def known(self) -> KnownState | None:
        """What a later lane may go on with; None after a commit that did not end well."""
        if self._stage is None or self._in_doubt:
            return None
        return KnownState(
            stage=self._stage,
            reading=self._reading,
            position=self.position,
            committed=self._committed,
            durable=self._durable,
            changelog_end=self._changelog_end,
            flushed=self._flushed,
            snapshotted=self._snapshotted,
            held=self._held,
        )

    def inherit(self, known: KnownState) -> None:
        """Go on with what an earlier lane of the partition knew, if it turns out that nobody wrote in between."""
        self._stage, self._reading, self._in_doubt = known.stage, known.reading, False
        self.position, self._committed, self._durable = known.position, known.committed, known.durable
        self._changelog_end, self._flushed, self._snapshotted = known.changelog_end, known.flushed, known.snapshotted
        self._held = known.held

    async def take_over(self) -> None:
        """Fence the previous owner, then go on with what is known if it is what is committed, else build it anew.

        Raises:
            BrokerUnavailable: Try again later.
            StateCorrupted: The stored state cannot be read: stop.
        """
        self.phase = LanePhase.TAKING_OVER
        if self._in_doubt:
            self._stage = None
        await self.give_back()
        began = self._clock.monotonic()
        self._writer = self._broker.writer(self._group, self.partition)
        committed = await self._writer.open()
        if self._stage is not None and committed == self._durable and await self._nobody_wrote():
            self._begin(self._stage, self._reading, kept=True)
            return
        self._stage = None
        stage = self._stage_factory(self.partition)
        found = await restore(
            stage,
            broker=self._broker,
            partition=self.partition,
            changelog=self._changelog,
            committed=committed,
            stepped=self._step,
            clock=self._clock,
        )
        self._metrics.rebuilt(self._group, states=len(found.rebuilds))
        self._metrics.restored(self._group, seconds=self._clock.monotonic() - began)
        self.position, self._durable, self._changelog_end = found.position, committed, found.changelog_end
        self._committed = self._flushed = self._snapshotted = self.position
        self._held = NOTHING_HELD
        self._begin(stage, self._reader(stage, ()), kept=False)

    def _begin(self, stage: Stage, reading: StageReading, *, kept: bool) -> None:
        now = self._clock.monotonic()
        self._metrics.took_over(self._group, kept=kept)
        self._stage, self._reading = stage, reading
        self._last_flush = self._last_write = now - TICK_SECONDS
        self._next_snapshot = now + self._snapshot_seconds * (self.partition.number * _GOLDEN % 1.0)
        self._caught_up_at = None
        self._in_doubt = False
        self.kept = kept
        self.phase = LanePhase.RESTORED

    async def _nobody_wrote(self) -> bool:
        if self._changelog is None:
            return True
        changelog = Partition(self._changelog, self.partition.number)
        return self._changelog_end is not None and await is_unchanged(self._broker, changelog, self._changelog_end)

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        """Take in new records, oldest first; what was taken in already is passed over."""
        if self._stage is None or self.phase is not LanePhase.RUNNING:
            return
        if self.position is not None and records[0].offset < self.position:
            self.passed_over_to = records[-1].offset + 1
            records = [record for record in records if record.offset >= self.position]
            if not records:
                return
        self.passed_over_to = None
        began = self._clock.monotonic()
        self._stage.fold(records, now)
        self._held = self._held.more(records, self._clock.monotonic() - began)
        self.position = records[-1].offset + 1
        self._caught_up_at = None

    def is_full(self, records: int) -> bool:
        """Whether it has taken in so many records, 16 MiB or two seconds' work that are not being written yet."""
        return self._held.is_full(records)

    def caught_up(self) -> None:
        """Just now it was proven that nothing stands between our position and the log's end.

        Only of a lane that runs: a poll that began before a takeover speaks of the position that was left.
        """
        if self.phase is LanePhase.RUNNING:
            self._caught_up_at = self._clock.monotonic()

    def due_in(self) -> float:
        """Seconds until something has to be written; 0 or less means now."""
        due = [self._last_flush + TICK_SECONDS]
        if self.position != self._flushed:
            due.append(self._last_write + self._pace.wait_seconds(held=self._held.records, unread=self.unread))
        if self._stage is not None and self._stage.is_saving:
            due.append(self._last_write + _SLICE_SECONDS)
        return min(due) - self._clock.monotonic()

    async def commit_due(self) -> None:
        """Write whatever is due, again while that was being written more came due.

        Raises:
            Fenced: Somebody newer has the partition.
            BrokerUnavailable: Whether it was written is unknown: take over anew.
        """
        while self.phase is LanePhase.RUNNING and self.due_in() <= 0:
            await self._commit(self._draw(last=False))

    async def finish(self) -> None:
        """Write everything there is together with a snapshot, then let go.

        Raises:
            Fenced: Somebody newer has the partition.
            BrokerUnavailable: Whether it was written is unknown; the next owner finds out.
        """
        if self.phase is LanePhase.RUNNING:
            await self._commit(self._draw(last=True))
        await self.release()

    async def release(self) -> None:
        """Give the writer back without writing anything, and forget the state."""
        self._stage = None
        await self.give_back()

    async def give_back(self) -> None:
        """Give the writer back without writing anything; what is known stays, for `inherit`."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    def _step(self) -> None:
        self.steps += 1

    def _draw(self, *, last: bool) -> LaneWrite | None:
        if self._stage is None:
            return None
        now = self._clock.monotonic()
        # A proof grows old: while a commit took its time, mentions may have come that nobody has looked for.
        at_end = self._caught_up_at is not None and now - self._caught_up_at <= TICK_SECONDS
        outgoing = list(self._stage.flush(self._clock.now(), at_end=at_end))
        next_offset = self.position or 0  # nothing was ever read: the partition is empty
        self._last_flush = now
        self._flushed = self.position
        self._held = NOTHING_HELD
        snapshot = self._snapshot(self._stage, next_offset, now, last=last)
        progressed = self.position != self._committed
        overdue = last or now - self._last_write >= _PROGRESS_SECONDS
        if not outgoing and not snapshot and not (progressed and overdue):
            return None
        self._last_write = now
        # The changelog is restored by partition number, whatever the records' keys hash to.
        changelog = [
            msgspec.structs.replace(record, partition=self.partition.number)
            for record in (*self._stage.changes(next_offset), *snapshot)
        ]
        # Now, not once it is written: what is folded meanwhile belongs to the next write, which may never come about.
        reading = self._reader(self._stage, outgoing)
        return LaneWrite(outgoing=outgoing, changelog=changelog, next_offset=next_offset, reading=reading)

    def _snapshot(self, stage: Stage, next_offset: int, now: float, *, last: bool) -> list[Outgoing]:
        """The slice that goes with this write; at the end the whole."""
        due = (last or now >= self._next_snapshot) and self.position != self._snapshotted
        if self._changelog is None or not (due or stage.is_saving):
            return []
        if not stage.is_saving or last:
            self._snapshotted = self.position
            self._next_snapshot = now + self._snapshot_seconds
        return stage.snapshot(next_offset) if last else stage.snapshot_slice(next_offset)

    async def _commit(self, write: LaneWrite | None) -> None:
        if write is None or self._writer is None or self._stage is None:
            return
        began = self.writing_since = self._clock.monotonic()
        self._in_doubt = True
        try:
            last = await self._writer.commit(write.outgoing, write.next_offset, changelog=write.changelog)
        finally:
            self.writing_since = None
        self._in_doubt = False
        if write.changelog:
            self._changelog_end = None if last is None else last + 1
        seconds = self._clock.monotonic() - began
        self._committed = self._durable = write.next_offset
        self._step()
        self._metrics.committed(self._group, records=len(write.outgoing) + len(write.changelog), seconds=seconds)
        since, self._reading = self._reading, write.reading
        now = None if self.phase is LanePhase.LET_GO else self._clock.now().timestamp()
        self._metrics.read(self._group, self.partition, write.reading, since=since, now=now)
        self._dead_letters.wrote(write.reading.dead_letters)
