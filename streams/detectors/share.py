"""Exact odds of a share: how often chance alone makes so many of a window's mentions negative."""

import math
from typing import Final

_LEAST_SHARE: Final = 1e-4
_NEGLIGIBLE: Final = 1e-12


def at_least(negative: int, scored: int, share: float) -> float:
    """The chance of `negative` or more among `scored` mentions, each negative with probability `share`; in [0, 1].

    The binomial tail itself, summed from its largest term; no normal approximation, which few mentions do not obey.
    Its terms fall from there on, so the work grows with the square root of the mentions.

    >>> round(at_least(3, 3, 0.5), 6), at_least(0, 5, 0.2)
    (0.125, 1.0)
    """
    negative = min(negative, scored)
    share = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    if negative <= 0:
        return 1.0
    if negative > scored * share:
        return _tail(negative, scored, share)
    # fewer than are usual: what is left of them is the tail of those that are not negative
    return max(1.0 - _tail(scored - negative + 1, scored, 1.0 - share), 0.0)


def _tail(least: int, scored: int, share: float) -> float:
    log_term = math.lgamma(scored + 1.0) - math.lgamma(least + 1.0) - math.lgamma(scored - least + 1.0)
    log_term += least * math.log(share) + (scored - least) * math.log1p(-share)
    odds = share / (1.0 - share)
    term = total = math.exp(log_term)
    for count in range(least, scored):
        term *= (scored - count) / (count + 1.0) * odds
        total += term
        if term <= _NEGLIGIBLE * total:
            break
    return min(total, 1.0)
