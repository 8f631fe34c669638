"""From a score to false pages a week, by the extremes of the topic's own past."""

import math
from array import array
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.prior import NO_LEAN, Lean
from streams.errors import StateCorrupted

BLOCK_MINUTES: Final = 720
BLOCKS_PER_WEEK: Final = 14
_KEPT_BLOCKS: Final = 56
_NONE: Final = array("d")  # shared by all before their first block; replaced, never changed
_CLIP_SCALES: Final = 5.0  # a storm counts as a high block, not as the new measure of all things
_FIRST_CLIP: Final = 2.0
_SCALE_WEIGHT: Final = 3.0
_PLACE_WEIGHT: Final = 2.0
_EULER: Final = 0.5772156649015329
_LN2: Final = math.log(2.0)  # scales by which the highest of two half days lies above that of one
# Neighbouring days share a half: they lie ln 3 - ln 2 instead of ln 2 scales apart, so of n days in a row the mean
# difference falls short by this over n.
_SHARED: Final = 2.0 * (1.0 - math.log(1.5) / _LN2)
_LARGEST_EXCESS: Final = 60.0
_SMALLEST_RATIO: Final = 1e-3


class BlockMaxima:
    """Calibrates a score without labels: a Gumbel law fitted to the maxima of days, by the last 56 half days.

    Every two half days that follow each other make a day: where nights are quiet, half days by themselves scatter as
    night and day do. The fit is by L-moments, shrunk towards a prior that decides alone while there is no day yet. Half
    a day stays below a score z scales above the location with probability exp(-exp(-z)): passages are a Poisson process
    of exp(-z) in half a day.

    Args:
        location: Prior location of a block's maximum.
        scale: Prior scale, > 0.
        lean: How those of its peers lie beside such a prior.
        least_scale: Where it is known how fast a score's tail falls: the body of few blocks may well fall faster.

    Source:
        Hosking, "L-moments", J. R. Stat. Soc. B 52(1), 1990; Coles, "An Introduction to Statistical Modeling of
        Extreme Values", 2001, chapter 3; Buecher and Segers, "Inference for heavy tailed stationary time
        series based on sliding blocks", Electron. J. Stat. 12(1), 2018.
    """

    __slots__ = ("_highest", "_lean", "_least_scale", "_maxima", "_prior_location", "_prior_scale", "location", "scale")

    def __init__(self, location: float, scale: float, lean: Lean = NO_LEAN, least_scale: float = 0.0) -> None:
        self._lean = lean
        self._least_scale = least_scale
        self._prior_location = location
        self._prior_scale = scale
        self._maxima = _NONE
        self._highest = 0.0
        self.location = location + lean.offset
        self.scale = scale * lean.ratio

    @property
    def lean(self) -> Lean | None:
        """How this topic's own maxima lie beside the prior of its rate alone; None before a week of them."""
        if len(self._maxima) < BLOCKS_PER_WEEK:
            return None
        scale = self._prior_scale
        return Lean(self.location - self._prior_location, max(self.scale / scale, _SMALLEST_RATIO))

    @property
    def blocks(self) -> int:
        """How many whole blocks stand behind the fit, 0 to 56."""
        return len(self._maxima)

    def false_pages_per_week(self, score: float) -> float:
        """How many separate times a week `score` is passed with nothing going on, in (0, 14]."""
        excess = max((score - self.location) / self.scale, 0.0)
        return BLOCKS_PER_WEEK * math.exp(-min(excess, _LARGEST_EXCESS))

    def weighed(
        self, name: str, observed: float, usual: float, score: float, pages: float, *, told: bool = False
    ) -> Weighed:
        """A score beside what it is measured with."""
        return Weighed(name, observed, usual, score, pages, self.location, self.scale, self.blocks, told)

    def level(self, pages_per_week: float) -> float:
        """The score that is passed `pages_per_week` times a week."""
        return self.location + self.scale * math.log(BLOCKS_PER_WEEK / pages_per_week)

    def add(self, score: float) -> None:
        """A score that the open block reached."""
        self._highest = max(self._highest, score)

    def close_block(self) -> None:
        """Twelve hours are over."""
        # the highest of n blocks lies ln n scales up, give or take two: with few of them a storm weighs no more
        clip = min(math.log1p(len(self._maxima)) + _FIRST_CLIP, _CLIP_SCALES)
        held = min(self._highest, self.location + clip * self.scale)
        self._maxima = array("d", [*self._maxima, held][-_KEPT_BLOCKS:])
        self._highest = 0.0
        self._fit()

    def expect(self, location: float, scale: float, *, least_scale: float | None = None) -> None:
        """Replace the prior, and what the scale is at least where that is told."""
        if least_scale is not None:
            self._least_scale = least_scale
        self._prior_location = location
        self._prior_scale = scale
        self._fit()

    def _fit(self) -> None:
        days = sorted(map(max, self._maxima, self._maxima[1:]))
        n = len(days)
        prior_scale = self._prior_scale * self._lean.ratio
        scale, spread, mean, shown = prior_scale, prior_scale, 0.0, 0.0
        if n:
            mean = sum(days) / n
        if n >= 2:
            weighted = sum(rank * value for rank, value in enumerate(days)) / (n * (n - 1))
            spread = max(2.0 * weighted - mean, 0.0) / (_LN2 * (1.0 - _SHARED / n))
            scale = (_SCALE_WEIGHT * prior_scale + n * spread) / (_SCALE_WEIGHT + n)
        prior_mean = self._prior_location + self._lean.offset + _EULER * prior_scale
        # A prior may call for caution, never for less of it than the topic's own days do; the highest half day may
        # have been a storm, so the two days that hold it have no say in this.
        if n >= 3:
            shown = sum(days[:-2]) / (n - 2) - _LN2 * spread
        mean = max((_PLACE_WEIGHT * prior_mean + n * (mean - _LN2 * spread)) / (_PLACE_WEIGHT + n), shown)
        scale = max(scale, self._least_scale)
        self.scale = scale
        self.location = mean - _EULER * scale

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "maxima": list(self._maxima),
            "highest": self._highest,
            "prior": [self._prior_location, self._prior_scale],
            "fit": [self.location, self.scale],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of block maxima.
        """
        try:
            self._maxima = array("d", state["maxima"])
            self._highest = float(state["highest"])
            self._prior_location, self._prior_scale = state["prior"]
            self.location, self.scale = state["fit"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of block maxima cannot be read: {exc!r}") from exc
