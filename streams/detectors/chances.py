"""How many chances the scores of one topic give to chance, taken together."""

import math
from typing import Any, Final

from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK
from streams.errors import StateCorrupted

_PRIOR: Final = 1.5
_PRIOR_BLOCKS: Final = 8.0
_KEEP: Final = 0.5 ** (1.0 / 56.0)  # half-life of four weeks
_CENSORED: Final = 0.15  # passages a block, two a week: what is more common says nothing of the tail
_EVENT: Final = 0.002  # passages a block, once in ten months: that rare is an event, and says nothing of chance
_FEWEST: Final = 1.0
_MOST: Final = 12.0


class Chances:
    """How many independent scores the many scores of a topic amount to, learned from the rarest moment of each block.

    Were a topic watched by a single perfectly calibrated score, the expected passages at the rarest moment of a block
    would be exponential with mean 1; of k independent ones, with mean 1/k. k is estimated by maximum likelihood from
    the last weeks' blocks, those above 0.15 censored there, with a prior of 1.5 worth eight blocks. A block
    that is rarer than once in ten months holds an event and teaches nothing.

    Source:
        Lawless, "Statistical Models and Methods for Lifetime Data", 2nd ed., 2003, 4.1 (censored exponential).
    """

    def __init__(self) -> None:
        self._rare = _PRIOR_BLOCKS * -math.expm1(-_PRIOR * _CENSORED)
        self._passages = self._rare / _PRIOR
        self._least = float(BLOCKS_PER_WEEK)
        self._minutes = 0
        self.number = _PRIOR

    def learn(self, pages_per_week: float | None) -> None:
        """One final minute, with the least false pages a week that any score alone would have claimed in it."""
        if pages_per_week is None:
            return
        self._least = min(self._least, pages_per_week)
        self._minutes += 1
        if self._minutes < BLOCK_MINUTES:
            return
        passages = self._least / BLOCKS_PER_WEEK
        if passages >= _EVENT:
            self._rare = _KEEP * self._rare + (passages < _CENSORED)
            self._passages = _KEEP * self._passages + min(passages, _CENSORED)
        self.number = min(max(self._rare / self._passages, _FEWEST), _MOST)
        self._least, self._minutes = float(BLOCKS_PER_WEEK), 0

    def snapshot(self) -> list[float]:
        """The state as plain values."""
        return [self._rare, self._passages, self._least, self._minutes, self.number]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of chances.
        """
        try:
            rare, passages, least, minutes, number = state
            self._rare, self._passages, self._least = float(rare), float(passages), float(least)
            self._minutes, self.number = int(minutes), float(number)
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of chances cannot be read: {exc!r}") from exc
