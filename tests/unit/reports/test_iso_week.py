"""Weeks by the calendar of a place."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.reports.iso_week import IsoWeek


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_week_begins_on_monday_at_midnight_there() -> None:
    week = IsoWeek.named("2026-W28", "Europe/Berlin")

    assert (week.start, week.end) == (utc("2026-07-05T22:00"), utc("2026-07-12T22:00"))
    assert week.name == "2026-W28"


@pytest.mark.parametrize(("name", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W14", 168)])
def test_the_week_in_which_clocks_change_has_an_hour_more_or_less(name: str, hours: int) -> None:
    week = IsoWeek.named(name, "Europe/Berlin")

    assert week.end - week.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "zone", "name"),
    [
        ("2026-01-05T00:00", "UTC", "2026-W02"),
        ("2026-01-04T23:59", "UTC", "2026-W01"),
        ("2026-01-04T23:59", "Europe/Berlin", "2026-W02"),
        ("2026-01-05T04:59", "America/New_York", "2026-W01"),
        ("2025-12-31T12:00", "UTC", "2026-W01"),  # the year of a week is that of its Thursday
        ("2027-01-01T12:00", "UTC", "2026-W53"),
    ],
)
def test_every_moment_lies_in_one_week_of_a_place(at: str, zone: str, name: str) -> None:
    week = IsoWeek.of(utc(at), zone)

    assert week.name == name
    assert week.start <= utc(at) < week.end
    assert (week.shifted(1).start, week.shifted(-1).end) == (week.end, week.start)


@pytest.mark.parametrize(
    "name", ["2026-W54", "2025-W53", "2026-W00", "2026-48", "", "1999-W10", "9999-W01", "2026-W4٨"]
)
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="week"):
        IsoWeek.named(name, "UTC")
