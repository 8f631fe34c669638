"""Log of observed over usual in windows of several widths, each calibrated by its own block maxima."""

import math
from array import array
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.prior import NO_LEAN, Lean, Prior
from streams.detectors.rate import Rate
from streams.detectors.scan import passages_per_week

SCALES: Final = (1, 5, 30, 180)
FEWEST_MENTIONS: Final = 3
SMALLEST_PAGES: Final = 1e-12
_PRIOR_SCALE: Final = 0.4
_PRIOR_DISPERSION: Final = 0.2
_PRIOR_BLOCKS: Final = 576.0  # two days of five-minute counts
_CAUTION: Final = 1.5  # real streams have longer tails than the normal law that the prior scale is that of
_FARTHEST: Final = 100.0
_SURELY_LESS: Final = 1.0 - 1e-12  # times a ratio: its logarithm is less, whichever way logarithms are rounded
_WORTH_A_CHECK: Final = 5.0  # false pages a week; above, chance need not be asked
_CLUMPING_MINUTES: Final = 5
TOGETHER: Final = 1.5  # odds of the windows and the day: each finds what the others do not, by chance too


class WindowScores:
    """How surprising the counts of the last 1, 5, 30 and 180 minutes are, in false pages a week.

    What a score means is read from the block maxima of the same topic, so that a restless topic has to show more than
    a steady one. It is never taken for rarer than a stream of the topic's own rate and clumping would make it.

    Source:
        Hosking 1990 (see `block_maxima`), Alm 1983 (see `scan`).
    """

    __slots__ = ("_beaten", "_dispersion", "_maxima")

    def __init__(self, prior: Prior | None = None) -> None:
        self._dispersion = _PRIOR_DISPERSION if prior is None else prior.dispersion
        self._maxima = tuple(
            BlockMaxima(0.0, _PRIOR_SCALE, NO_LEAN if prior is None else prior.reach(f"window-{minutes}"))
            for minutes in SCALES
        )
        self._beaten = array("d", [0.0]) * len(SCALES)

    def leans(self) -> dict[str, Lean]:
        """How the topic's own maxima lie beside the prior of its rate, by name; empty before a week of them."""
        found = {f"window-{minutes}": maxima.lean for minutes, maxima in zip(SCALES, self._maxima, strict=True)}
        return {name: lean for name, lean in found.items() if lean is not None}

    def pages(self, index: int, mentions: int, rate: Rate) -> float:
        """False pages a week of so many mentions in the window of `SCALES[index]`, in (0, 14]."""
        minutes = SCALES[index]
        mean = rate.mean(minutes)
        if mentions < FEWEST_MENTIONS or mentions <= mean:
            return BLOCKS_PER_WEEK
        pages = self._maxima[index].false_pages_per_week(math.log((mentions + 1.0) / (mean + 1.0)))
        if pages <= _WORTH_A_CHECK:
            by_chance = passages_per_week(mentions, minutes, mean / minutes, rate.clumping(minutes))
            pages = max(pages, by_chance, SMALLEST_PAGES)
        return min(TOGETHER * pages, BLOCKS_PER_WEEK)

    def usual_up_to(self, index: int, rate: Rate, pages: float) -> float:
        """With up to so many mentions in the window of `SCALES[index]` its false pages are surely `pages` or more."""
        mean = rate.mean(SCALES[index])
        score = min(self._maxima[index].level(pages / TOGETHER), _FARTHEST)
        # a hair less than what lies just at that score, whichever way logarithms are rounded
        return max(FEWEST_MENTIONS - 1.0, mean, (mean + 1.0) * math.exp(score) * (1.0 - 1e-9) - 1.0)

    def weighed(self, index: int, mentions: int, rate: Rate, *, told: bool) -> Weighed:
        """The score of so many mentions in the window of `SCALES[index]`, with what it is measured with.

        Args:
            told: The window holds an event that was told already.
        """
        minutes = SCALES[index]
        mean = rate.mean(minutes)
        score = math.log((max(mentions, 0) + 1.0) / (mean + 1.0))
        pages = float(BLOCKS_PER_WEEK) if told else self.pages(index, mentions, rate)
        name = "1 minute" if minutes == 1 else f"{minutes} minutes"
        return self._maxima[index].weighed(name, mentions, mean, score, pages, told=told)

    def learn(self, tails: Sequence[int], rate: Rate) -> None:
        """What the windows that end with a final minute show.

        Args:
            tails: The mentions in each of them.
        """
        beaten, level = self._beaten, None if rate.has_season else rate.level
        for index, mentions in enumerate(tails):
            mean = rate.mean(SCALES[index]) if level is None else level * SCALES[index]
            if mentions > mean:
                ratio = (mentions + 1.0) / (mean + 1.0)
                if ratio > beaten[index]:  # else the open block has seen as much
                    beaten[index] = ratio * _SURELY_LESS
                    self._maxima[index].add(math.log(ratio))

    def close_block(self) -> None:
        """Twelve hours are over."""
        self._beaten = array("d", [0.0]) * len(SCALES)
        for maxima in self._maxima:
            maxima.close_block()

    def expect(self, rate: Rate, margin: float) -> None:
        """Where a block's highest score should lie for a stream of this rate, as far as nothing better is known."""
        known = rate.blocks
        dispersion = (_PRIOR_BLOCKS * self._dispersion + known * rate.dispersion) / (_PRIOR_BLOCKS + known)
        for minutes, maxima in zip(SCALES, self._maxima, strict=True):
            mean = rate.level * minutes
            deep = _deepest(2.0 * BLOCK_MINUTES / minutes)
            # what a rate that scatters does not explain comes together, the same words in the same minute
            clumps = max(rate.clumping(minutes) - 1.0 - self._dispersion * rate.level * _CLUMPING_MINUTES, 0.0)
            spread = math.sqrt(mean * (1.0 + clumps) + dispersion * mean * mean)
            skew = (deep * deep - 1.0) / 6.0 * (1.0 + 2.0 * (clumps + dispersion * mean))
            scale = min(_CAUTION * spread / (mean + 1.0) / deep, _PRIOR_SCALE)
            maxima.expect(math.log((mean + deep * spread + skew + 1.0) / (mean + 1.0)) + margin, scale)

    def snapshot(self) -> list[dict[str, Any]]:
        """The state as plain values."""
        return [maxima.snapshot() for maxima in self._maxima]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of window scores.
        """
        self._beaten = array("d", [0.0]) * len(SCALES)
        for maxima, old in zip(self._maxima, state, strict=True):
            maxima.restore(old)


def _deepest(number: float) -> float:
    """Where the largest of so many standard normal values most likely lies.

    Source:
        Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 3.
    """
    root = math.sqrt(2.0 * math.log(number))
    return root - (math.log(math.log(number)) + math.log(4.0 * math.pi)) / (2.0 * root)
