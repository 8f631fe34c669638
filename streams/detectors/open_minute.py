"""What the past means for decisions of the open minute, kept for as long as it holds."""

from array import array
from collections.abc import Sequence
from typing import Final

from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.minute_memo import MinuteMemo
from streams.detectors.rate import Rate
from streams.detectors.trail import Trail
from streams.detectors.window_scores import SCALES, WindowScores
from streams.detectors.window_stand import Stand, finals_of, rate_lately, stand_of, through
from streams.windows import Slot

_PLAIN: Final = float(BLOCKS_PER_WEEK)


class OpenMinute:
    """Works out where windows stand, and what they may hold and be as usual, as seldom as it can."""

    __slots__ = ("_bands", "_limits", "_plain", "_rate", "_scores", "_stand", "_trail")

    def __init__(self, trail: Trail, rate: Rate, scores: WindowScores) -> None:
        self._trail, self._rate, self._scores = trail, rate, scores
        self._stand: MinuteMemo[Stand] = MinuteMemo()
        self._bands: tuple[tuple[int, tuple[float, float, float]], ...] = ()  # by minutes: a dictionary of two is large
        self._plain: array[float] | None = None  # of each window, how many mentions are surely plain
        self._limits: array[float] | None = None  # and how many are usual at the odds that stand last

    def learned(self) -> None:
        """One more minute is final; with a rhythm of the week that alone makes something else usual."""
        if self._rate.has_season:
            self.revised()
        else:
            self._stand.forget()

    def recalibrated(self) -> None:
        """What the windows' scores are measured with is another one."""
        self._stand.forget()
        self._limits = self._plain = None

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
            plain=self._plain_up_to(),
            rate=self._rate,
            not_before=not_before,
        )

    def _plain_up_to(self) -> "array[float]":
        if self._plain is None:
            self._plain = array("d", self._up_to(_PLAIN))
        return self._plain

    def room(self, open_minute: int, recent: Sequence[Slot], pages: float) -> tuple[float, float]:
        """How many more mentions, wherever they come, leave every window above so many false pages a week.

        Below 0 where one may not be now. And the usual rate, as a stand has it lately.
        """
        limits = self._limits
        if limits is None or pages != limits[-1]:
            limits = self._limits = array("d", [*self._up_to(pages), pages])
        *finals, lately = finals_of(open_minute, self._trail)
        mentions = through(finals, open_minute, recent)
        room = min([limit - count for limit, count in zip(limits, mentions, strict=False)])
        return room, rate_lately(lately, self._rate)

    def _up_to(self, pages: float) -> "list[float]":
        """Of each window, how many mentions are surely usual at these odds."""
        return [self._scores.usual_up_to(place, self._rate, pages) for place in range(len(SCALES))]
