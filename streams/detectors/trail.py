"""What was learned in the last three hours, summed over any of its tails in constant time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import sub
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import Tally
from streams.windows import MINUTE, Slot

MINUTES: Final = 180
_COLUMNS: Final = 5
_ROOM: Final = 2 * MINUTES  # of minutes with mentions, before those that are too old are thrown out
_MICRO: Final = 1_000_000
_NOTHING: Final = (0,) * _COLUMNS

Sums = tuple[int, int, int, int, int]
"""Mentions, scored, negative, polarity and squared polarity in millionths."""


class Trail:
    """Sums over the last minutes, as integers, so that they are the same whichever way they came about.

    Detectors of a topic may share one: whoever appends a minute that is there already changes nothing.
    Takes memory for the minutes with mentions only, and none for a topic that was silent for three hours.
    """

    __slots__ = ("_before", "_empty", "_minutes", "_silent", "_sums", "_told", "end")

    def __init__(self) -> None:
        self._told: array[int] = array("i")  # the number of each minute with mentions, oldest first
        self._before: array[int] = array("q")  # the sums before it, five numbers each
        self._sums = list(_NOTHING)
        self._minutes = 0
        self._empty = True
        self._silent = MINUTES
        self.end: int | None = None

    def append(self, slot: Slot) -> None:
        """One more minute; where time jumps ahead, what came before is forgotten."""
        if self.end is not None and slot.start != self.end:
            if slot.start == self.end - MINUTE:
                return
            self._clear()
        self.end = slot.start + MINUTE
        mentions = slot.tally.mentions
        if mentions == 0 and self._empty:
            return
        self._silent = 0 if mentions else self._silent + 1
        if self._silent > MINUTES:
            self._clear()
            return
        self._minutes += 1
        if mentions:
            self._tell(self._minutes, sums_of(slot.tally))

    def _tell(self, minute: int, row: Sequence[int]) -> None:
        self._empty = False
        sums = self._sums
        self._told.append(minute)
        self._before.extend(sums)
        a, b, c, d, e = row
        sums[0] += a
        sums[1] += b
        sums[2] += c
        sums[3] += d
        sums[4] += e
        if len(self._told) > _ROOM:
            stale = bisect_right(self._told, minute - MINUTES)
            del self._told[:stale]
            del self._before[: stale * _COLUMNS]

    def mentions(self, minutes: int) -> int:
        """Mentions in the last `minutes` minutes; everything kept where that is less."""
        if self._empty or minutes <= 0:
            return 0
        first = bisect_left(self._told, self._minutes - min(minutes, MINUTES) + 1)
        return self._sums[0] - self._before[first * _COLUMNS] if first < len(self._told) else 0

    def tails(self, widths: Sequence[int]) -> list[int]:
        """Mentions in the last so many minutes, 180 at most, for each of `widths`."""
        told, before, total, last = self._told, self._before, self._sums[0], self._minutes + 1
        spoken = len(told)
        if spoken >= MINUTES and told[-MINUTES] == last - MINUTES:  # somebody spoke in every minute
            return [total - before[(spoken - minutes) * _COLUMNS] if minutes > 0 else 0 for minutes in widths]
        tails = []
        for minutes in widths:
            oldest = last - minutes
            first = spoken - minutes
            if not 0 <= first < spoken or told[first] != oldest:  # else somebody spoke in every minute
                first = bisect_left(told, oldest)
            tails.append(total - before[first * _COLUMNS] if first < spoken and minutes > 0 else 0)
        return tails

    def sums(self, minutes: int) -> Sums:
        """All sums over the last `minutes` minutes."""
        told, minutes = self._told, min(minutes, MINUTES)
        first, oldest = len(told) - minutes, self._minutes - minutes + 1
        if not (0 <= first < len(told) and told[first] == oldest):  # else somebody spoke in every minute
            first = bisect_left(told, oldest)
        if minutes <= 0 or first >= len(told):
            return (0, 0, 0, 0, 0)
        first *= _COLUMNS
        a, b, c, d, e = self._before[first : first + _COLUMNS]
        u, v, w, x, y = self._sums
        return u - a, v - b, w - c, x - d, y - e

    def minutes_since(self, start: int) -> list[tuple[int, Sums]]:
        """The minutes with mentions that were learned from `start` on, oldest first, each with its sums."""
        if self.end is None or self._empty:
            return []
        edges = [*map(self._row, range(len(self._told))), self._sums]
        told = []
        for number, before, after in zip(self._told, edges, edges[1:], strict=False):
            minute = self.end - (self._minutes - number + 1) * MINUTE
            if minute >= start:
                a, b, c, d, e = (high - low for high, low in zip(after, before, strict=True))
                told.append((minute, (a, b, c, d, e)))
        return told

    def window(self, recent: Sequence[Slot], start: int) -> Sums:
        """All sums from `start`, a whole minute, through the end of `recent`."""
        sums = self.sums(0 if self.end is None else (self.end - start) // MINUTE)
        for slot in recent:
            if slot.start >= start:
                more = sums_of(slot.tally)
                sums = (sums[0] + more[0], sums[1] + more[1], sums[2] + more[2], sums[3] + more[3], sums[4] + more[4])
        return sums

    def _clear(self) -> None:
        self._told = array("i")
        self._before = array("q")
        self._sums = list(_NOTHING)
        self._minutes = 0
        self._empty = True
        self._silent = MINUTES

    def _row(self, at: int) -> "array[int]":
        return self._before[at * _COLUMNS : (at + 1) * _COLUMNS]

    def snapshot(self) -> dict[str, Any]:
        """The minutes with mentions, each with how many minutes before the end it lies."""
        kept = bisect_right(self._told, self._minutes - MINUTES)
        # column by column: of a topic that speaks every minute this is most of what there is to save
        edges = [
            [*self._before[kept * _COLUMNS + column :: _COLUMNS], total] for column, total in enumerate(self._sums)
        ]
        columns = [map(sub, edge[1:], edge) for edge in edges]
        backs = [self._minutes - number for number in self._told[kept:]]
        minutes = [list(row) for row in zip(backs, *columns, strict=True)]
        minutes.reverse()
        return {"end": self.end, "silent": self._silent, "empty": self._empty, "minutes": minutes}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a trail.
        """
        try:
            self._clear()
            self.end = state["end"]
            if not state["empty"]:
                self._empty = False
                self._minutes = MINUTES
                self._silent = int(state["silent"])
                rows = sorted(((int(back), row) for back, *row in state["minutes"]), reverse=True)
                for back, row in rows:
                    self._tell(MINUTES - back, [row[column] for column in range(_COLUMNS)])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of a trail cannot be read: {exc!r}") from exc


def sums_of(tally: Tally) -> Sums:
    """What a trail counts of a tally."""
    mentions, polarity, squares = tally.mentions, tally.polarity_sum, tally.polarity_squares
    return (
        mentions,
        mentions - tally.unscored,
        tally.negative,
        round(polarity * _MICRO) if polarity else 0,
        round(squares * _MICRO) if squares else 0,
    )
