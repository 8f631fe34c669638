"""What came on top of the usual, and how its mood lies beside the usual one."""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from streams.detectors.mood import Mood
from streams.detectors.trail import Sums

_MICRO: Final = 1_000_000
_USUAL_SHARE: Final = 0.2  # negative, of a topic whose mood is not known yet
_MOST_USUAL: Final = 0.9
_SMALLEST_VARIANCE: Final = 0.05


class Excess(NamedTuple):
    """Sums over the mentions of a window, less as many in the usual mood as are usual. Those of several topics add up.

    Attributes:
        scored: Mentions of the window with a polarity, the usual ones too.
        mentions: On top, of the scored ones.
        angrier: Negative ones beyond the usual share of all scored.
        usual_negative: As many as would be negative on top in the usual mood.
        spread: Variance of the number of negative ones.
        polarity: Sum on top.
        scatter: Variance of that sum.
    """

    scored: int
    mentions: float
    angrier: float
    usual_negative: float
    spread: float
    polarity: float
    scatter: float


NOTHING: Final = Excess(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def excess_of(sums: Sums, mood: Mood, expected: float) -> Excess:
    """Of one topic's window, of which so many mentions are usual; where nothing was scored there is nothing to tell."""
    mentions, scored, negative, polarity, squares = sums
    if scored <= 0 or mentions <= 0:
        return NOTHING
    usual = min(expected * scored / mentions, _MOST_USUAL * scored)
    excess = scored - usual
    share = _USUAL_SHARE if mood.negative_share is None else mood.negative_share
    # a share of nought would have no error: half a mention more on either side
    spread = (share * mood.scored + 0.5) / (mood.scored + 1.0) if mood.scored else share
    mean = polarity / _MICRO / scored
    variance = max(squares / _MICRO / scored - mean * mean, _SMALLEST_VARIANCE)
    return Excess(
        scored=scored,
        mentions=excess,
        angrier=negative - scored * share,
        usual_negative=excess * share,
        spread=spread * (1.0 - spread) * scored,
        polarity=polarity / _MICRO - usual * (mood.polarity or 0.0),
        scatter=variance * scored,
    )


def excess_of_all(excesses: Iterable[Excess]) -> Excess:
    """Of several topics together, each measured by what is usual for it."""
    found = list(zip(*excesses, strict=True))
    if not found:
        return NOTHING
    scored, *others = found
    return Excess(sum(scored), *[math.fsum(values) for values in others])
