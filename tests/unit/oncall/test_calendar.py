from datetime import UTC, datetime, timedelta

import pytest

from alerting.inbound_settings import PersonSettings
from alerting.oncall.calendar import CalendarShifts, CalendarUnreadable
from alerting.oncall.shift import Shift

PEOPLE = (
    PersonSettings(name="Maya", email="maya@example.com"),
    PersonSettings(name="Ben", email="ben@example.com"),
)
SPRING = (datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 4, 14, tzinfo=UTC))


def calendar(*lines: str) -> bytes:
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Acme//Rota//EN", *lines, "END:VCALENDAR", ""]
    return "\r\n".join(whole).encode()


def event(*lines: str, uid: str = "1") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")


def shifts(content: bytes, span: tuple[datetime, datetime] = SPRING, zone: str = "UTC") -> tuple[Shift, ...]:
    return CalendarShifts(content, PEOPLE, zone).shifts(*span)


WEEKLY = event(
    "DTSTART;TZID=Europe/Berlin:20260105T090000",
    "DTEND;TZID=Europe/Berlin:20260112T090000",
    "RRULE:FREQ=WEEKLY;INTERVAL=2",
    "SUMMARY:On call: Maya",
)


def test_a_recurring_shift_keeps_its_hour_when_the_clocks_change() -> None:
    found = shifts(calendar(*WEEKLY))

    # Berlin goes from +1 to +2 on 29 March: nine o'clock is 08:00 UTC before and 07:00 UTC afterwards.
    assert [(shift.person, f"{shift.starts_at:%d %b %H:%M}", f"{shift.ends_at:%d %b %H:%M}") for shift in found] == [
        ("Maya", "16 Mar 08:00", "23 Mar 08:00"),
        ("Maya", "30 Mar 07:00", "06 Apr 07:00"),
        ("Maya", "13 Apr 07:00", "20 Apr 07:00"),
    ]


def test_an_excepted_date_and_a_moved_occurrence_count() -> None:
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260413T090000",
        "DTSTART;TZID=Europe/Berlin:20260413T120000",
        "DTEND;TZID=Europe/Berlin:20260414T120000",
        "SUMMARY:Ben",
    )
    weekly = (*WEEKLY[:-1], "EXDATE;TZID=Europe/Berlin:20260330T090000", WEEKLY[-1])

    found = shifts(calendar(*weekly, *moved))

    assert [(shift.person, shift.starts_at.day, shift.starts_at.hour) for shift in found] == [
        ("Maya", 16, 8),
        ("Ben", 13, 10),
    ]


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        (("SUMMARY:maya",), ["Maya"]),
        (("SUMMARY:Maya, Ben",), ["Ben", "Maya"]),
        (("SUMMARY:On call: Ben and Maya",), ["Ben", "Maya"]),
        (("SUMMARY:Rota", "ATTENDEE;CN=M:mailto:MAYA@example.com"), ["Maya"]),
        (("SUMMARY:Rota", "ATTENDEE;CN=Ben:mailto:elsewhere@example.com"), ["Ben"]),
        (("SUMMARY:Zoe",), ["Zoe"]),
        (("SUMMARY:Maya", "STATUS:CANCELLED"), []),
    ],
)
def test_who_is_meant(lines: tuple[str, ...], people: list[str]) -> None:
    found = shifts(calendar(*event("DTSTART:20260320T090000Z", "DTEND:20260321T090000Z", *lines)))

    assert [shift.person for shift in found] == people


def test_whole_days_and_times_without_a_zone_are_meant_in_the_schedules_own() -> None:
    day = event("DTSTART;VALUE=DATE:20260320", "DTEND;VALUE=DATE:20260321", "SUMMARY:Maya")
    floating = event("DTSTART:20260322T090000", "DTEND:20260322T180000", "SUMMARY:Ben", uid="2")

    found = shifts(calendar(*day, *floating), zone="America/New_York")

    assert found[0] == Shift(datetime(2026, 3, 20, 4, tzinfo=UTC), datetime(2026, 3, 21, 4, tzinfo=UTC), "Maya")
    assert found[1].starts_at == datetime(2026, 3, 22, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no iCalendar file"),
        (b"<html>sign in</html>", "no iCalendar file"),
        (b"\xff\xfe\x00", "no iCalendar file"),
        (calendar(*event("SUMMARY:Maya")), "has no DTSTART"),
        (calendar(*event("DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY")), "more often than once a day"),
        (
            calendar(*(line for number in range(2_001) for line in event("DTSTART:20260101T000000Z", uid=str(number)))),
            "2,001",
        ),
    ],
    ids=["empty", "a page", "bytes", "no start", "every second", "too many"],
)
def test_what_cannot_be_used_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(CalendarUnreadable, match=reason):
        CalendarShifts(content, PEOPLE, "UTC")


def test_what_was_worked_out_before_is_answered_alike() -> None:
    ahead = CalendarShifts(calendar(*WEEKLY), PEOPLE, "UTC")
    ahead.remember(SPRING[0] - timedelta(days=30), SPRING[1] + timedelta(days=30))
    fresh = CalendarShifts(calendar(*WEEKLY), PEOPLE, "UTC")

    for days in range(29):
        moment = SPRING[0] + timedelta(days=days)
        assert ahead.shifts(moment, moment + timedelta(hours=1)) == fresh.shifts(moment, moment + timedelta(hours=1))
