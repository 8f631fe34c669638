"""Exact odds of a share: how often chance alone makes so many of a window's mentions negative."""

import math
from typing import Final

_LEAST_SHARE: Final = 1e-4
_NEGLIGIBLE: Final = 1e-12


def at_least(negative: int, scored: int, share: float) -> float:
    """The chance of `negative` or more among `scored` mentions, each negative with probability `share`; in [0, 1].

    The binomial tail itself, summed from its largest term; no normal approximation, which few mentions do not obey.

    >>> round(at_least(3, 3, 0.5), 6), at_least(0, 5, 0.2)
    (0.125, 1.0)
    """
    negative = min(negative, scored)
    share = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    return 1.0 if negative <= 0 else _tail(negative, scored, share)


def _tail(negative: int, scored: int, share: float) -> float:
    log_term = math.lgamma(scored + 1.0) - math.lgamma(negative + 1.0) - math.lgamma(scored - negative + 1.0)
    log_term += negative * math.log(share) + (scored - negative) * math.log1p(-share)
    odds = share / (1.0 - share)
    term = total = math.exp(log_term)
    for count in range(negative, scored):
        term *= (scored - count) / (count + 1.0) * odds
        total += term
        if term < _NEGLIGIBLE * total and count > scored * share:
            break
    return min(total, 1.0)
