"""What was learned in the last three hours, summed over any of its tails in constant time."""

from array import array
from collections.abc import Sequence
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import Tally
from streams.windows import MINUTE, Slot

MINUTES: Final = 180
_COLUMNS: Final = 5
_ROOM: Final = MINUTES + 1
_MICRO: Final = 1_000_000
_NOTHING: Final = (0,) * _COLUMNS

Sums = tuple[int, int, int, int, int]
"""Mentions, scored, negative, polarity and squared polarity in millionths."""


class Trail:
    """Sums over the last minutes, as integers, so that they are the same whichever way they came about.

    Takes no memory for a topic that was silent for three hours.
    """

    def __init__(self) -> None:
        self._rings: tuple[array[int], ...] | None = None
        self._sums = list(_NOTHING)
        self._position = 0
        self._silent = MINUTES
        self.end: int | None = None

    def append(self, slot: Slot) -> None:
        """One more minute; where time jumps ahead, what came before is forgotten."""
        if self.end is not None and slot.start != self.end:
            self._clear()
        self.end = slot.start + MINUTE
        mentions = slot.tally.mentions
        if mentions == 0 and self._rings is None:
            return
        if self._rings is None:
            self._rings = tuple(array("q", bytes(8 * _ROOM)) for _ in range(_COLUMNS))
        self._silent = 0 if mentions else self._silent + 1
        if self._silent > MINUTES:
            self._clear()
            return
        if mentions:
            for column, value in enumerate(sums_of(slot.tally)):
                self._sums[column] += value
        position = self._position = (self._position + 1) % _ROOM
        a, b, c, d, e = self._rings
        a[position], b[position], c[position], d[position], e[position] = self._sums

    def mentions(self, minutes: int) -> int:
        """Mentions in the last `minutes` minutes; everything kept where that is less."""
        if self._rings is None or minutes <= 0:
            return 0
        ring = self._rings[0]
        return ring[self._position] - ring[(self._position - min(minutes, MINUTES)) % _ROOM]

    def sums(self, minutes: int) -> Sums:
        """All sums over the last `minutes` minutes."""
        if self._rings is None or minutes <= 0:
            return (0, 0, 0, 0, 0)
        new, old = self._position, (self._position - min(minutes, MINUTES)) % _ROOM
        a, b, c, d, e = self._rings
        return a[new] - a[old], b[new] - b[old], c[new] - c[old], d[new] - d[old], e[new] - e[old]

    def window(self, recent: Sequence[Slot], start: int) -> Sums:
        """All sums from `start`, a whole minute, through the end of `recent`."""
        sums = self.sums(0 if self.end is None else (self.end - start) // MINUTE)
        for slot in recent:
            if slot.start >= start:
                more = sums_of(slot.tally)
                sums = (sums[0] + more[0], sums[1] + more[1], sums[2] + more[2], sums[3] + more[3], sums[4] + more[4])
        return sums

    def _clear(self) -> None:
        self._rings = None
        self._sums = list(_NOTHING)
        self._position = 0
        self._silent = MINUTES

    def snapshot(self) -> dict[str, Any]:
        """The minutes with mentions, each with how many minutes before the end it lies."""
        minutes: list[list[int]] = []
        if self._rings is not None:
            for back in range(MINUTES):
                here, before = (self._position - back) % _ROOM, (self._position - back - 1) % _ROOM
                row = [ring[here] - ring[before] for ring in self._rings]
                if any(row):
                    minutes.append([back, *row])
        return {"end": self.end, "silent": self._silent, "empty": self._rings is None, "minutes": minutes}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a trail.
        """
        try:
            self._clear()
            self.end = state["end"]
            if not state["empty"]:
                rows = {int(back): row for back, *row in state["minutes"]}
                rings = tuple(array("q", bytes(8 * _ROOM)) for _ in range(_COLUMNS))
                for position in range(1, _ROOM):
                    row = rows.get(MINUTES - position, _NOTHING)
                    for column in range(_COLUMNS):
                        self._sums[column] += row[column]
                        rings[column][position] = self._sums[column]
                self._rings = rings
                self._position = MINUTES
                self._silent = int(state["silent"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of a trail cannot be read: {exc!r}") from exc


def sums_of(tally: Tally) -> Sums:
    """What a trail counts of a tally."""
    return (
        tally.mentions,
        tally.mentions - tally.unscored,
        tally.negative,
        round(tally.polarity_sum * _MICRO),
        round(tally.polarity_squares * _MICRO),
    )
