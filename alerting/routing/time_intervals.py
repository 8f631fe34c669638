"""Times that have a name, in Alertmanager's words and by the clocks on the wall. Pure.

Source: https://prometheus.io/docs/alerting/latest/configuration/#time_interval
"""

import calendar
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerting.muting_settings import TimeIntervalSettings, TimeSpanSettings

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = tuple(name.lower() for name in calendar.month_name)[1:]

_Range = tuple[int, int]


class TimeInterval:
    """Some times with a name.

    Raises:
        ValueError: A range is none, or the zone is unknown; says which.
    """

    def __init__(self, settings: TimeIntervalSettings) -> None:
        self.name = settings.name
        self._spans = tuple(_Span(span) for span in settings.time_intervals)

    def contains(self, at: datetime) -> bool:
        """Whether it is that time."""
        return any(span.contains(at) for span in self._spans)


class _Span:
    def __init__(self, settings: TimeSpanSettings) -> None:
        try:
            self._zone = ZoneInfo(settings.location)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError(f"{settings.location!r} is no time zone; write it like Europe/Berlin") from exc
        self._times = tuple((_minute(one.start_time), _minute(one.end_time)) for one in settings.times)
        if any(start >= end for start, end in self._times):
            raise ValueError("a time ends after it starts; over midnight is two of them")
        self._weekdays = _ranges(settings.weekdays, _WEEKDAYS, first=0, low=0, high=6)
        self._days = tuple(_days(text) for text in settings.days_of_month)
        self._months = _ranges(settings.months, _MONTHS, first=1, low=1, high=12)
        self._years = _ranges(settings.years, (), first=0, low=1970, high=9999)

    def contains(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        minute = local.hour * 60 + local.minute
        last = calendar.monthrange(local.year, local.month)[1]
        days = tuple((_from_end(start, last), _from_end(end, last)) for start, end in self._days)
        return (
            (not self._times or any(start <= minute < end for start, end in self._times))
            and _within(local.weekday(), self._weekdays)
            and _within(local.day, days)
            and _within(local.month, self._months)
            and _within(local.year, self._years)
        )


def _within(value: int, ranges: Sequence[_Range]) -> bool:
    return not ranges or any(start <= value <= end for start, end in ranges)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _ranges(texts: Sequence[str], names: Sequence[str], *, first: int, low: int, high: int) -> tuple[_Range, ...]:
    """Ranges of names or numbers, both ends inclusive."""

    def number(text: str) -> int:
        word = text.strip().lower()
        if word in names:
            return names.index(word) + first
        if names and first == 0:
            raise ValueError(f"{text!r} is none of {', '.join(names)}")
        return _whole(word, low, high)

    found = []
    for text in texts:
        start, _, end = text.partition(":")
        ends = (number(start), number(end or start))
        if ends[0] > ends[1]:
            raise ValueError(f"{text!r} ends before it starts")
        found.append(ends)
    return tuple(found)


def _days(text: str) -> _Range:
    start, _, end = text.partition(":")
    ends = (_whole(start, -31, 31), _whole(end or start, -31, 31))
    if 0 in ends:
        raise ValueError(f"{text!r}: a month has no day 0")
    if (ends[0] > 0) == (ends[1] > 0) and ends[0] > ends[1]:
        raise ValueError(f"{text!r} ends before it starts")
    return ends


def _from_end(day: int, last: int) -> int:
    """A day counted from the end of a month of `last` days, as one from its beginning."""
    return day if day > 0 else max(1, last + day + 1)


def _whole(text: str, low: int, high: int) -> int:
    digits = text.strip()
    if not digits.removeprefix("-").isdecimal() or not digits.isascii() or not low <= int(digits) <= high:
        raise ValueError(f"{text!r} is no number from {low} to {high}")
    return int(digits)
