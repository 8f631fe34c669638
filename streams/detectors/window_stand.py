"""What final minutes leave in each window: worked out once for all decisions until the next minute is learned."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.rate import Rate
from streams.detectors.trail import MINUTES, Trail
from streams.detectors.window_scores import SCALES, WindowScores
from streams.windows import MINUTE, Slot

TELLING: Final = 8.0  # usual mentions in half an hour; with fewer, a slow rise to three times as many looks calm
_SURELY: Final = 3.0
_HALF_HOUR: Final = SCALES.index(30)
_UP_TO_NOW: Final = (*(minutes - 1 for minutes in SCALES), MINUTES)


class WindowStand(NamedTuple):
    """One window that ends with the open minute.

    Attributes:
        begin: Its first second.
        final: Mentions in its final minutes.
        plain: With up to so many mentions its odds are those of any half day.
        told: It holds an event that was told already.
    """

    place: int
    minutes: int
    begin: int
    final: int
    plain: float
    told: bool

    def through(self, recent: Sequence[Slot]) -> int:
        """Mentions of the whole window, with those minutes of `recent` that lie in it."""
        begin, mentions = self.begin, self.final
        for slot in recent:
            if slot.start >= begin:
                mentions += slot.tally.mentions
        return mentions


class Stand(NamedTuple):
    """What all decisions of an open minute share.

    Attributes:
        lately: The usual rate, or a higher one of the last hours, mentions a minute.
        calm_up_to: Half an hour with up to so many mentions is like any other; -inf where that is too short to tell.
    """

    open_minute: int
    lately: float
    calm_up_to: float
    windows: tuple[WindowStand, ...]


def rate_lately(lately: int, rate: Rate) -> float:
    """The usual rate, or that of the last three hours where it is surely higher: a busy hour of the day is no step.

    Mentions a minute; of a count n, three standard errors are taken off.

    Args:
        lately: Mentions in the last three hours.
    """
    surely = (lately - _SURELY * math.sqrt(lately)) / MINUTES if lately > 0 else 0.0
    usual = rate.per_minute
    return max(usual, surely)


def stand_of(
    open_minute: int,
    *,
    trail: Trail,
    plain: Sequence[float],
    rate: Rate,
    half_hour: tuple[float, float, float],
    not_before: int,
) -> Stand:
    """Where all windows stand.

    Args:
        plain: Of each window, how many mentions are surely plain.
        half_hour: Mean, low and high of the mentions expected in half an hour.
        not_before: Windows that begin before this hold an event that was told.
    """
    *finals, lately = finals_of(open_minute, trail)
    windows = []
    for place, minutes in enumerate(SCALES):
        begin = open_minute - (minutes - 1) * MINUTE
        windows.append(WindowStand(place, minutes, begin, finals[place], plain[place], begin < not_before))
    usual, _, high = half_hour
    calm_up_to = (usual + high) / 2.0 if usual >= TELLING else -math.inf
    return Stand(open_minute, rate_lately(lately, rate), calm_up_to, tuple(windows))


def finals_of(open_minute: int, trail: Trail) -> list[int]:
    """Mentions in the final minutes of each window that ends with the open minute, and in the last three hours."""
    end = trail.end
    if end is None or end == open_minute:
        return trail.tails(_UP_TO_NOW)
    ahead = (end - open_minute) // MINUTE - 1  # how much of a window is not open yet, or final
    return trail.tails([*(min(minutes + ahead, MINUTES) for minutes in SCALES), MINUTES])


def rarest(stand: Stand, recent: Sequence[Slot], scores: WindowScores, rate: Rate) -> tuple[float, WindowStand | None]:
    """The least false pages a week of all windows, and which of them it is; None where all are plain."""
    least, found = float(BLOCKS_PER_WEEK), None
    for window in stand.windows:
        mentions = window.through(recent)
        if window.told or mentions <= window.plain:
            continue  # the last event is told already, and what is plain decides nothing
        pages = scores.pages(window.place, mentions, rate)
        if pages < least:
            least, found = pages, window
    return least, found


def is_calm(stand: Stand, recent: Sequence[Slot]) -> bool:
    """Whether the last half hour is like any other."""
    return stand.windows[_HALF_HOUR].through(recent) <= stand.calm_up_to
