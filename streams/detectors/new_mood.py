"""A mood that stays turned after it was told is what is usual from then on."""

import math
from array import array
from collections.abc import Sequence
from typing import Any, Final

from streams.errors import StateCorrupted

DAY_BLOCKS: Final = 48
_LASTED: Final = 24  # half hours of an event, of the day after which it is a new normal
_LATELY: Final = 6
_COLUMNS: Final = 5
_SURELY: Final = 3.0  # standard errors
_FEWEST: Final = 10  # scored mentions; fewer say nothing of what the last hours are like


class NewMood:
    """The sums of an event's half hours, until a whole day without one has passed.

    What has lasted for a day is no event any more. Where the last hours of it are nearer to the mood of the whole
    event than to the usual one, and the two are surely different, the usual mood begins anew from the event's.
    """

    __slots__ = ("_blocks", "_calm", "_lately", "_sums")

    def __init__(self) -> None:
        self._sums = array("d", [0.0]) * _COLUMNS
        self._lately: list[tuple[float, float]] = []
        self._blocks = self._calm = 0

    @property
    def is_over(self) -> bool:
        """A whole day without an event has passed."""
        return self._calm >= DAY_BLOCKS

    def add(self, values: Sequence[float]) -> None:
        """One more half hour of an event: scored, negative, polarity, squared polarity, positive."""
        for column, value in enumerate(values):
            self._sums[column] += value
        self._lately = [*self._lately[1 - _LATELY :], (values[0], values[1])]
        self._blocks += 1
        self._calm = 0

    def calm(self, usual: float) -> list[float] | None:
        """One more half hour without an event; the means of half an hour where the mood of the event stays, else None.

        Args:
            usual: The usual share of negative mentions.
        """
        self._calm += 1
        if self._calm > 1 or self._blocks < _LASTED or not self._stays(usual):
            return None
        means = [value / self._blocks for value in self._sums]
        self._sums, self._blocks = array("d", [0.0]) * _COLUMNS, 0
        return means

    def _stays(self, usual: float) -> bool:
        scored, negative = self._sums[0], self._sums[1]
        lately, soured = (sum(column) for column in zip(*self._lately, strict=True))
        if lately < _FEWEST or scored <= 0.0:
            return False
        told = negative / scored
        sure = abs(told - usual) >= _SURELY * math.sqrt((told * (1.0 - told) + 1.0 / scored) / scored)
        now = _odds(soured, lately)
        return sure and abs(now - _odds(negative, scored)) < abs(now - _odds(usual * scored, scored))

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [list(self._sums), [list(pair) for pair in self._lately], self._blocks, self._calm]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a new mood.
        """
        try:
            sums, lately, blocks, calm = state
            self._sums = array("d", sums)
            self._lately = [(float(scored), float(negative)) for scored, negative in lately]
            self._blocks, self._calm = int(blocks), int(calm)
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a new mood cannot be read: {exc!r}") from exc
        if len(self._sums) != _COLUMNS:
            raise StateCorrupted(f"the snapshot of a new mood has {len(self._sums)} sums")


def _odds(negative: float, scored: float) -> float:
    """The logarithm of the odds of a negative mention, finite for any counts."""
    return math.log((max(negative, 0.0) + 0.5) / (max(scored - negative, 0.0) + 0.5))
