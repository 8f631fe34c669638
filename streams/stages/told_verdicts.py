"""What was said of a topic's windows when they closed."""

import math
from array import array
from collections.abc import Callable
from typing import Any, Final

from streams.windows import Closing, Slot

_KEPT: Final = 200
_NUMBERS: Final = 4
_NO_STARTS: Final = array("q")  # shared by all that told nothing
_NO_NUMBERS: Final = array("d")

Verdict = tuple[float | None, ...]
"""Expected, low, high and score of a window; None where there was no opinion."""


class ToldVerdicts:
    """Remembers the verdict on each window, so that a correction of its count once it is final does not change it."""

    __slots__ = ("_said", "_starts")

    def __init__(self) -> None:
        self._starts, self._said = _NO_STARTS, _NO_NUMBERS  # in the order of telling, and four numbers of each

    def of(self, closing: Closing, verdict: Callable[[Slot], Verdict]) -> Verdict:
        """What is told of the window now.

        Args:
            verdict: Asked while its count may still change; and of a final one that was never told before.
        """
        start = closing.slot.start
        place = self._place(start)
        if closing.final and place is not None:
            return tuple([_known(value) for value in self._said[place * _NUMBERS : (place + 1) * _NUMBERS]])
        told = verdict(closing.slot)
        self._tell(start, told, place)
        return told

    def _place(self, start: int) -> int | None:
        try:
            return self._starts.index(start)
        except ValueError:
            return None

    def _tell(self, start: int, told: Verdict, place: int | None) -> None:
        numbers = array("d", [math.nan if value is None else value for value in told])
        if place is not None:
            self._said[place * _NUMBERS : (place + 1) * _NUMBERS] = numbers
            return
        if not self._starts:
            self._starts, self._said = array("q"), array("d")
        self._starts.append(start)
        self._said.extend(numbers)
        if len(self._starts) > _KEPT:
            del self._starts[0], self._said[:_NUMBERS]

    def clear(self) -> None:
        """Nothing was told yet."""
        self._starts, self._said = _NO_STARTS, _NO_NUMBERS

    def snapshot(self) -> list[list[Any]]:
        """The state as plain values."""
        said = [None if math.isnan(value) else value for value in self._said]
        numbers = [said[number::_NUMBERS] for number in range(_NUMBERS)]
        return [list(row) for row in zip(self._starts, *numbers, strict=True)]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            TypeError, ValueError: It is none.
        """
        self.clear()
        for start, expected, low, high, score in state:
            self._tell(int(start), (expected, low, high, score), None)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
