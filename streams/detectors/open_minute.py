"""What the past means for decisions of the open minute, kept for as long as it holds."""

from array import array
from collections.abc import Sequence
from typing import Final

from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.minute_memo import MinuteMemo
from streams.detectors.rate import Rate
from streams.detectors.trail import Trail
from streams.detectors.window_scores import SCALES, WindowScores
from streams.detectors.window_stand import Stand, stand_of
from streams.windows import Slot

_HALF_HOUR: Final = 30
_PLAIN: Final = float(BLOCKS_PER_WEEK)


class OpenMinute:
    """Works out where windows stand, and what they may hold and be as usual, as seldom as it can."""

    __slots__ = ("_bands", "_limits", "_rate", "_scores", "_stand", "_trail")

    def __init__(self, trail: Trail, rate: Rate, scores: WindowScores) -> None:
        self._trail, self._rate, self._scores = trail, rate, scores
        self._stand: MinuteMemo[Stand] = MinuteMemo()
        self._bands: tuple[tuple[int, tuple[float, float, float]], ...] = ()  # by minutes: a dictionary of two is large
        self._limits: array[float] | None = None

    def learned(self) -> None:
        """One more minute is final; with a rhythm of the week that alone makes something else usual."""
        self._stand.forget()
        if self._rate.has_season:
            self.revised()

    def recalibrated(self) -> None:
        """What the windows' scores are measured with is another one."""
        self._stand.forget()
        self._limits = None

    def revised(self) -> None:
        """The rate is another one."""
        self.recalibrated()
        self._bands = ()

    def band(self, minutes: int) -> tuple[float, float, float]:
        """Mean, low and high of the mentions usual in so many minutes."""
        for known, band in self._bands:
            if known == minutes:
                return band
        band = self._rate.band(minutes)
        self._bands = (*self._bands, (minutes, band))
        return band

    def stand(self, open_minute: int, not_before: int) -> Stand:
        """Where all windows stand; windows that begin before `not_before` hold an event that was told."""
        return self._stand.of(open_minute, lambda at: self._look(at, not_before))

    def _look(self, open_minute: int, not_before: int) -> Stand:
        return stand_of(
            open_minute,
            trail=self._trail,
            plain=self._up_to(_PLAIN)[: len(SCALES)],
            rate=self._rate,
            half_hour=self.band(_HALF_HOUR),
            not_before=not_before,
        )

    def room(self, stand: Stand, recent: Sequence[Slot], pages: float) -> float:
        """How many more mentions, wherever they come, leave every window above so many false pages a week.

        Below 0 where one may not be now.
        """
        room = float("inf")
        for window, limit in zip(stand.windows, self._up_to(pages)[len(SCALES) :], strict=False):
            room = min(room, limit - window.through(recent))
        return room

    def _up_to(self, pages: float) -> "array[float]":
        """Of each window, how many mentions are surely plain; how many are usual at these odds; and these."""
        known = self._limits
        if known is None or (pages != known[-1] and pages != _PLAIN):
            each = range(len(SCALES))
            of_both = [[self._scores.usual_up_to(at, self._rate, odds) for at in each] for odds in (_PLAIN, pages)]
            known = self._limits = array("d", [*of_both[0], *of_both[1], pages])
        return known
