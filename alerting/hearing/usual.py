"""What a contact centre usually hears of a reason at an hour of the week."""

from collections.abc import Mapping
from statistics import median
from typing import Final

HOURS_KEPT: Final = 28 * 24

_DAY: Final = 24
_WEEK: Final = 7 * _DAY
_FEWEST_HOURS: Final = 6
_SAME_WEEKDAY: Final = 3.0
_STORM: Final = 3.0


class UsualContacts:
    """Learned from the hours before a time; hours without a contact count as none.

    The same hour of the days before, that of the same weekday three times; what is above three times the median counts
    as that much, so that a storm of the past stays out. Where less than a day is known it is the mean of all hours.

    Args:
        hours: Counts by hour since 1970.
        first: The first hour in which the contact centre was heard at all; before it nothing is known.
        behind: The hour behind the last one that is learned from.
    """

    def __init__(self, hours: Mapping[int, float], *, first: int, behind: int) -> None:
        self._hours = hours
        self._first = max(first, behind - HOURS_KEPT)
        self._behind = behind

    @property
    def known_hours(self) -> int:
        """From how many hours it is learned."""
        return max(self._behind - self._first, 0)

    def per_minute(self, hour: int) -> float | None:
        """What is usual in a minute of that hour; None while less than six hours are known."""
        if self.known_hours < _FEWEST_HOURS:
            return None
        same = [at for at in range(hour - _DAY, self._first - 1, -_DAY) if self._first <= at < self._behind]
        if not same:
            return self._level()
        counts = [self._hours.get(at, 0.0) for at in same]
        most = _STORM * median(counts) + _STORM
        weights = [_SAME_WEEKDAY if (hour - at) % _WEEK == 0 else 1.0 for at in same]
        weighed = sum(min(count, most) * weight for count, weight in zip(counts, weights, strict=True))
        return weighed / sum(weights) / 60.0

    def _level(self) -> float:
        counts = [self._hours.get(at, 0.0) for at in range(self._first, self._behind)]
        most = _STORM * median(counts) + _STORM
        return sum(min(count, most) for count in counts) / len(counts) / 60.0
