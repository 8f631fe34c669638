"""How fast the mood moves: velocity and acceleration of the mean polarity, each with its standard error."""

import math
from collections.abc import Sequence
from typing import Final, TypedDict

from streams.detectors.trail import Sums, Trail
from streams.windows import MINUTE, Slot

_HALF_HOUR_MINUTES: Final = 30
_HOURS: Final = _HALF_HOUR_MINUTES / 60
_FEWEST: Final = 2
_MICRO: Final = 1_000_000
_SMALLEST_VARIANCE: Final = 0.01


class Motion(TypedDict):
    """Per hour and per hour squared, with errors; None where a half-hour has fewer than two scored mentions."""

    polarity_velocity: float | None
    polarity_velocity_error: float | None
    polarity_acceleration: float | None
    polarity_acceleration_error: float | None


def motion_of(trail: Trail, recent: Sequence[Slot], end: int) -> Motion:
    """Of the last three half-hours before `end`, the first second after a whole minute.

    Velocity compares the last with the one before; acceleration is how velocity itself has changed since. Errors are
    those of differences of means of independent mentions.

    Args:
        recent: Minutes that are not in `trail` yet.
    """
    means = [_mean(_half_hour(trail, recent, end, number)) for number in range(3)]
    told = Motion(
        polarity_velocity=None,
        polarity_velocity_error=None,
        polarity_acceleration=None,
        polarity_acceleration_error=None,
    )
    now, before, earlier = means
    if now is None or before is None:
        return told
    told["polarity_velocity"] = (now[0] - before[0]) / _HOURS
    told["polarity_velocity_error"] = math.sqrt(now[1] + before[1]) / _HOURS
    if earlier is not None:
        told["polarity_acceleration"] = (now[0] - 2.0 * before[0] + earlier[0]) / _HOURS**2
        told["polarity_acceleration_error"] = math.sqrt(now[1] + 4.0 * before[1] + earlier[1]) / _HOURS**2
    return told


def _half_hour(trail: Trail, recent: Sequence[Slot], end: int, number: int) -> Sums:
    """The sums of the half-hour that lies `number` half-hours back."""
    until = end - number * _HALF_HOUR_MINUTES * MINUTE
    through = trail.window(recent, until - _HALF_HOUR_MINUTES * MINUTE)
    after = trail.window(recent, until)
    a, b, c, d, e = (wide - late for wide, late in zip(through, after, strict=True))
    return a, b, c, d, e


def _mean(sums: Sums) -> tuple[float, float] | None:
    """Mean polarity and the variance of that mean."""
    _, scored, _, polarity, squares = sums
    if scored < _FEWEST:
        return None
    mean = polarity / _MICRO / scored
    variance = max(squares / _MICRO / scored - mean * mean, _SMALLEST_VARIANCE) * scored / (scored - 1.0)
    return mean, variance / scored
