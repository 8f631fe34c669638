"""From a score to false pages a week, by the extremes of the topic's own past."""

import math
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.prior import NO_LEAN, Lean
from streams.errors import StateCorrupted

BLOCK_MINUTES: Final = 720
BLOCKS_PER_WEEK: Final = 14
_KEPT_BLOCKS: Final = 56
_CLIP_SCALES: Final = 5.0  # a storm counts as a high block, not as the new measure of all things
_FIRST_CLIP: Final = 2.0
_SCALE_WEIGHT: Final = 3.0
_PLACE_WEIGHT: Final = 2.0
_EULER: Final = 0.5772156649015329
_LARGEST_Z: Final = 60.0
_SMALLEST_RATIO: Final = 1e-3


class BlockMaxima:
    """Calibrates a score without labels: a Gumbel law fitted to the maxima of the last 56 twelve-hour blocks.

    The fit is by L-moments, shrunk towards a prior that decides alone while there is no block yet.

    Args:
        location: Prior location of a block's maximum.
        scale: Prior scale, > 0.
        lean: How those of its peers lie beside such a prior.

    Source:
        Hosking, "L-moments", J. R. Stat. Soc. B 52(1), 1990; Coles, "An Introduction to Statistical Modeling of
        Extreme Values", 2001, chapter 3.
    """

    __slots__ = ("_highest", "_lean", "_maxima", "_prior_location", "_prior_scale", "location", "scale")

    def __init__(self, location: float, scale: float, lean: Lean = NO_LEAN) -> None:
        self._lean = lean
        self._prior_location = location
        self._prior_scale = scale
        self._maxima: tuple[float, ...] = ()
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

    def excess(self, score: float) -> float:
        """By how many scales `score` lies above the location; at most 60."""
        return min((score - self.location) / self.scale, _LARGEST_Z)

    def false_pages_per_week(self, score: float) -> float:
        """How many separate times a week `score` is passed with nothing going on, in (0, 14]."""
        return pages_of(self.excess(score))

    def weighed(
        self, name: str, observed: float, usual: float, score: float, pages: float, *, told: bool = False
    ) -> Weighed:
        """A score beside what it is measured with."""
        return Weighed(name, observed, usual, score, pages, self.location, self.scale, self.blocks, told)

    def level(self, pages_per_week: float) -> float:
        """The score that is passed `pages_per_week` times a week."""
        return self.location - self.scale * math.log(pages_per_week / BLOCKS_PER_WEEK)

    def add(self, score: float) -> None:
        """A score that the open block reached."""
        self._highest = max(self._highest, score)

    def close_block(self) -> None:
        """Twelve hours are over."""
        # the highest of n blocks lies ln n scales up, give or take two: with few of them a storm weighs no more
        clip = min(math.log1p(len(self._maxima)) + _FIRST_CLIP, _CLIP_SCALES)
        held = min(self._highest, self.location + clip * self.scale)
        self._maxima = (*self._maxima, held)[-_KEPT_BLOCKS:]
        self._highest = 0.0
        self._fit()

    def expect(self, location: float, scale: float) -> None:
        """Replace the prior."""
        self._prior_location = location
        self._prior_scale = scale
        self._fit()

    def _fit(self) -> None:
        n = len(self._maxima)
        ordered = sorted(self._maxima)
        mean = sum(ordered) / n if n else 0.0
        prior_scale = self._prior_scale * self._lean.ratio
        scale = prior_scale
        if n >= 2:
            weighted = sum(rank * value for rank, value in enumerate(ordered)) / (n * (n - 1))
            spread = max(2.0 * weighted - mean, 0.0) / math.log(2.0)
            scale = (_SCALE_WEIGHT * scale + n * spread) / (_SCALE_WEIGHT + n)
        prior_mean = self._prior_location + self._lean.offset + _EULER * prior_scale
        # A prior may call for caution, never for less of it than the topic's own blocks do; the highest of them may
        # have been a storm, so it has no say in this.
        shown = sum(ordered[:-1]) / (n - 1) if n >= 2 else 0.0
        mean = max((_PLACE_WEIGHT * prior_mean + n * mean) / (_PLACE_WEIGHT + n), shown)
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
            self._maxima = tuple([float(value) for value in state["maxima"]])
            self._highest = float(state["highest"])
            self._prior_location, self._prior_scale = state["prior"]
            self.location, self.scale = state["fit"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of block maxima cannot be read: {exc!r}") from exc


def pages_of(excess: float) -> float:
    """How many separate times a week a score so many scales above its location is passed, in (0, 14].

    A block stays below with probability exp(-exp(-excess)): the passages are a Poisson process of exp(-excess) a block.
    """
    return BLOCKS_PER_WEEK * math.exp(-excess) if excess > 0.0 else float(BLOCKS_PER_WEEK)
