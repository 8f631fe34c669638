"""What was worked out for the open minute, kept for its next decisions."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class MinuteMemo(Generic[T]):
    """Keeps one answer from the second question about a minute on: who speaks once a minute would keep it in vain.

    >>> memo: MinuteMemo[str] = MinuteMemo()
    >>> [memo.of(60, "worked out at {}".format) for _ in range(3)][-1]
    'worked out at 60'
    """

    __slots__ = ("_kept", "_minute")

    def __init__(self) -> None:
        self._minute = -1
        self._kept: T | None = None

    def of(self, minute: int, work_out: Callable[[int], T]) -> T:
        """What `work_out` says of the minute; it says the same until `forget`."""
        if minute == self._minute:
            if self._kept is None:
                self._kept = work_out(minute)
            return self._kept
        self._minute, self._kept = minute, None
        return work_out(minute)

    def forget(self) -> None:
        """Something was learned: what was worked out no longer holds."""
        self._minute, self._kept = -1, None
