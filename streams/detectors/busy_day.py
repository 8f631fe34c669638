"""A day's mentions of a topic that has many, by half hours, calibrated by their own block maxima."""

import math
from array import array
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

    __slots__ = ("_maxima", "_mentions", "_newest", "_rows")

    def __init__(self, prior: Prior | None = None) -> None:
        self._rows = array("q")  # five sums for each half hour of a day, a ring; empty until it is needed
        self._newest = self._mentions = 0
        lean = NO_LEAN if prior is None else prior.lean(BUSY_DAY)
        self._maxima = BlockMaxima(_PRIOR_LOCATION, _PRIOR_SCALE, lean)

    @property
    def lean(self) -> Lean | None:
        """How the topic's own maxima lie beside the prior of its rate; None before a week of them."""
        return self._maxima.lean

    def add(self, slot: Slot, rate: Rate) -> None:
        """One more final minute with mentions; the half hours before it teach how high a day can get."""
        half = slot.start // HALF_HOUR
        if not self._rows:
            self._rows, self._newest, self._mentions = array("q", bytes(8 * _KEPT * _COLUMNS)), half, 0
        if half != self._newest:
            self._turn(half, rate)
        rows, first, sums = self._rows, half % _KEPT * _COLUMNS, sums_of(slot.tally)
        self._mentions += sums[0]
        for column, value in enumerate(sums, start=first):
            if value:
                rows[column] += value

    def _turn(self, half: int, rate: Rate) -> None:
        end = (self._newest + 1) * HALF_HOUR
        mentions, usual = self._seen(end - MINUTE), rate.level * DAY_MINUTES
        if mentions > usual:
            self._maxima.add(_score(mentions, usual))
        for gone in range(max(self._newest + 1, half - _KEPT + 1), half + 1):
            first = gone % _KEPT * _COLUMNS
            self._mentions -= self._rows[first]
            for column in range(first, first + _COLUMNS):
                self._rows[column] = 0
        self._newest = half

    def minutes_since(self, start: int) -> list[tuple[int, Sums]]:
        """The half hours with mentions that begin at `start` or later, oldest first, each with its sums."""
        if not self._rows:
            return []
        told = []
        for half in range(max(self._newest - _KEPT + 1, -(-start // HALF_HOUR)), self._newest + 1):
            first = half % _KEPT * _COLUMNS
            a, b, c, d, e = self._rows[first : first + _COLUMNS]
            if a:
                told.append((half * HALF_HOUR, (a, b, c, d, e)))
        return told

    def _seen(self, open_minute: int) -> int:
        """Mentions that were added, in the day that ends with this minute."""
        if not self._rows:
            return 0
        oldest = open_minute // HALF_HOUR - _KEPT + 1
        mentions = self._mentions
        for half in range(self._newest - _KEPT + 1, min(oldest, self._newest + 1)):
            mentions -= self._rows[half % _KEPT * _COLUMNS]
        return mentions

    def pages(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> tuple[float, int]:
        """False pages a week of the last day's mentions, in (0, 14], and where that day begins.

        Args:
            recent: Minutes that were not added yet.
            open_minute: Start of the last minute of the day.
            not_before: A day that begins before this holds an event that was told, and shows nothing.
        """
        begin = (open_minute // HALF_HOUR - _KEPT + 1) * HALF_HOUR
        if begin < not_before or not self._rows:
            return BLOCKS_PER_WEEK, begin
        mentions = self._seen(open_minute)
        for slot in recent:
            mentions += slot.tally.mentions
        minutes = (open_minute - begin) // MINUTE + 1
        usual = rate.level * minutes
        if mentions <= usual:
            return BLOCKS_PER_WEEK, begin
        pages = self._maxima.false_pages_per_week(_score(mentions, usual))
        if pages <= _WORTH_A_CHECK:
            # what is not known of the rate itself scatters what is to be expected of a day
            unknown = 1.0 + DAY_MINUTES / max(rate.known_minutes, 1.0)
            by_chance = passages_per_week(mentions, minutes, rate.level, unknown * rate.clumping(DAY_MINUTES))
            pages = max(pages, by_chance, SMALLEST_PAGES)
        return min(TOGETHER * pages, BLOCKS_PER_WEEK), begin

    def room(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int, pages: float) -> float:
        """How many more mentions surely leave false pages above `pages`; below 0 where they may not be."""
        begin = (open_minute // HALF_HOUR - _KEPT + 1) * HALF_HOUR
        if begin < not_before or not self._rows:
            return math.inf
        mentions = self._seen(open_minute)
        for slot in recent:
            mentions += slot.tally.mentions
        usual = rate.level * ((open_minute - begin) // MINUTE + 1)
        score = min(self._maxima.level(pages / TOGETHER), _FARTHEST)
        return max(usual, (usual + 1.0) * math.exp(score) * (1.0 - 1e-9) - 1.0) - mentions

    def weighed(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> Weighed:
        """The last day's mentions beside the usual ones, as in `pages`."""
        pages, begin = self.pages(recent, open_minute, rate, not_before)
        mentions = self._seen(open_minute) + sum(slot.tally.mentions for slot in recent)
        usual = rate.level * ((open_minute - begin) // MINUTE + 1)
        score = _score(max(mentions, 0), usual)
        return self._maxima.weighed("day", mentions, usual, score, pages, told=begin < not_before)

    def close_block(self) -> None:
        """Twelve hours are over; those of a topic with few mentions teach nothing."""
        if self._rows:
            self._maxima.close_block()

    def expect(self, rate: Rate, margin: float) -> None:
        """Where half a day's highest score should lie for a stream of this rate, as far as nothing better is known."""
        mean = rate.level * DAY_MINUTES
        spread = math.sqrt(rate.clumping(DAY_MINUTES) * mean) / (mean + 1.0)
        scale = min(spread, _PRIOR_SCALE)
        self._maxima.expect(math.log1p(spread) + margin, scale)

    def clear(self) -> None:
        """Forget the day: time was not observed, or the topic has few mentions."""
        self._rows = array("q")

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [self._rows.tobytes(), self._newest, self._maxima.snapshot()]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a busy day.
        """
        try:
            rows, newest, maxima = state
            self._rows, self._newest = array("q", rows), int(newest)
            if len(self._rows) not in {0, _KEPT * _COLUMNS}:
                raise StateCorrupted(f"the snapshot of a day has {len(self._rows)} sums")
            self._mentions = sum(self._rows[::_COLUMNS])
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a day cannot be read: {exc!r}") from exc
        self._maxima.restore(maxima)


def _score(mentions: int, usual: float) -> float:
    return math.log((mentions + 1.0) / (usual + 1.0))
