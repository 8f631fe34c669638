"""Draws that simulated worlds have in common."""

import math
from random import Random
from typing import Final

_MANY: Final = 30.0


def poisson(random: Random, mean: float) -> int:
    """How many of what comes by chance, `mean` of them on average; of many the rounded normal law."""
    if mean <= 0:
        return 0
    if mean > _MANY:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, drawn, product = math.exp(-mean), 0, random.random()
    while product > limit:
        drawn += 1
        product *= random.random()
    return drawn
