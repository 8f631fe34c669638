"""People who take turns, week by week, in their own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.oncall.shift import Shift, laid_over
from alerting.oncall_settings import RotationSettings

_WEEK: Final = timedelta(days=7)


class Rotation:
    """Turns that begin at a weekday and a time of the clock on the wall, whatever the clock does in between.

    Args:
        time_zone: An IANA name.

    Source:
        Times that do not exist or come twice are read as RFC 5545, 3.3.5 says: with the offset before the jump, and
        as the first of the two.
    """

    def __init__(self, settings: RotationSettings, time_zone: str) -> None:
        self._people = settings.people
        self._zone = ZoneInfo(time_zone)
        self._turn = _WEEK * settings.weeks
        self._at = time.fromisoformat(settings.hand_over_time)
        back = (settings.begins_on.weekday() - settings.hand_over_day.number) % 7
        self._first_day = settings.begins_on - timedelta(days=back)
        self._begins_at = self._instant(settings.begins_on, time())
        self._overrides = tuple(
            Shift(override.starts_at.astimezone(UTC), override.ends_at.astimezone(UTC), override.person)
            for override in settings.overrides
        )

    def shifts(self, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Every shift that lies in `[start, end)` at least in part, in order, whole turns in UTC."""
        found: tuple[Shift, ...] = tuple(self._turns(start, end))
        for override in self._overrides:
            if override.starts_at < end and override.ends_at > start:
                found = laid_over(found, override)
        return tuple(shift for shift in found if shift.starts_at < end and shift.ends_at > start)

    def _turns(self, start: datetime, end: datetime) -> list[Shift]:
        day = start.astimezone(self._zone).date()
        number = max(0, (day - self._first_day).days // self._turn.days - 1)
        found: list[Shift] = []
        while (begins := self._hand_over(number)) < end:
            ends = self._hand_over(number + 1)
            begins = max(begins, self._begins_at)
            if ends > start and begins < ends:
                found.append(Shift(begins, ends, self._people[number % len(self._people)]))
            number += 1
        return found

    def _hand_over(self, number: int) -> datetime:
        return self._instant(self._first_day + self._turn * number, self._at)

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)
