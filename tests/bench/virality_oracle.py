"""What somebody would foresee who knows how a simulated cascade works: the bound for every forecast of it.

It knows how long people take, how many of their followers look, how willing they are at the moment and how soon that
tires, and the followers of everybody who passed the post on. It does not know what nobody can: how willingness will
step up or down, whether press picks it up, and chance.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

LOOKING: Final = 0.05  # of all followers
FOLLOWERS: Final = (5.6, 1.1)  # of those who pass it on: mean and deviation of the logarithm

_STEP: Final = 2.0  # minutes
_LONGEST: Final = 36 * 60.0


class Course(NamedTuple):
    """How one cascade works: the median delay and its width, and the chance that somebody who sees it passes it on.

    Attributes:
        steps: When the chance changes by itself, minutes; `heights` has one more.
        pickup: When press picks it up for an hour, if ever.
    """

    delay: float
    width: float
    base: float
    tires: float
    power: float
    steps: tuple[float, ...]
    heights: tuple[float, ...]
    pickup: float | None

    def willing(self, moment: float) -> float:
        """The chance at a minute."""
        height = self.heights[sum(step <= moment for step in self.steps)]
        jump = 1.4 if self.pickup is not None and self.pickup <= moment < self.pickup + 60 else 1.0
        return self._tired(moment, height * jump)

    def foreseen(self, moment: float, now: float) -> float:
        """The chance at a later minute, as far as it can be known now."""
        return self._tired(moment, self.heights[sum(step <= now for step in self.steps)])

    def _tired(self, moment: float, height: float) -> float:
        return min(self.base * height / math.pow(1 + moment / self.tires, self.power), 1.0)


def remaining(course: Course, seen: Sequence[tuple[float, int]], now: float) -> float:
    """How many will pass it on after `now`, on average.

    Args:
        seen: Who showed it to followers so far: the minute, and how many followers; the author first.
    """
    times = now + _STEP * (np.arange(int(_LONGEST / _STEP)) + 0.5)
    at, followers = (np.array(column, dtype=float) for column in zip(*seen, strict=True))
    looked = LOOKING * _STEP * (_density(course, times[:, None] - at[None, :]) @ followers)
    after = _STEP * _density(course, _STEP * (np.arange(len(times)) + 0.5))
    each = LOOKING * math.exp(FOLLOWERS[0] + FOLLOWERS[1] ** 2 / 2)
    coming = np.zeros(len(times))
    for place, time in enumerate(times):
        shown = float(coming[:place] @ after[:place][::-1]) * each
        coming[place] = course.foreseen(float(time), now) * (float(looked[place]) + shown)
    return float(coming.sum())


def _density(course: Course, delays: np.ndarray) -> np.ndarray:
    """Of the delays until somebody looks: log-normal."""
    positive = np.maximum(delays, 1e-9)
    off = (np.log(positive) - math.log(course.delay)) / course.width
    density: np.ndarray = np.exp(-(off**2) / 2) / (positive * course.width * math.sqrt(math.tau))
    return np.where(delays > 0, density, 0.0)
