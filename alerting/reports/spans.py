"""How long something took, over many incidents. Pure."""

import math
import statistics
from collections.abc import Iterable
from typing import Self

import msgspec


class Spans(msgspec.Struct, frozen=True):
    """Seconds.

    Attributes:
        median: None where none is known.
        p90: Nine of ten took no longer (nearest rank); None where none is known.
        known: How many of them.
        unknown: Of how many it is unknown, or did not happen.
    """

    median: float | None
    p90: float | None
    known: int
    unknown: int

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> Self:
        """Their summary.

        >>> Spans.of([60.0, None, 30.0])
        Spans(median=45.0, p90=60.0, known=2, unknown=1)
        >>> Spans.of([None]).median is None
        True
        """
        given = list(seconds)
        known = sorted(one for one in given if one is not None)
        if not known:
            return cls(None, None, 0, len(given))
        return cls(
            statistics.median(known), known[math.ceil(0.9 * len(known)) - 1], len(known), len(given) - len(known)
        )
