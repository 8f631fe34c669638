"""Several means that forget alike, in the room of one."""

from array import array
from collections.abc import Sequence
from typing import Final

from streams.detectors.fading_mean import faded, kept

_NOTHING: Final = 0.0


class FadingMeans:
    """The means of several series that come together, each as `FadingMean` has it.

    Args:
        half_life: Steps, > 0.
        number: Of series.
    """

    __slots__ = ("_keep", "_means", "_steps")

    def __init__(self, half_life: float, number: int) -> None:
        self._keep = kept(half_life)
        self._steps = 0
        self._means = array("d", [_NOTHING]) * number

    def update(self, values: Sequence[float]) -> None:
        """One more value of each series."""
        for series, value in enumerate(values):
            self._means[series] = faded(self._means[series], value, self._keep)
        self._steps += 1

    def begin(self, means: Sequence[float], steps: int) -> None:
        """Forget what came before, and take over these means as if they were those of `steps` values."""
        self._steps = steps
        self._means = array("d", [mean * (1.0 - self._keep**steps) for mean in means])

    @property
    def weight(self) -> float:
        """How many steps the memory is worth, from 0 to about 1.44 half-lives."""
        return float((1.0 - self._keep**self._steps) / (1.0 - self._keep))

    def get(self, series: int) -> float:
        """One mean; 0 before the first value."""
        return self._means[series] / (1.0 - self._keep**self._steps) if self._steps else 0.0

    def snapshot(self) -> list[list[float]]:
        """Steps and the estimator's state, of each series."""
        return [[self._steps, mean] for mean in self._means]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Take over a snapshot of as many means with the same half-life.

        Raises:
            ValueError: They are fewer or more.
        """
        if len(state) != len(self._means):
            raise ValueError(f"expected {len(self._means)} means, found {len(state)}")
        self._steps = int(state[0][0])
        self._means = array("d", [mean for _, mean in state])
