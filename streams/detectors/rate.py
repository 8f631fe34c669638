"""The usual rate of a topic, and how widely its counts scatter."""

import math
from typing import Any, Final

from streams.detectors.fading_mean import FadingMean
from streams.detectors.prior import Prior
from streams.detectors.season import Season
from streams.errors import StateCorrupted
from streams.windows import MINUTE

BLOCK_MINUTES: Final = 5
_HALF_LIFE_BLOCKS: Final = 7 * 24 * 12
_CLIP_FACTOR: Final = 5.0
_CLIP_ROOM: Final = 3.0
_YOUNG_BLOCKS: Final = 288
_LARGEST_DISPERSION: Final = 3.0
_WIDE_MINUTES: Final = 180
_WIDE_A_DAY: Final = 8
_WIDE_HALF_LIFE: Final = 28 * _WIDE_A_DAY
_WIDE_ROOM: Final = 8.0
_PRIOR_CLUMPING: Final = 1.3
_PRIOR_WIDE: Final = 24.0  # windows of three hours, three days
_NINETY_FIVE: Final = 1.959964


class Rate:
    """A negative binomial baseline of five-minute counts that a storm cannot move far.

    A count above five times the mean and three is taken for that much; a block in which an event is going on is left
    out altogether. `dispersion` is the excess of variance over a Poisson stream's: variance = mean + dispersion mean^2.

    Args:
        prior: What its peers' counts scatter like.

    Where the hours of the week have earned it, `per_minute` is what is usual now and `level` what is on the whole;
    `daily` is what a whole day may come to without being news: the level, or `told` where somebody was told of more.

    Source:
        Lawless, "Negative binomial and mixed Poisson regression", Can. J. Stat. 15(3), 1987 (moments).
    """

    __slots__ = (
        "_anchor",
        "_block",
        "_count",
        "_end",
        "_mean",
        "_minutes",
        "_narrow_clumping",
        "_season",
        "_squares",
        "_usual_narrow",
        "_usual_wide",
        "_wide_blocks",
        "_wide_clumping",
        "_wide_count",
        "_wide_mean",
        "_wide_squares",
        "daily",
        "dispersion",
        "level",
        "per_minute",
        "told",
    )

    def __init__(self, prior: Prior | None = None) -> None:
        self._mean = FadingMean(_HALF_LIFE_BLOCKS)
        self._squares = FadingMean(_HALF_LIFE_BLOCKS)
        self._wide_mean = FadingMean(_WIDE_HALF_LIFE)
        self._wide_squares = FadingMean(_WIDE_HALF_LIFE)
        self._wide_count = 0.0
        self._wide_blocks = 0
        self._usual_narrow = _PRIOR_CLUMPING if prior is None else prior.narrow_clumping
        self._usual_wide = _PRIOR_CLUMPING if prior is None else prior.wide_clumping
        self._narrow_clumping, self._wide_clumping = self._usual_narrow, self._usual_wide
        self._anchor = 0.0
        self._block: int | None = None
        self._count = 0
        self._minutes = 0
        self._season = Season()
        self._end = 0
        self.level = self.per_minute = self.daily = self.told = 0.0
        self.dispersion = 0.0

    @property
    def blocks(self) -> int:
        """Five-minute blocks learned."""
        return self._mean.steps

    @property
    def known_minutes(self) -> float:
        """How many minutes the memory is worth."""
        return self._mean.weight * BLOCK_MINUTES

    @property
    def clumpings(self) -> tuple[float, float]:
        """Variance over mean in windows of five minutes and of three hours."""
        return self._narrow_clumping, self._wide_clumping

    def begin(self, per_minute: float) -> None:
        """Say what rate to start from; it limits what the first day's counts are clipped at, and wears off."""
        self._anchor = per_minute * BLOCK_MINUTES
        self.level = self.per_minute = self.daily = per_minute

    def learn(self, start: int, mentions: int, *, storm: bool) -> bool:
        """One minute; whether the rate was revised. An incomplete block, or one with a storm in it, teaches nothing."""
        self._end = start + MINUTE
        self._season.learn(start, mentions, self.level, self._wide_clumping, storm=storm)
        self.per_minute = self.level * self._season.factor(self._end) if self._season.used else self.level
        minute = start // MINUTE
        block = minute // BLOCK_MINUTES
        if block != self._block:
            self._block, self._count, self._minutes = block, 0, 0
        if storm:
            self._minutes = -BLOCK_MINUTES
        self._count += mentions
        self._minutes += 1
        if self._minutes < BLOCK_MINUTES:
            return False
        usual = self.per_minute * BLOCK_MINUTES
        if self._mean.steps < _YOUNG_BLOCKS:
            usual = max(usual, self._anchor)
        count = min(float(max(self._count, 0)), _CLIP_FACTOR * usual + _CLIP_ROOM)
        self._mean.update(count)
        self._squares.update(count * count)
        self._widen(float(max(self._count, 0)))
        self._revise()
        return True

    def tell(self, per_minute: float) -> None:
        """Somebody was told of a day with so many; 0 where that is over."""
        self.told = per_minute
        self.daily = max(self.level, per_minute)

    def adopt(self, per_minute: float) -> None:
        """Begin anew with a rate that lasted for a day; counts scatter beside it as they did, in proportion."""
        mean, times = per_minute * BLOCK_MINUTES, per_minute / self.level if self.level > 0.0 else 1.0
        self._mean.begin(mean, _YOUNG_BLOCKS)
        self._squares.begin(mean * (1.0 + mean + self.dispersion * mean), _YOUNG_BLOCKS)
        wide, clumping = per_minute * _WIDE_MINUTES, 1.0 + (self._wide_clumping - 1.0) * times
        self._wide_mean.begin(wide, _WIDE_A_DAY)
        self._wide_squares.begin(wide * (clumping + wide), _WIDE_A_DAY)
        self._wide_clumping, self._wide_count, self._wide_blocks = clumping, 0.0, 0
        self._revise()

    def _widen(self, count: float) -> None:
        """Gathers 36 blocks, three hours where none was left out, and learns how much their sum scatters."""
        self._wide_count += count
        self._wide_blocks += 1
        if self._wide_blocks * BLOCK_MINUTES < _WIDE_MINUTES:
            return
        usual = self.level * _WIDE_MINUTES
        wide = min(self._wide_count, _CLIP_FACTOR * usual + _WIDE_ROOM)
        self._wide_mean.update(wide)
        self._wide_squares.update(wide * wide)
        self._wide_count, self._wide_blocks = 0.0, 0
        mean = self._wide_mean.get()
        if mean > 0.0:
            weight = self._wide_mean.weight
            own = (self._wide_squares.get() - mean * mean) / mean * weight / max(weight - 1.0, 1.0)
            self._wide_clumping = max((_PRIOR_WIDE * self._usual_wide + weight * own) / (_PRIOR_WIDE + weight), 1.0)

    @property
    def has_season(self) -> bool:
        """The rhythm of the week has earned its place."""
        return self._season.used

    @property
    def season_gain(self) -> float:
        """How much better, in nats, the hours of the week have predicted than a level rate."""
        return self._season.gain

    def mean(self, minutes: float) -> float:
        """Mentions usual in the `minutes` up to the last one learned, by the hour of the week where that helps."""
        if not self._season.used:
            return self.level * minutes
        return self.level * minutes * self._season.mean_factor(self._end, minutes)

    def clumping(self, minutes: float) -> float:
        """Variance over mean of the count in a window of `minutes`, >= 1: 1 is a Poisson stream.

        Learned for windows of five minutes and of three hours; between them a rate that wanders adds in proportion to
        the width.
        """
        if minutes <= BLOCK_MINUTES:
            return self._narrow_clumping
        share = min(minutes / _WIDE_MINUTES, 1.0)
        return max(1.0 + (self._wide_clumping - 1.0) * share, self._narrow_clumping)

    def _revise(self) -> None:
        mean = max(self._mean.get(), 0.5 / self._mean.weight)
        variance = self._squares.get() - mean * mean
        self.level = mean / BLOCK_MINUTES
        self.daily = max(self.level, self.told)
        self.per_minute = self.level * self._season.factor(self._end)
        known = self._mean.weight
        own = max(variance / mean, 1.0)
        self._narrow_clumping = (_YOUNG_BLOCKS * self._usual_narrow + known * own) / (_YOUNG_BLOCKS + known)
        self.dispersion = min(max((variance - mean) / (mean * mean), 0.0), _LARGEST_DISPERSION)

    def band(self, minutes: float) -> tuple[float, float, float]:
        """Mean, low and high of the count in a window of `minutes`: 95 of 100 such windows lie in it.

        The negative binomial's quantiles by way of the square root that evens out its variance.
        """
        mean = self.mean(minutes)
        dispersion = max(self.dispersion, 1e-6)
        root = math.sqrt(dispersion)
        centre = math.asinh(math.sqrt(dispersion * (mean + 0.375)))
        reach = _NINETY_FIVE * root / 2.0
        low = math.sinh(max(centre - reach, 0.0)) ** 2 / dispersion - 0.375
        high = math.sinh(centre + reach) ** 2 / dispersion - 0.375
        return mean, max(0.0, low), max(high, mean)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "mean": self._mean.snapshot(),
            "squares": self._squares.snapshot(),
            "anchor": self._anchor,
            "block": self._block,
            "count": self._count,
            "minutes": self._minutes,
            "per_minute": self.per_minute,
            "dispersion": self.dispersion,
            "level": self.level,
            "told": self.told,
            "end": self._end,
            "season": self._season.snapshot(),
            "wide": [self._wide_mean.snapshot(), self._wide_squares.snapshot(), self._wide_count, self._wide_blocks],
            "clumping": [self._narrow_clumping, self._wide_clumping],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a rate.
        """
        try:
            self._mean.restore(state["mean"])
            self._squares.restore(state["squares"])
            self._anchor = float(state["anchor"])
            self._block = state["block"]
            self._count = int(state["count"])
            self._minutes = int(state["minutes"])
            self.per_minute = float(state["per_minute"])
            self.dispersion = float(state["dispersion"])
            self.level, self._end = float(state["level"]), int(state["end"])
            self.tell(float(state["told"]))
            self._season.restore(state["season"])
            mean, squares, count, blocks = state["wide"]
            self._wide_mean.restore(mean)
            self._wide_squares.restore(squares)
            self._wide_count, self._wide_blocks = float(count), int(blocks)
            self._narrow_clumping, self._wide_clumping = (float(value) for value in state["clumping"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a rate cannot be read: {exc!r}") from exc
