"""What readings cost a topic's budget: each detector has a share, and feedback makes the odds stricter or milder."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from streams.basis import Basis, Opinion, Weighed
from streams.detectors.base import Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK

Named = tuple[str, Reading]

_HAIR: Final = 1e-9

WHOLE: Final[Mapping[str, float]] = MappingProxyType({})


class Charges:
    """Turns each detector's odds into what all of them together would pay at these odds.

    Args:
        shares: What each detector may spend of the budget, by its name, 1 where it is not named; divided among those
            that have an opinion.
        caution: What the odds are multiplied with after what people said of earlier pages, > 0.
    """

    __slots__ = ("_caution", "_shares")

    def __init__(self, shares: Mapping[str, float] = WHOLE, caution: float = 1.0) -> None:
        self._shares = shares
        self._caution = caution

    def least(self, readings: Sequence[Named]) -> float:
        """The rarest of the charged odds, as `charged` has them: most decisions need no more."""
        shares = self._shares
        whole = sum([shares.get(name, 1.0) for name, _ in readings])
        rarest = float(BLOCKS_PER_WEEK)
        for name, reading in readings:
            pages = reading.false_pages_per_week * (self._caution * whole / shares.get(name, 1.0))
            rarest = min(rarest, pages)
        return rarest

    def uncharged(self, pages_per_week: float) -> float:
        """With more false pages a week than this no reading is charged so few, whoever else has an opinion."""
        return pages_per_week / self._caution * (1.0 + _HAIR)

    def charged(self, readings: Sequence[Named]) -> list[Named]:
        """The readings at the odds that are compared with the budget."""
        whole = sum(self._shares.get(name, 1.0) for name, _ in readings)
        return [
            (name, _at_odds(reading, self._caution * whole / self._shares.get(name, 1.0))) for name, reading in readings
        ]

    def basis(
        self, pages_per_week: float, readings: Sequence[Named], weigh: Callable[[str], tuple[Weighed, ...]]
    ) -> Basis:
        """Every number behind these readings.

        Args:
            weigh: The scores behind a detector's reading, by the detector's name.
        """
        whole = sum(self._shares.get(name, 1.0) for name, _ in readings)
        return Basis(
            pages_per_week=pages_per_week,
            caution=self._caution,
            opinions=tuple(
                Opinion(
                    detector=name,
                    share=self._shares.get(name, 1.0) / whole,
                    false_pages_per_week=reading.false_pages_per_week,
                    charged=charged.false_pages_per_week,
                    weighed=weigh(name),
                )
                for (name, reading), (_, charged) in zip(readings, self.charged(readings), strict=True)
            ),
        )


def _at_odds(reading: Reading, times: float) -> Reading:
    if times == 1.0:
        return reading
    pages = min(reading.false_pages_per_week * times, float(BLOCKS_PER_WEEK))
    return msgspec.structs.replace(reading, false_pages_per_week=pages)
