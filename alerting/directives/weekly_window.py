"""A stretch of every week in local time."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_A_DAY: Final = 24 * 60


class WeeklyWindow(msgspec.Struct, frozen=True):
    """Some weekdays from one time of day to another, as the clocks on the wall show it; start inclusive, end exclusive.

    Attributes:
        days: On which it begins, 0 is Monday.
        start: Minute of the day, [0, 1440).
        end: Likewise, (0, 1440]; not after `start` means on the following day.
    """

    days: tuple[int, ...]
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "WeeklyWindow":
        """Read `sat,sun 22:00-06:00` or `mon-fri 09:00-17:00`.

        Raises:
            ValueError: It is no such window.

        >>> WeeklyWindow.parse("fri-mon 22:00-06:00").days
        (4, 5, 6, 0)
        """
        days, _, times = text.strip().lower().partition(" ")
        start, _, end = times.strip().partition("-")
        try:
            begins, ends = _minute(start), _minute(end)
        except ValueError as exc:
            raise ValueError(f"{text!r}: write it like `sat,sun 22:00-06:00`: {exc}") from exc
        if begins == _MINUTES_A_DAY or ends == 0:
            raise ValueError(f"{text!r}: a window begins before 24:00 and ends after 00:00")
        return cls(tuple(dict.fromkeys(day for part in days.split(",") for day in _days(part))), begins, ends)

    def end_of(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the window that holds `at` ends; None where none does."""
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        for back in (0, 1):
            began = (local - timedelta(days=back)).date()
            first, last = self.start - back * _MINUTES_A_DAY, self.end - back * _MINUTES_A_DAY
            if self.end <= self.start:
                last += _MINUTES_A_DAY
            if began.weekday() in self.days and first <= minute < last:
                midnight = datetime(local.year, local.month, local.day) + timedelta(minutes=last)  # noqa: DTZ001
                return midnight.replace(tzinfo=zone, fold=local.fold).astimezone(UTC)
        return None

    def __str__(self) -> str:
        days = ",".join(DAYS[day] for day in self.days)
        return f"{days} {self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


def _minute(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    digits = hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()
    if not (digits and colon and len(minute) == 2 and len(hour) <= 2):
        raise ValueError(f"{text!r} is no time of day")
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > _MINUTES_A_DAY:
        raise ValueError(f"{text!r} is no time of day")
    return found


def _days(text: str) -> tuple[int, ...]:
    first, dash, last = text.strip().partition("-")
    names = (first, last if dash else first)
    if any(name[:3] not in DAYS or len(name) < 3 for name in names):
        raise ValueError(f"{text!r} is no weekday; known are {', '.join(DAYS)}")
    begins, ends = (DAYS.index(name[:3]) for name in names)
    return tuple((begins + step) % 7 for step in range((ends - begins) % 7 + 1))
