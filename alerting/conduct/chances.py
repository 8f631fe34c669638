"""How likely counts are with nothing wrong. Pure."""

import math
from typing import Final

_TOO_SMALL: Final = 1e-300


def as_many(count: int, mean: float) -> float:
    """Chance of `count` or more where the mean is `mean` and every single one varies as answers do.

    Answers to posts are far from Poisson: a geometric number of them allows for as much variance as mean squared.

    >>> round(as_many(3, 1.0), 3), as_many(0, 1.0)
    (0.125, 1.0)
    """
    if count <= 0:
        return 1.0
    return max((mean / (1 + mean)) ** count, _TOO_SMALL) if mean > 0 else _TOO_SMALL


def as_negative(negative: int, scored: int, share: float) -> float:
    """Chance of `negative` or more out of `scored` at this share, exact binomial.

    >>> round(as_negative(2, 2, 0.5), 2), as_negative(0, 5, 0.5)
    (0.25, 1.0)
    """
    if negative <= 0:
        return 1.0
    if not 0 < share < 1:
        return _TOO_SMALL if share <= 0 else 1.0
    tail = sum(
        math.comb(scored, some) * share**some * (1 - share) ** (scored - some) for some in range(negative, scored + 1)
    )
    return min(max(tail, _TOO_SMALL), 1.0)


def of_both(one: float, other: float) -> float:
    """Chance that the product of two independent chances is as small as theirs.

    >>> of_both(1.0, 1.0), round(of_both(0.1, 0.1), 3)
    (1.0, 0.056)

    Source:
        Fisher, "Statistical Methods for Research Workers", 21.1 (for two).
    """
    product = max(one * other, _TOO_SMALL)
    return min(product * (1 - math.log(product)), 1.0)
