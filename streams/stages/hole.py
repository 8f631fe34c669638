"""Holes in a recorded past."""

from collections.abc import Callable
from typing import Final

_DAY: Final = 86_400
Band = tuple[float, float, float]


def is_hole(known_until: int | None, second: int, expected: Callable[[int], Band | None]) -> bool:
    """Whether a silence before `second` was a lack of records: it lasted a day, and the topic is never so quiet.

    A day holds every hour once, so no rhythm explains it. Live, the feeds tell.

    Args:
        known_until: Until then time is known to have passed, seconds since 1970; None before anything was.
        expected: Mean, low and high of the mentions expected in so many seconds; None while nothing is.
    """
    if known_until is None or second - known_until < _DAY:
        return False
    usual = expected(_DAY)
    return usual is not None and usual[1] >= 1.0
