"""Is a rise anger or joy?"""

import math
from typing import Final

from streams.detectors.excess import Excess
from streams.events import Direction
from streams.tone import NEGATIVE_UP_TO

_FEWEST: Final = 3
_WORSE: Final = 2.0  # standard errors
_NEGATIVE: Final = 1.0  # standard errors
_MANY_COMPLAINTS: Final = 0.15
_MANY: Final = 20


def direction_of(excess: Excess) -> Direction:
    """`CRISIS` where what came on top of the usual is angrier than it, negative or full of complaints; else `VIRAL`.

    It is angrier than usual where its share of negative mentions lies two standard errors above the usual share, and
    negative where its mean polarity lies a standard error below -0.05. It is full of complaints where, of 20 or more,
    its negative share lies a standard error above 0.15 and is not clearly less than usual: where people complain, more
    of the usual is more complaints. Fewer than three scored mentions say nothing: unknown is taken for a crisis, better
    one look too many. The errors are those of a binomial share and of a mean, taken over the whole window.
    """
    if excess.scored < _FEWEST:
        return Direction.CRISIS
    on_top = excess.mentions
    share, worse = excess.usual_negative / on_top, excess.angrier / on_top
    error = math.sqrt(excess.spread) / on_top
    if worse > _WORSE * error:
        return Direction.CRISIS
    if on_top >= _MANY and share + worse - error >= _MANY_COMPLAINTS and worse > -_WORSE * error:
        return Direction.CRISIS
    if excess.polarity / on_top + _NEGATIVE * math.sqrt(excess.scatter) / on_top < NEGATIVE_UP_TO:
        return Direction.CRISIS
    return Direction.VIRAL
