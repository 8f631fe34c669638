"""What polls bring is folded so that nobody waits long, neither the lanes nor whoever writes."""

from collections.abc import Sequence
from typing import Final

from streams.broker.base import Batch
from streams.clock import Clock
from streams.lanes import Lanes
from streams.turns import pause_seconds, turns

_FIRST_RECORDS: Final = 20
_LONGEST_SECONDS: Final = 1.0
_QUICK_COMMIT_SECONDS: Final = 1.0
_PAUSE_FOR_LATE_SECONDS: Final = 0.05  # a few answers from Kafka; more would only let a busy machine's time pass


class Folding:
    """Folds what polls bring into the lanes, turn by turn, and learns how much the next poll may bring.

    A mention takes microseconds; a record of score's partial counts may hold hundreds of topics and take a tenth of a
    second, and no write begins while a poll is folded. So a poll brings what takes about a second. The others in the
    process get a part of the time, and more of it once a commit takes more than a second.

    Attributes:
        records: How many the next poll may bring.

    Args:
        most_records: A poll never brings more.
    """

    def __init__(self, clock: Clock, *, most_records: int) -> None:
        self._clock = clock
        self._most_records = most_records
        self.records = min(_FIRST_RECORDS, most_records)

    async def fold(self, batches: Sequence[Batch], lanes: Lanes) -> None:
        """Take in one poll's records, oldest first; those of partitions that are not ours are passed over."""
        took = 0.0
        for batch in batches:
            lane = lanes.get(batch.partition)
            if lane is None:
                continue
            for turn in turns(batch.records):
                began = self._clock.monotonic()
                lane.fold(turn, self._clock.now())
                seconds = self._clock.monotonic() - began
                took += seconds
                await self._clock.sleep(self._pause_seconds(seconds, lanes))
        self._learn(sum(len(batch.records) for batch in batches), took)

    def _pause_seconds(self, turn_seconds: float, lanes: Lanes) -> float:
        pause = pause_seconds(turn_seconds)
        since = [lane.writing_since for lane in lanes if lane.writing_since is not None]
        late = bool(since) and self._clock.monotonic() - min(since) > _QUICK_COMMIT_SECONDS
        return max(pause, min(turn_seconds, _PAUSE_FOR_LATE_SECONDS)) if pause and late else pause

    def _learn(self, records: int, seconds: float) -> None:
        if seconds > _LONGEST_SECONDS:
            self.records = max(1, min(self.records, int(records * _LONGEST_SECONDS / seconds)))
        elif records >= self.records and seconds <= _LONGEST_SECONDS / 2:
            self.records = min(2 * self.records, self._most_records)
