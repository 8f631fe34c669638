"""How much may still be said before a window's mood could be far below the usual one."""

from typing import Final

from streams.detectors.mood import Mood
from streams.detectors.trail import Sums

_MICRO: Final = 1_000_000
_LOOKED_AHEAD: Final = 8  # a window grows by this part of itself at most: its standard error shrinks with it
_FEWEST_AHEAD: Final = 4
_HAIR: Final = 1e-4  # of a mention: more than all that rounding does


def room_before_fall(sums: Sums, mood: Mood, turn: float, errors: float) -> float:
    """How many more mentions, angry all of them, leave the mean above the lower of two marks; below 0 where it is not.

    Args:
        sums: Of the window.
        mood: The usual one.
        turn: One mark lies so far below the usual mean.
        errors: The other one so many standard errors.
    """
    scored, usual = sums[1], mood.polarity or 0.0
    ahead = max(scored // _LOOKED_AHEAD, _FEWEST_AHEAD)
    lowest = usual - max(turn, errors * mood.error(max(scored + ahead, 1)))
    if lowest <= -1.0:
        return ahead
    return min(ahead, (sums[3] / _MICRO - lowest * scored) / (1.0 + lowest) - _HAIR)


def room_within_share(sums: Sums, share: float) -> float:
    """How many more mentions, negative all of them, leave the share of negative ones at `share` or less."""
    return (sums[1] * share - sums[2]) / max(1.0 - share, _HAIR) - _HAIR
