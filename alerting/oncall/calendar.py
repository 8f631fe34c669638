"""Shifts out of an iCalendar file: recurring events, exceptions, daylight saving as the calendar's zones say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from alerting.inbound_settings import PersonSettings
from alerting.incidents import wording
from alerting.oncall.shift import Shift

MAX_EVENTS: Final = 2_000
_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_BETWEEN_NAMES: Final = re.compile(r"\s*(?:[,;/&]|\band\b)\s*")
# Further back than shifts are long, so that one which is going on is found.
_LONGEST: Final = timedelta(days=400)


class CalendarUnreadable(ValueError):
    """It is no calendar, or none that shifts can be read from; says why."""


class CalendarShifts:
    """Each event is a shift of the people that it names; whatever else stands in it does not matter.

    Whoever takes part is named by the e-mail addresses of the attendees, else by their names, else by the summary:
    `Maya`, `Maya, Ben` or `On call: Maya`. A name that the configuration does not know stays as it stands: the page
    shows it, and a call of it reaches nobody.

    Args:
        content: As it was fetched.
        people: Whom names and addresses mean.
        time_zone: In which times without a zone, and whole days, are meant.

    Raises:
        CalendarUnreadable: It cannot be used.

    Source:
        RFC 5545, https://www.rfc-editor.org/rfc/rfc5545
    """

    def __init__(self, content: bytes, people: Sequence[PersonSettings], time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._names = {person.name.casefold(): person.name for person in people}
        self._addresses = {person.email.casefold(): person.name for person in people if person.email}
        if (events := content.upper().count(b"BEGIN:VEVENT")) > MAX_EVENTS:
            raise CalendarUnreadable(f"it has {events:,} events; at most {MAX_EVENTS:,} are read")
        try:
            calendar = icalendar.Calendar.from_ical(content)
        except (ValueError, IndexError, KeyError, TypeError) as exc:
            raise CalendarUnreadable(f"it is no iCalendar file: {wording.plain(str(exc), 100)}") from exc
        if not isinstance(calendar, icalendar.Calendar):
            raise CalendarUnreadable("it is no iCalendar file: there is no VCALENDAR in it")
        self._check(calendar)
        self._query = recurring_ical_events.of(calendar, keep_recurrence_attributes=False)
        self._remembered: tuple[datetime, datetime, tuple[Shift, ...]] | None = None

    def remember(self, start: datetime, end: datetime) -> None:
        """Work out `[start, end)` once, so that asking within it costs next to nothing.

        Raises:
            CalendarUnreadable: See `shifts`.
        """
        self._remembered = (start, end, self._worked_out(start, end))

    def shifts(self, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Every shift that lies in `[start, end)` at least in part, in order, in UTC.

        Raises:
            CalendarUnreadable: A rule of recurrence cannot be followed.
        """
        if self._remembered is not None and self._remembered[0] <= start and end <= self._remembered[1]:
            return tuple(shift for shift in self._remembered[2] if shift.starts_at < end and shift.ends_at > start)
        return self._worked_out(start, end)

    def _worked_out(self, start: datetime, end: datetime) -> tuple[Shift, ...]:
        try:
            events = self._query.between(start, end)
        except (ValueError, KeyError, TypeError, OverflowError, AttributeError) as exc:
            raise CalendarUnreadable(f"a recurrence cannot be followed: {wording.plain(str(exc), 100)}") from exc
        found = (shift for event in events for shift in self._of(event))
        return tuple(sorted(shift for shift in found if shift.starts_at < end and shift.ends_at > start))

    def _of(self, event: Any) -> Iterator[Shift]:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            return
        starts_at, ends_at = self._instant(event.start), self._instant(event.end)
        if not timedelta() < ends_at - starts_at <= _LONGEST:
            return
        for person in self._people_of(event):
            yield Shift(starts_at, ends_at, person)

    def _people_of(self, event: Any) -> tuple[str, ...]:
        attendees = event.get("ATTENDEE", [])
        named = [self._attendee(one) for one in (attendees if isinstance(attendees, list) else [attendees])]
        known = tuple(dict.fromkeys(name for name in named if name is not None))
        if known:
            return known
        summary = wording.plain(str(event.get("SUMMARY", "")), 200)
        said = [part for part in _BETWEEN_NAMES.split(summary.rpartition(":")[2].strip()) if part]
        return tuple(dict.fromkeys(self._names.get(name.casefold(), name) for name in said))

    def _attendee(self, attendee: Any) -> str | None:
        address = str(attendee).casefold().removeprefix("mailto:")
        parameters: Mapping[str, Any] = getattr(attendee, "params", {})
        return self._addresses.get(address) or self._names.get(str(parameters.get("CN", "")).casefold())

    def _instant(self, at: date) -> datetime:
        if not isinstance(at, datetime):
            at = datetime.combine(at, time(), self._zone)
        return (at if at.tzinfo is not None else at.replace(tzinfo=self._zone)).astimezone(UTC)

    @staticmethod
    def _check(calendar: icalendar.Calendar) -> None:
        for event in calendar.walk("VEVENT"):
            if event.get("DTSTART") is None:
                raise CalendarUnreadable("an event has no DTSTART")
            rules = event.get("RRULE", [])
            for rule in rules if isinstance(rules, list) else [rules]:
                if _TOO_OFTEN & {str(word).upper() for word in rule.get("FREQ", [])}:
                    raise CalendarUnreadable("an event recurs more often than once a day, which no shift does")
