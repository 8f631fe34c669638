"""Is a rise anger or joy?"""

import math
from typing import Final

from streams.detectors.mood import Mood
from streams.detectors.trail import Sums
from streams.events import Direction

_MICRO: Final = 1_000_000
_FEWEST: Final = 5
_SURE: Final = 2.0  # standard errors
_CLEARLY_POSITIVE: Final = 0.05  # where the lexicon's authors draw the line between neutral and positive
_BETTER: Final = 0.1
_FEW_NEGATIVE: Final = 0.25


def direction_of(sums: Sums, mood: Mood) -> Direction:
    """`VIRAL` where the mentions are surely positive, or surely no complaint and better than usual; else `CRISIS`.

    Unknown polarity is taken for a crisis: better one look too many.
    """
    _, scored, negative, polarity, _ = sums
    if scored < _FEWEST or negative > scored * max(_FEW_NEGATIVE, mood.negative_share or 0.0):
        return Direction.CRISIS
    mean = polarity / _MICRO / scored
    surely = mean - _SURE * math.sqrt(mood.variance / scored)
    if surely > _CLEARLY_POSITIVE:
        return Direction.VIRAL
    calm = negative <= scored * _FEW_NEGATIVE and mean > -_CLEARLY_POSITIVE
    if calm and mood.polarity is not None and surely > mood.polarity + _BETTER:
        return Direction.VIRAL
    return Direction.CRISIS
