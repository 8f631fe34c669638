"""Who has work and does not get on with it?"""

from collections.abc import Container, Hashable
from dataclasses import dataclass
from enum import StrEnum

from streams.broker.base import Partition


class Doing(StrEnum):
    """What stands still."""

    READING = "reading"
    WORKING = "taking over or committing"


@dataclass(frozen=True, slots=True)
class _Seen:
    mark: Hashable
    since: float
    times: int


class StallWatch:
    """Finds partitions that have work and show the same mark for too long. Times are monotonic seconds.

    Args:
        limit_seconds: Longer than anything takes that is merely slow, > 0.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._seen: dict[tuple[Partition, Doing], _Seen] = {}

    @property
    def stalled(self) -> bool:
        """Whether somebody was found standing still and has shown no progress since."""
        return any(seen.times for seen in self._seen.values())

    def look(self, partition: Partition, doing: Doing, mark: Hashable, now: float) -> int:
        """There is work: how often in a row it was found standing still, if it is so just now; else 0."""
        seen = self._seen.get((partition, doing))
        if seen is None or seen.mark != mark:
            self._seen[partition, doing] = _Seen(mark, now, 0)
            return 0
        if now - seen.since < self._limit:
            return 0
        self._seen[partition, doing] = _Seen(mark, now, seen.times + 1)
        return seen.times + 1

    def excuse(self, partition: Partition, doing: Doing, now: float) -> None:
        """It cannot be blamed for what it did not do up to now."""
        seen = self._seen.get((partition, doing))
        if seen is not None:
            self._seen[partition, doing] = _Seen(seen.mark, now, seen.times)

    def settle(self, partition: Partition, doing: Doing) -> None:
        """There is no work."""
        self._seen.pop((partition, doing), None)

    def keep(self, partitions: Container[Partition]) -> None:
        """Forget all others."""
        self._seen = {key: seen for key, seen in self._seen.items() if key[0] in partitions}
