"""A stage whose work is traced; one that is not traced has nothing of it around itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from streams.broker.base import Outgoing, Record
from streams.lane_traces import LaneTraces
from streams.stage_reading import CountingStage
from streams.stages.base import Restored, Stage


class TracedStage:
    """Does what the stage does, and tells the traces what it took in and what it puts out."""

    def __init__(self, stage: Stage, traces: LaneTraces) -> None:
        self._stage, self._traces = stage, traces

    @property
    def watermark_ms(self) -> int | None:
        """The stage's."""
        return self._stage.watermark_ms if isinstance(self._stage, CountingStage) else None

    def counts(self) -> Mapping[str, int]:
        """The stage's."""
        return self._stage.counts() if isinstance(self._stage, CountingStage) else {}

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """The stage's."""
        return self._stage.restore(changelog, committed)

    def replay(self, records: Sequence[Record]) -> None:
        """What is repeated was traced when it happened."""
        self._stage.replay(records)

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        """Take in new records."""
        self._traces.took_in(records)
        self._stage.fold(records, now)

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:
        """What the stage puts out, with the places of the spans that led to it."""
        return self._traces.marked(self._stage.flush(now, at_end=at_end))

    def changes(self, next_offset: int) -> list[Outgoing]:
        """The stage's."""
        return self._stage.changes(next_offset)

    @property
    def is_saving(self) -> bool:
        """The stage's."""
        return self._stage.is_saving

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:
        """The stage's."""
        return self._stage.snapshot_slice(next_offset)

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """The stage's."""
        return self._stage.snapshot(next_offset)
