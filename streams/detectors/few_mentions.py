"""A day's mentions of a topic that has few, by their exact odds."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.rate import Rate
from streams.detectors.scan import passages_per_week
from streams.detectors.trail import Sums, sums_of
from streams.detectors.window_scores import SMALLEST_PAGES, TOGETHER
from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot

DAY_MINUTES: Final = 1440
KEPT_MINUTES: Final = 2 * DAY_MINUTES  # an event on a topic of one a day may well have begun yesterday
_FEW_A_DAY: Final = 50.0
_FEWEST: Final = 3
_KEPT: Final = 400
_COLUMNS: Final = 5
_NOTHING: Final = array("q")  # shared by all that have none


class FewMentions:
    """How rare the mentions of the last 24 hours are on a topic with up to 50 a day, in false pages a week.

    Windows of three hours cannot see six mentions that come over a day; here the page depends on the odds of a count
    in a sliding day, under the topic's own rate and clumping.

    Source:
        Alm 1983 (see `scan`).
    """

    __slots__ = ("_rows", "_starts")

    def __init__(self) -> None:
        self._starts, self._rows = _NOTHING, _NOTHING  # of each minute its start, and its five sums

    def add(self, slot: Slot) -> None:
        """One more final minute with mentions."""
        if not self._starts:
            self._starts, self._rows = array("q"), array("q")
        self._starts.append(slot.start)
        self._rows.extend(sums_of(slot.tally))
        oldest = slot.start - (KEPT_MINUTES - 1) * MINUTE
        if self._starts[0] < oldest or len(self._starts) > _KEPT:
            stale = max(bisect_left(self._starts, oldest), len(self._starts) - _KEPT)
            del self._starts[:stale], self._rows[: stale * _COLUMNS]

    def minutes_since(self, start: int) -> list[tuple[int, Sums]]:
        """The minutes with mentions that were added from `start` on, oldest first, each with its sums."""
        told = []
        for at in range(bisect_left(self._starts, start), len(self._starts)):
            a, b, c, d, e = self._rows[at * _COLUMNS : (at + 1) * _COLUMNS]
            told.append((self._starts[at], (a, b, c, d, e)))
        return told

    def _seen(self, begin: int) -> int:
        """Mentions that were added from `begin` on."""
        return sum(self._rows[bisect_left(self._starts, begin) * _COLUMNS :: _COLUMNS])

    @staticmethod
    def judges(rate: Rate) -> bool:
        """The topic has few mentions a day."""
        return rate.level * DAY_MINUTES <= _FEW_A_DAY

    @staticmethod
    def may_judge_soon(rate: Rate) -> bool:
        """The topic has few mentions a day, or may in a day or two: a rate does not halve sooner."""
        return rate.level * DAY_MINUTES <= 2.0 * _FEW_A_DAY

    def pages(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> tuple[float, int]:
        """False pages a week of the last day's mentions, in (0, 14], and where that day begins.

        Args:
            recent: Minutes that were not added yet.
            open_minute: Start of the last minute of the day.
            not_before: Mentions of minutes before this do not count: they belong to an event that was told.
        """
        begin = max(open_minute - (DAY_MINUTES - 1) * MINUTE, not_before)
        if not self.judges(rate):
            return BLOCKS_PER_WEEK, begin
        mentions = self._seen(begin)
        mentions += sum(slot.tally.mentions for slot in recent if slot.start >= begin)
        minutes = (open_minute - begin) // MINUTE + 1
        if mentions < _FEWEST or mentions <= rate.daily * minutes:
            return BLOCKS_PER_WEEK, begin
        # what is not known of the rate itself scatters what is to be expected of a day
        unknown = 1.0 + DAY_MINUTES / max(rate.known_minutes, 1.0)
        pages = passages_per_week(mentions, DAY_MINUTES, rate.daily, unknown * rate.clumping(DAY_MINUTES))
        return max(min(TOGETHER * pages, BLOCKS_PER_WEEK), SMALLEST_PAGES), begin

    def room(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int, pages: float) -> float:
        """How many more mentions surely leave false pages above `pages`; below 0 where they may not be."""
        begin = max(open_minute - (DAY_MINUTES - 1) * MINUTE, not_before)
        mentions = self._seen(begin)
        for slot in recent:
            if slot.start >= begin:
                mentions += slot.tally.mentions
        usual = max(_FEWEST - 1.0, rate.daily * ((open_minute - begin) // MINUTE + 1))
        if mentions <= usual:
            return usual - mentions
        return 0.0 if self.pages(recent, open_minute, rate, not_before)[0] > pages else -1.0

    def weighed(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> Weighed:
        """The last day's mentions beside the usual ones, as in `pages`; these odds are exact and not calibrated."""
        pages, begin = self.pages(recent, open_minute, rate, not_before)
        mentions = self._seen(begin)
        mentions += sum(slot.tally.mentions for slot in recent if slot.start >= begin)
        usual = rate.daily * ((open_minute - begin) // MINUTE + 1)
        return Weighed("day", mentions, usual, math.log((max(mentions, 0) + 1.0) / (usual + 1.0)), pages)

    def clear(self) -> None:
        """Forget all: time was not observed."""
        self._starts, self._rows = _NOTHING, _NOTHING

    def snapshot(self) -> list[list[int]]:
        """The state as plain values."""
        return [[start, *sums] for start, sums in self.minutes_since(0)]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of few mentions.
        """
        try:
            self._starts = array("q", [start for start, *_ in state])
            self._rows = array("q", [value for _, *row in state for value in row])
            if len(self._rows) != len(self._starts) * _COLUMNS:
                raise StateCorrupted("the snapshot of few mentions has minutes that lack sums")
        except (TypeError, ValueError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of few mentions cannot be read: {exc!r}") from exc
