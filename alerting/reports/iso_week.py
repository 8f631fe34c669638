"""A week by the calendar of a place: from Monday's midnight there to the next one. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

import msgspec

_NAME: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2199


class IsoWeek(msgspec.Struct, frozen=True):
    """One week of ISO 8601 in a time zone. It has an hour more or less where the clocks change.

    Attributes:
        monday: Its first day.
        zone: By its name in the tz database.
    """

    monday: date
    zone: str

    @classmethod
    def named(cls, name: str, zone: str) -> Self:
        """The week of that name.

        Raises:
            ValueError: There is no such week.

        >>> IsoWeek.named("2026-W01", "UTC").monday
        datetime.date(2025, 12, 29)
        """
        found = _NAME.fullmatch(name)
        if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            raise ValueError(f"{name!r} is no week; write it as 2026-W48")
        try:
            return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1), zone)
        except ValueError as exc:
            raise ValueError(f"there is no week {name}") from exc

    @classmethod
    def of(cls, at: datetime, zone: str) -> Self:
        """The week in which that time lies there."""
        day = at.astimezone(ZoneInfo(zone)).date()
        return cls(day - timedelta(days=day.weekday()), zone)

    @property
    def name(self) -> str:
        """As ISO 8601 writes it: `2026-W48`."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def start(self) -> datetime:
        """Monday's midnight, inclusive, UTC."""
        return _midnight(self.monday, self.zone)

    @property
    def end(self) -> datetime:
        """The next Monday's midnight, exclusive, UTC."""
        return _midnight(self.monday + timedelta(days=7), self.zone)

    def shifted(self, weeks: int) -> Self:
        """So many weeks later, or earlier."""
        return type(self)(self.monday + timedelta(days=7 * weeks), self.zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
