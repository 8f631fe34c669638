"""Is a rise anger or joy?"""

import math
from typing import Final

from streams.detectors.mood import Mood
from streams.detectors.trail import Sums
from streams.events import Direction
from streams.tone import NEGATIVE_UP_TO

_MICRO: Final = 1_000_000
_FEWEST: Final = 3
_WORSE: Final = 2.0  # standard errors
_NEGATIVE: Final = 1.0  # standard errors
_USUAL_SHARE: Final = 0.2  # negative, of a topic whose mood is not known yet
_MANY_COMPLAINTS: Final = 0.15
_MANY: Final = 20
_MOST_USUAL: Final = 0.9
_SMALLEST_VARIANCE: Final = 0.05


def direction_of(sums: Sums, mood: Mood, expected: float) -> Direction:
    """`CRISIS` where what came on top of the usual is angrier than it, negative or full of complaints; else `VIRAL`.

    The excess is the window less `expected` mentions in the usual mood. It is angrier than usual where its share of
    negative mentions lies two standard errors above the usual share, and negative where its mean polarity lies a
    standard error below -0.05. It is full of complaints where, of 20 or more, its negative share lies a standard error
    above 0.15 and is not clearly less than usual: where people complain, more of the usual is more complaints. Fewer
    than three scored mentions say nothing: unknown is taken for a crisis, better one look too many. The errors are
    those of a binomial share and of a mean, taken over the whole window.
    """
    mentions, scored, negative, polarity, squares = sums
    if scored < _FEWEST or mentions <= 0:
        return Direction.CRISIS
    usual = min(expected * scored / mentions, _MOST_USUAL * scored)
    excess = scored - usual
    share = _USUAL_SHARE if mood.negative_share is None else mood.negative_share
    worse = (negative - usual * share) / excess - share
    # a share of nought would have no error: half a mention more on either side
    spread = (share * mood.scored + 0.5) / (mood.scored + 1.0) if mood.scored else share
    error = math.sqrt(spread * (1.0 - spread) * scored) / excess
    if worse > _WORSE * error:
        return Direction.CRISIS
    if excess >= _MANY and share + worse - error >= _MANY_COMPLAINTS and worse > -_WORSE * error:
        return Direction.CRISIS
    mean = polarity / _MICRO / scored
    own = (polarity / _MICRO - usual * (mood.polarity or 0.0)) / excess
    variance = max(squares / _MICRO / scored - mean * mean, _SMALLEST_VARIANCE)
    if own + _NEGATIVE * math.sqrt(variance * scored) / excess < NEGATIVE_UP_TO:
        return Direction.CRISIS
    return Direction.VIRAL
