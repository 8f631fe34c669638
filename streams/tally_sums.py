"""Tallies added up in whole numbers, so that any order of the same deltas gives bit for bit the same."""

from typing import Final

from streams.events import Tally

_GRAINS: Final = 2**26  # polarity is added as whole numbers of these


def empty_sums() -> list[int]:
    """Sums of nothing: one number for each field of a tally, in their order."""
    return [0] * 10


def accumulate(sums: list[int], tally: Tally) -> None:
    """Add a delta."""
    sums[0] += tally.mentions
    sums[1] += tally.negative
    sums[2] += tally.neutral
    sums[3] += tally.positive
    sums[4] += tally.unscored
    sums[5] += round(tally.polarity_sum * _GRAINS)
    sums[6] += round(tally.polarity_squares * _GRAINS)
    sums[7] += tally.reach
    sums[8] += tally.engagement
    sums[9] += tally.delayed


def tally_of(sums: list[int]) -> Tally:
    """What was counted, never fewer than no mentions.

    Where more was taken back than was counted here, as of mentions that were counted before anybody watched, that class
    of mentions is empty.
    """
    if sums[1] < 0 or sums[2] < 0 or sums[3] < 0 or sums[4] < 0:
        return _without_debts(sums)
    return Tally(
        sums[0],
        sums[1],
        sums[2],
        sums[3],
        sums[4],
        sums[5] / _GRAINS,
        sums[6] / _GRAINS,
        sums[7],
        sums[8],
        sums[9],
    )


def _without_debts(sums: list[int]) -> Tally:
    negative, neutral, positive, unscored = (max(count, 0) for count in sums[1:5])
    scored = negative + neutral + positive
    return Tally(
        scored + unscored,
        negative,
        neutral,
        positive,
        unscored,
        float(min(max(sums[5] / _GRAINS, -scored), scored)),
        float(min(max(sums[6] / _GRAINS, 0), scored)),
        max(sums[7], 0),
        max(sums[8], 0),
        max(sums[9], 0),
    )
