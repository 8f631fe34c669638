"""A topic's usual mood: mean polarity, its scatter, and the share of negative mentions."""

import math
from array import array
from typing import Any, Final, TypedDict

from streams.detectors.fading_mean import FadingMean
from streams.detectors.fading_means import FadingMeans
from streams.detectors.new_mood import DAY_BLOCKS, NewMood
from streams.detectors.share import at_least
from streams.detectors.trail import Sums, sums_of
from streams.errors import StateCorrupted
from streams.windows import Slot

BLOCK_SECONDS: Final = 1800
_HALF_LIFE_BLOCKS: Final = 7 * 48
_MICRO: Final = 1_000_000
_SMALLEST_VARIANCE: Final = 0.05
_FEWEST_IN_BLOCK: Final = 5
_PRIOR_DRIFT: Final = 0.01  # variance between half-hours: a tenth of the scale up or down
_PRIOR_BLOCKS: Final = 8
_CLIP: Final = 9.0
_SILENT: Final = array("q", [0]) * 5  # shared by all blocks in which nobody spoke; replaced, never changed


class Comparison(TypedDict):
    """Mean polarity and share of negative mentions of a window, and the usual ones; None where nothing was scored."""

    polarity: float | None
    polarity_expected: float | None
    negative_share: float | None
    negative_share_expected: float | None
    negative_chance: float | None


class Mood:
    """Fading averages per mention, learned in half-hour blocks; one with a storm in it teaches nothing until it stays.

    `drift` is how much the mean of whole half-hours varies beyond what the number of mentions explains.
    """

    __slots__ = (
        "_block",
        "_drift",
        "_known",
        "_new",
        "_open",
        "_storm",
        "_sums",
        "drift",
        "negative_share",
        "polarity",
        "positive_share",
        "scored",
        "variance",
    )

    def __init__(self) -> None:
        self._sums = FadingMeans(_HALF_LIFE_BLOCKS, 5)
        self._drift = FadingMean(_HALF_LIFE_BLOCKS)
        self._block: int | None = None
        self._open = _SILENT
        self._storm = False
        self._known = 1.0  # mentions that stand behind the mean
        self._new: NewMood | None = None
        self.scored = 0
        self.polarity: float | None = None
        self.negative_share: float | None = None
        self.positive_share = 0.0
        self.variance = 0.25
        self.drift = _PRIOR_DRIFT

    def learn(self, slot: Slot, *, storm: bool) -> None:
        """One minute."""
        block = slot.start // BLOCK_SECONDS
        if block != self._block:
            self._close()
            self._block = block
        if storm:
            self._storm = True
        if slot.tally.mentions:
            if self._open is _SILENT:
                self._open = array("q", _SILENT)
            counts, (_, scored, negative, polarity, squares) = self._open, sums_of(slot.tally)
            if scored or negative or polarity or squares:
                counts[0] += scored
                counts[1] += negative
                counts[2] += polarity
                counts[3] += squares
            counts[4] += slot.tally.positive

    def compared(self, sums: Sums) -> Comparison:
        """What a window's sums say beside what is usual, as evidence names it."""
        _, scored, negative, polarity, _ = sums
        return Comparison(
            polarity=polarity / _MICRO / scored if scored > 0 else None,
            polarity_expected=self.polarity,
            negative_share=min(max(negative / scored, 0.0), 1.0) if scored > 0 else None,
            negative_share_expected=self.negative_share,
            negative_chance=None
            if self.negative_share is None or scored <= 0
            else at_least(negative, scored, self.negative_share),
        )

    def _close(self) -> None:
        scored, negative, polarity, squares, positive = self._open
        storm, self._storm = self._storm, False
        self._open = _SILENT
        values = [float(scored), float(negative), polarity / _MICRO, squares / _MICRO, float(positive)]
        if storm:
            self._new = self._new or NewMood()
            self._new.add(values)
            return
        if self._block is None or (scored <= 0 and not self.scored):
            return
        if self._new is not None:
            self._settle(self._new)
        if scored >= _FEWEST_IN_BLOCK and self.polarity is not None:
            explained = self.variance / scored
            apart = (polarity / _MICRO / scored - self.polarity) ** 2
            self._drift.update(min(apart, _CLIP * (explained + self.drift)) - explained)
            known = self._drift.weight
            drift = (_PRIOR_BLOCKS * _PRIOR_DRIFT + known * max(self._drift.get(), 0.0)) / (_PRIOR_BLOCKS + known)
            self.drift = drift
        self._sums.update(values)
        self.scored += max(scored, 0)
        self._revise()

    def _settle(self, new: NewMood) -> None:
        if self.negative_share is not None and (means := new.calm(self.negative_share)) is not None:
            self._sums.begin(means, DAY_BLOCKS)
            self._revise()
        if new.is_over:
            self._new = None

    def _revise(self) -> None:
        self._weigh()
        per_block = self._sums.get(0)
        if per_block > 0.0:
            self.polarity = self._sums.get(2) / per_block
            self.negative_share = min(max(self._sums.get(1) / per_block, 0.0), 1.0)
            self.positive_share = min(max(self._sums.get(4) / per_block, 0.0), 1.0)
            self.variance = max(self._sums.get(3) / per_block - self.polarity**2, _SMALLEST_VARIANCE)

    def error(self, scored: int) -> float:
        """Standard error of the mean polarity of `scored` mentions around the usual one."""
        return math.sqrt(self.variance * (1.0 / scored + 1.0 / self._known) + self.drift)

    def _weigh(self) -> None:
        self._known = max(self._sums.get(0) * self._sums.weight, 1.0)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "sums": self._sums.snapshot(),
            "drifts": self._drift.snapshot(),
            "block": self._block,
            "open": list(self._open),
            "storm": self._storm,
            "new": None if self._new is None else self._new.snapshot(),
            "now": [self.scored, self.polarity, self.negative_share, self.positive_share, self.variance, self.drift],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a mood.
        """
        try:
            self._sums.restore(state["sums"])
            self._weigh()
            self._drift.restore(state["drifts"])
            self._block = state["block"]
            self._open = array("q", state["open"])
            self._storm = bool(state["storm"])
            self._new = None if (new := state["new"]) is None else NewMood()
            if self._new is not None:
                self._new.restore(new)
            self.scored, self.polarity, self.negative_share, self.positive_share, *rest = state["now"]
            self.variance, self.drift = rest
        except (KeyError, OverflowError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a mood cannot be read: {exc!r}") from exc
