"""What was said of a topic's windows when they closed."""

from collections.abc import Callable
from typing import Any, Final

from streams.windows import Closing, Slot

_KEPT: Final = 200

Verdict = tuple[float | None, ...]
"""Expected, low, high and score of a window; None where there was no opinion."""


class ToldVerdicts:
    """Remembers the verdict on each window, so that a correction of its count once it is final does not change it."""

    __slots__ = ("_told",)

    def __init__(self) -> None:
        self._told: dict[int, Verdict] = {}

    def of(self, closing: Closing, verdict: Callable[[Slot], Verdict]) -> Verdict:
        """What is told of the window now.

        Args:
            verdict: Asked while its count may still change; and of a final one that was never told before.
        """
        start = closing.slot.start
        if not closing.final or start not in self._told:
            self._told[start] = verdict(closing.slot)
            while len(self._told) > _KEPT:
                del self._told[next(iter(self._told))]
        return self._told[start]

    def clear(self) -> None:
        """Nothing was told yet."""
        self._told.clear()

    def snapshot(self) -> list[list[Any]]:
        """The state as plain values."""
        return [[start, *verdict] for start, verdict in self._told.items()]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            TypeError, ValueError: It is none.
        """
        self._told = {int(start): tuple(verdict) for start, *verdict in state}
