"""Whom the brand might answer: a fair sample of what people said for themselves in an event. Pure."""

from collections.abc import Iterable
from typing import Final

from streams.evidence.reading import Read
from streams.evidence.weighted_sample import WeightedSample

MOST_ASKED: Final = 64


def asked_of(reads: Iterable[Read]) -> dict[str, float]:
    """Keys of at most 64 mentions, each with how many it stands for; all of them where there are no more.

    What was only passed on, and what the brand said itself, asks nothing. The weights sum to about as many as were
    counted, so a share of them is a share of the whole event: off by less than 13 points in 95 of 100 cases.

    Source:
        The bound: 1.96 times the standard error of a half, over 64 (Cochran, "Sampling Techniques", 3.2).
    """
    sample = WeightedSample()
    for read in reads:
        if not read.excerpt.brand and not read.excerpt.repeats and read.weight > 0:
            sample.offer(read.number, read.weight, read.excerpt.key.encode())
    sample.trim(MOST_ASKED)
    return {kept.body.decode(): round(kept.weight, 3) for kept in sample}
