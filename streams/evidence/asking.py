"""Whom the brand might answer: a fair sample of what people said for themselves in an event. Pure."""

from collections.abc import Iterable
from math import fsum
from typing import Final

from streams.evidence.reading import Read
from streams.evidence.verbatims import moment_of
from streams.evidence.weighted_sample import WeightedSample
from streams.findings import Complaint
from streams.tone import NEGATIVE

MOST_ASKED: Final = 64


def asked_of(reads: Iterable[Read]) -> dict[str, float]:
    """Keys of at most 64 mentions, each with how many it stands for; all of them where there are no more.

    What was only passed on, and what the brand said itself, asks nothing. The weights sum to as many as were
    counted, so a share of them is a share of the whole event: off by less than 13 points in 95 of 100 cases.

    Source:
        The bound: 1.96 times the standard error of a half, over 64 (Cochran, "Sampling Techniques", 3.2).
    """
    return {key: weight for key, (weight, _) in _sampled(reads).items()}


def complaints_of(reads: Iterable[Read]) -> dict[str, Complaint]:
    """The same of the negative ones alone, each with when it was said and by whom."""
    found = _sampled(read for read in reads if read.tone == NEGATIVE)
    return {
        key: Complaint(moment_of(read.excerpt), weight, read.excerpt.author_number)
        for key, (weight, read) in found.items()
    }


def _sampled(reads: Iterable[Read]) -> dict[str, tuple[float, Read]]:
    asking = [read for read in reads if not read.excerpt.brand and not read.excerpt.repeats and read.weight > 0]
    sample = WeightedSample()
    for read in asking:
        sample.offer(read.number, read.weight, read.excerpt.key.encode())
    sample.trim(MOST_ASKED)
    by_number = {read.number: read for read in asking}
    kept = list(sample)
    # how many there are in all is known better than by this sample
    scale = fsum(read.weight for read in asking) / fsum(one.weight for one in kept) if kept else 1.0
    return {one.body.decode(): (round(scale * one.weight, 3), by_number[one.number]) for one in kept}
