"""What final minutes leave in each window: worked out once for all decisions until the next minute is learned."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.rate import Rate
from streams.detectors.trail import MINUTES, Trail
from streams.detectors.window_scores import SCALES, WindowScores
from streams.windows import MINUTE, Slot

TELLING: Final = 8.0  # usual mentions in half an hour; with fewer, a slow rise to three times as many looks calm
_SURELY: Final = 3.0
HALF_HOUR: Final = 30
_PLACE: Final = SCALES.index(HALF_HOUR)
_BACK: Final = tuple((minutes - 1) * MINUTE for minutes in SCALES)  # a window begins so long before the open minute
_UP_TO_NOW: Final = (*(minutes - 1 for minutes in SCALES), MINUTES)


class Stand(msgspec.Struct, frozen=True, gc=False):
    """What all decisions of an open minute share; its windows are those of `SCALES`, each ends with that minute.

    Attributes:
        lately: The usual rate, or a higher one of the last hours, mentions a minute.
        calm_up_to: Half an hour with up to so many mentions, a standard deviation above the mean, is like any other;
            -inf where that is too short to tell.
        finals: Mentions in the final minutes of each window.
        plain: With up to so many mentions a window's odds are those of any half day.
        not_before: Windows that begin before this hold an event that was told.
    """

    open_minute: int
    lately: float
    calm_up_to: float
    finals: Sequence[int]
    plain: Sequence[float]
    not_before: int

    def begin(self, place: int) -> int:
        """First second of a window."""
        return self.open_minute - _BACK[place]

    def is_told(self, place: int) -> bool:
        """It holds an event that was told already."""
        return self.begin(place) < self.not_before


def through(finals: Iterable[int], open_minute: int, recent: Sequence[Slot]) -> list[int]:
    """Mentions of the whole windows that end with the open minute.

    Args:
        finals: Mentions in the final minutes of each.
        recent: Minutes that are not final, oldest first.
    """
    heard, left, mentions = 0, len(recent), []
    for final, back in zip(finals, _BACK, strict=True):
        begin = open_minute - back
        while left and (slot := recent[left - 1]).start >= begin:  # each window is wider than the one before
            heard += slot.tally.mentions
            left -= 1
        mentions.append(final + heard)
    return mentions


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
    not_before: int,
) -> Stand:
    """Where all windows stand.

    Args:
        plain: Of each window, how many mentions are surely plain.
        not_before: Windows that begin before this hold an event that was told.
    """
    *finals, lately = finals_of(open_minute, trail)
    usual = rate.mean(HALF_HOUR)
    calm_up_to = usual + math.sqrt(rate.clumping(HALF_HOUR) * usual) if usual >= TELLING else -math.inf
    return Stand(open_minute, rate_lately(lately, rate), calm_up_to, finals, plain, not_before)


def finals_of(open_minute: int, trail: Trail) -> list[int]:
    """Mentions in the final minutes of each window that ends with the open minute, and in the last three hours."""
    end = trail.end
    if end is None or end == open_minute:
        return trail.tails(_UP_TO_NOW)
    ahead = (end - open_minute) // MINUTE - 1  # how much of a window is not open yet, or final
    return trail.tails([*(min(minutes + ahead, MINUTES) for minutes in SCALES), MINUTES])


def rarest(stand: Stand, mentions: Sequence[int], scores: WindowScores, rate: Rate) -> tuple[float, int | None]:
    """The least false pages a week of all windows, and which of them it is; None where all are plain.

    Args:
        mentions: Of the whole windows.
    """
    least, found = float(BLOCKS_PER_WEEK), None
    for place, count in enumerate(mentions):
        if count <= stand.plain[place] or stand.is_told(place):
            continue  # what is plain decides nothing, and the last event is told already
        pages = scores.pages(place, count, rate)
        if pages < least:
            least, found = pages, place
    return least, found


def is_calm(stand: Stand, mentions: Sequence[int]) -> bool:
    """Whether the last half hour is like any other; args as of `rarest`."""
    return mentions[_PLACE] <= stand.calm_up_to
