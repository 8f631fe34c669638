"""Exact odds for few mentions: how often chance alone brings so many into a window that slides along."""

import math
from typing import Final

_SMALLEST_MEAN: Final = 1e-9
_LEAST_CLUMPING: Final = 1e-3
_WEEK_MINUTES: Final = 7 * 24 * 60


def passages_per_week(mentions: int, minutes: float, per_minute: float, clumping: float) -> float:
    """How many separate times a week a window of `minutes` slides onto `mentions` or more, at the usual rate.

    A window comes to hold `mentions` when one more arrives while it holds one less; of those moments a share of
    mean / mentions belongs to a passage that is going on already. Within a standard deviation of the mean that says
    nothing, and the answer is infinite.

    Args:
        mentions: At least 1.
        per_minute: The usual rate.
        clumping: Variance over mean of the counts in such a window, >= 1: 1 is a Poisson stream, more a negative
            binomial one.

    Source:
        Alm, "On the distribution of the scan statistic of a Poisson process", in: Gut and Holst (eds.), Probability and
        Mathematical Statistics, Uppsala, 1983; Naus, "Approximations for distributions of scan statistics", JASA 77,
        1982. A test compares it with simulation.
    """
    mean = max(per_minute * minutes, _SMALLEST_MEAN)
    if mentions <= mean + math.sqrt(clumping * mean):
        return math.inf
    before = mentions - 1
    log_share = -math.lgamma(before + 1.0)
    if clumping - 1.0 < _LEAST_CLUMPING:
        log_share += before * math.log(mean) - mean
    else:
        size = mean / (clumping - 1.0)
        log_share += math.lgamma(before + size) - math.lgamma(size)
        log_share += before * math.log1p(-1.0 / clumping) - size * math.log(clumping)
    arrivals = max(per_minute, _SMALLEST_MEAN / minutes) * _WEEK_MINUTES
    return arrivals * math.exp(log_share) * (1.0 - mean / mentions)
