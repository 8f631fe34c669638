"""A day's mentions of a topic that has many, by half hours, calibrated by their own block maxima."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.few_mentions import DAY_MINUTES
from streams.detectors.prior import NO_LEAN, Lean, Prior
from streams.detectors.rate import Rate
from streams.detectors.scan import passages_per_week
from streams.detectors.trail import Sums, sums_of
from streams.detectors.window_scores import SMALLEST_PAGES, TOGETHER
from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot

BUSY_DAY: Final = "window-day"
HALF_HOUR: Final = 1800
_KEPT: Final = 48
_COLUMNS: Final = 5
_NOTHING: Final = array("q")  # shared by all that have none
_PRIOR_LOCATION: Final = 0.5
_PRIOR_SCALE: Final = 0.4
_FARTHEST: Final = 100.0
_WORTH_A_CHECK: Final = 5.0  # as `window_scores` has it


class BusyDay:
    """How surprising the mentions of the last day are, in false pages a week: a day holds every hour once.

    It finds what lasts: a topic that has twice its usual mentions all day long shows no hour that a lively evening
    would not. The window begins with a half hour, 23.5 to 24 hours ago; nothing is kept of a topic that never speaks.

    Source:
        Hosking 1990 (see `block_maxima`), Alm 1983 (see `scan`).
    """

    __slots__ = ("_halves", "_maxima", "_mentions", "_newest", "_rows")

    def __init__(self, prior: Prior | None = None) -> None:
        self._halves, self._rows = _NOTHING, _NOTHING  # half hours with mentions, oldest first, and five sums of each
        self._newest: int | None = None
        self._mentions = 0
        lean = NO_LEAN if prior is None else prior.lean(BUSY_DAY)
        self._maxima = BlockMaxima(_PRIOR_LOCATION, _PRIOR_SCALE, lean)

    @property
    def lean(self) -> Lean | None:
        """How the topic's own maxima lie beside the prior of its rate; None before a week of them."""
        return self._maxima.lean

    def add(self, slot: Slot, rate: Rate) -> None:
        """One more final minute with mentions; the half hours before it teach how high a day can get."""
        half = slot.start // HALF_HOUR
        if self._newest is None:
            self._halves, self._rows, self._mentions = array("q"), array("q"), 0
        elif half != self._newest:
            self._turn(self._newest, half, rate)
        self._newest = half
        rows, sums = self._rows, sums_of(slot.tally)
        self._mentions += sums[0]
        if self._halves and self._halves[-1] == half:
            for column, value in enumerate(sums, start=len(rows) - _COLUMNS):
                if value:
                    rows[column] += value
        else:
            self._halves.append(half)
            rows.extend(sums)

    def _turn(self, newest: int, half: int, rate: Rate) -> None:
        mentions, usual = self._seen((newest + 1) * HALF_HOUR - MINUTE), rate.level * DAY_MINUTES
        if mentions > usual:
            self._maxima.add(_score(mentions, usual))
        stale = bisect_right(self._halves, half - _KEPT)
        self._mentions -= sum(self._rows[: stale * _COLUMNS : _COLUMNS])
        del self._halves[:stale], self._rows[: stale * _COLUMNS]

    def minutes_since(self, start: int) -> list[tuple[int, Sums]]:
        """The half hours with mentions that begin at `start` or later, oldest first, each with its sums."""
        told = []
        for at in range(bisect_left(self._halves, -(-start // HALF_HOUR)), len(self._halves)):
            a, b, c, d, e = self._rows[at * _COLUMNS : (at + 1) * _COLUMNS]
            if a:
                told.append((self._halves[at] * HALF_HOUR, (a, b, c, d, e)))
        return told

    def _seen(self, open_minute: int) -> int:
        """Mentions that were added, in the day that ends with this minute."""
        before = bisect_left(self._halves, open_minute // HALF_HOUR - _KEPT + 1)
        return self._mentions - sum(self._rows[: before * _COLUMNS : _COLUMNS]) if before else self._mentions

    def pages(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> tuple[float, int]:
        """False pages a week of the last day's mentions, in (0, 14], and where that day begins.

        Args:
            recent: Minutes that were not added yet.
            open_minute: Start of the last minute of the day.
            not_before: A day that begins before this holds an event that was told, and shows nothing.
        """
        begin = (open_minute // HALF_HOUR - _KEPT + 1) * HALF_HOUR
        if begin < not_before or self._newest is None:
            return BLOCKS_PER_WEEK, begin
        mentions = self._seen(open_minute)
        for slot in recent:
            mentions += slot.tally.mentions
        minutes = (open_minute - begin) // MINUTE + 1
        usual = rate.daily * minutes
        if mentions <= usual:
            return BLOCKS_PER_WEEK, begin
        pages = self._maxima.false_pages_per_week(_score(mentions, usual))
        if pages <= _WORTH_A_CHECK:
            # what is not known of the rate itself scatters what is to be expected of a day
            unknown = 1.0 + DAY_MINUTES / max(rate.known_minutes, 1.0)
            by_chance = passages_per_week(mentions, minutes, rate.daily, unknown * rate.clumping(DAY_MINUTES))
            pages = max(pages, by_chance, SMALLEST_PAGES)
        return min(TOGETHER * pages, BLOCKS_PER_WEEK), begin

    def room(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int, pages: float) -> float:
        """How many more mentions surely leave false pages above `pages`; below 0 where they may not be."""
        begin = (open_minute // HALF_HOUR - _KEPT + 1) * HALF_HOUR
        if begin < not_before or self._newest is None:
            return math.inf
        mentions = self._seen(open_minute)
        for slot in recent:
            mentions += slot.tally.mentions
        usual = rate.daily * ((open_minute - begin) // MINUTE + 1)
        score = min(self._maxima.level(pages / TOGETHER), _FARTHEST)
        return max(usual, (usual + 1.0) * math.exp(score) * (1.0 - 1e-9) - 1.0) - mentions

    def weighed(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> Weighed:
        """The last day's mentions beside the usual ones, as in `pages`."""
        pages, begin = self.pages(recent, open_minute, rate, not_before)
        mentions = self._seen(open_minute) + sum(slot.tally.mentions for slot in recent)
        usual = rate.daily * ((open_minute - begin) // MINUTE + 1)
        score = _score(max(mentions, 0), usual)
        return self._maxima.weighed("day", mentions, usual, score, pages, told=begin < not_before)

    def close_block(self) -> None:
        """Twelve hours are over; those of a topic with few mentions teach nothing."""
        if self._newest is not None:
            self._maxima.close_block()

    def expect(self, rate: Rate, margin: float) -> None:
        """Where half a day's highest score should lie for a stream of this rate, as far as nothing better is known."""
        mean = rate.level * DAY_MINUTES
        spread = math.sqrt(rate.clumping(DAY_MINUTES) * mean) / (mean + 1.0)
        scale = min(spread, _PRIOR_SCALE)
        self._maxima.expect(math.log1p(spread) + margin, scale)

    def clear(self) -> None:
        """Forget the day: time was not observed, or the topic has few mentions."""
        self._halves, self._rows, self._newest, self._mentions = _NOTHING, _NOTHING, None, 0

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        ring = array("q", bytes(0 if self._newest is None else 8 * _KEPT * _COLUMNS))
        for at, half in enumerate(self._halves):
            first = half % _KEPT * _COLUMNS
            ring[first : first + _COLUMNS] = self._rows[at * _COLUMNS : (at + 1) * _COLUMNS]
        return [ring.tobytes(), self._newest or 0, self._maxima.snapshot()]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a busy day.
        """
        try:
            sums, newest, maxima = state
            ring = array("q", sums)
            if len(ring) not in {0, _KEPT * _COLUMNS}:
                raise StateCorrupted(f"the snapshot of a day has {len(ring)} sums")
            self.clear()
            if ring:
                self._take(ring, int(newest))
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a day cannot be read: {exc!r}") from exc
        self._maxima.restore(maxima)

    def _take(self, ring: "array[int]", newest: int) -> None:
        self._halves, self._rows, self._newest = array("q"), array("q"), newest
        self._mentions = sum(ring[::_COLUMNS])
        for half in range(newest - _KEPT + 1, newest + 1):
            first = half % _KEPT * _COLUMNS
            row = ring[first : first + _COLUMNS]
            if any(row):
                self._halves.append(half)
                self._rows.extend(row)


def _score(mentions: int, usual: float) -> float:
    return math.log((mentions + 1.0) / (usual + 1.0))
