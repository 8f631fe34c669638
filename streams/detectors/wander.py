"""How far a topic's mood wanders by itself, from half day to half day."""

from typing import Any, Final

from streams.detectors.fading_means import FadingMeans
from streams.errors import StateCorrupted
from streams.windows import Slot

HALF_DAY_MINUTES: Final = 720
_HALF_LIFE_BLOCKS: Final = 56  # four weeks of half days, which is what the extremes of scores are read from
_FEWEST_SCORED: Final = 5
_SMALLEST_SPREAD: Final = 0.01
# Of a mood that is negative in 20 of 100 mentions and swings by five of them; worth one half day until there are some.
_PRIOR: Final = 0.0144
_PRIOR_BLOCKS: Final = 1.0
_CLIP: Final = 9.0


class Wander:
    """The variance of the share of negative mentions between half days, in units of that of a single mention.

    With `variance` w, n mentions of the same half day tell of a turned mood what n / (1 + n w) independent ones would:
    what they have in common is mostly that half day's mood. A sum of dependent mentions scatters by its long-run
    variance, and so does the evidence that is gathered from them for hours: half-hours, which hardly differ from their
    neighbours, would say too little of it. Minutes of a storm are left out.

    Source:
        Johnson and Bagshaw, "The effect of serial correlation on the performance of CUSUM tests", Technometrics 16(1),
        1974; McCullagh and Nelder, "Generalized Linear Models", 2nd ed., 4.5 (overdispersion of clusters).
    """

    __slots__ = ("_minutes", "_negative", "_scored", "_sums", "variance")

    def __init__(self) -> None:
        self._sums = FadingMeans(_HALF_LIFE_BLOCKS, 2)
        self._minutes = 0
        self._scored = 0
        self._negative = 0
        self.variance = _PRIOR

    def weight(self, mentions: float) -> float:
        """What one of so many scored mentions of half a day counts, in (0, 1]."""
        return 1.0 / (1.0 + max(mentions, 0.0) * self.variance)

    @property
    def mentions(self) -> float:
        """Scored mentions of a usual half day; 0 before the first."""
        return self._sums.get(1)

    def learn(self, slot: Slot, share: float) -> None:
        """One final minute without a storm.

        Args:
            share: Of the scored mentions so many are usually negative.
        """
        self._minutes += 1
        tally = slot.tally
        if tally.mentions != tally.unscored:
            self._scored += tally.scored
        self._negative += tally.negative
        if self._minutes >= HALF_DAY_MINUTES:
            self._close(share)
            self._minutes = self._scored = self._negative = 0

    def _close(self, share: float) -> None:
        if self._scored < _FEWEST_SCORED:
            return
        by_chance = 1.0 / self._scored
        apart = (self._negative / self._scored - share) ** 2 / max(share * (1.0 - share), _SMALLEST_SPREAD)
        beyond = min(apart, _CLIP * (by_chance + self.variance)) - by_chance
        self._sums.update([self._scored * beyond, float(self._scored)])
        known = self._sums.weight
        own = max(self._sums.get(0) / self._sums.get(1), 0.0)
        self.variance = (_PRIOR_BLOCKS * _PRIOR + known * own) / (_PRIOR_BLOCKS + known)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "sums": self._sums.snapshot(),
            "open": [self._minutes, self._scored, self._negative],
            "variance": self.variance,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a wander.
        """
        try:
            self._sums.restore(state["sums"])
            self._minutes, self._scored, self._negative = (int(value) for value in state["open"])
            self.variance = float(state["variance"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a wander cannot be read: {exc!r}") from exc
