"""A mean that forgets, on river's exponentially weighted one."""

from functools import cache
from typing import Final

from river.stats.ewmean import EWMean

_START: Final = 0.0


class FadingMean:
    """The mean of a series in which a value weighs half as much `half_life` steps later.

    River's estimator is started at zero and the weight of that zero divided out, so the first values weigh no more than
    their share: after n steps they are averaged over what n steps can weigh.

    Args:
        half_life: Steps, > 0.

    Source:
        Finch, "Incremental calculation of weighted mean and variance", 2009, section 9.
    """

    __slots__ = ("_keep", "_mean", "steps")

    def __init__(self, half_life: float) -> None:
        self._keep = kept(half_life)
        self.steps = 0
        self._mean = _START

    def update(self, value: float) -> None:
        """One more value."""
        self._mean = faded(self._mean, value, self._keep)
        self.steps += 1

    def begin(self, mean: float, steps: int) -> None:
        """Forget what came before, and take over this mean as if it were that of `steps` values."""
        self.steps = steps
        self._mean = mean * (1.0 - self._keep**steps)

    @property
    def weight(self) -> float:
        """How many steps the memory is worth, from 0 to about 1.44 half-lives."""
        return float((1.0 - self._keep**self.steps) / (1.0 - self._keep))

    def get(self) -> float:
        """The mean; 0 before the first value."""
        return self._mean / (1.0 - self._keep**self.steps) if self.steps else 0.0

    def snapshot(self) -> list[float]:
        """Steps and the estimator's state: it is its mean."""
        return [self.steps, self._mean]

    def restore(self, state: list[float]) -> None:
        """Take over a snapshot of a mean with the same half-life."""
        steps, mean = state
        self.steps = int(steps)
        self._mean = float(mean)


def faded(mean: float, value: float, keep: float) -> float:
    """River's estimator one value later: its state is its mean, which alone is kept of it."""
    estimator = EWMean(1.0 - keep)
    estimator.update(mean)
    estimator.update(value)
    return float(estimator.get())


@cache
def kept(half_life: float) -> float:
    """What a step keeps: one object for all means that forget alike, of which every topic has fourteen."""
    return float(0.5 ** (1.0 / half_life))
