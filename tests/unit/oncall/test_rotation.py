"""Rotations against an independent model that walks through every hour of ten years on the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerting.oncall.rotation import Rotation
from alerting.oncall.shift import Gap, Shift, gaps, joined
from alerting.oncall_settings import OverrideSettings, RotationSettings, Weekday

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
)
PEOPLE = ("Ada", "Ben", "Cleo")
BEGINS = date(2024, 1, 1)  # a Monday
SUNDAY = date(2024, 1, 7)
YEARS = 10


def rotation(zone: str, *, at: str = "09:00", day: Weekday = Weekday.MONDAY, weeks: int = 1) -> Rotation:
    settings = RotationSettings(people=PEOPLE, begins_on=BEGINS, hand_over_day=day, hand_over_time=at, weeks=weeks)
    return Rotation(settings, zone)


def turns_by_walking(zone: str, first: date, at: time, weeks: int = 1) -> list[datetime]:
    """When turns begin, found by watching a clock on the wall in steps of a quarter of an hour.

    A turn begins when the wall shows the time of the hand-over for the first time. Where the clock jumps over it, that
    moment is as much later than the jump as the time lay behind what the clock showed before: as if it had not jumped.
    """
    wall = ZoneInfo(zone)
    begun: list[datetime] = []
    for number in range(YEARS * 52 // weeks):
        due = datetime.combine(first + timedelta(weeks=number * weeks), at)
        moment = due.replace(tzinfo=UTC) - timedelta(hours=15)  # no zone is further ahead
        before = shown = moment.astimezone(wall).replace(tzinfo=None)
        while shown < due:
            moment += timedelta(minutes=15)
            before, shown = shown, moment.astimezone(wall).replace(tzinfo=None)
        begun.append(moment if shown == due else moment + (due - before) - timedelta(minutes=15))
    return begun


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_turns_are_as_the_clock_on_the_wall_shows_them(zone: str) -> None:
    expected = turns_by_walking(zone, BEGINS, time(9))

    shifts = rotation(zone).shifts(expected[1], expected[-1])

    assert [shift.starts_at for shift in shifts] == expected[1:-1]
    assert [shift.ends_at for shift in shifts] == expected[2:]
    assert [shift.person for shift in shifts] == [PEOPLE[number % 3] for number in range(1, len(expected) - 1)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2), time(2, 30)], ids=str)
def test_a_hand_over_in_the_hour_in_which_the_clocks_change_happens_once(zone: str, at: time) -> None:
    expected = turns_by_walking(zone, SUNDAY, at)
    settings = RotationSettings(
        people=PEOPLE, begins_on=SUNDAY, hand_over_day=Weekday.SUNDAY, hand_over_time=f"{at:%H:%M}"
    )

    shifts = Rotation(settings, zone).shifts(expected[1], expected[-1])

    assert [shift.starts_at for shift in shifts] == expected[1:-1]


def test_the_answer_does_not_depend_on_how_much_is_asked() -> None:
    turns = rotation("Europe/Berlin", weeks=2)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    whole = turns.shifts(start, start + timedelta(days=200))

    for hours in range(0, 200 * 24, 37):
        moment = start + timedelta(hours=hours)
        [now] = turns.shifts(moment, moment + timedelta(microseconds=1))
        assert now in whole


def test_before_the_rotation_begins_nobody_is_on_call() -> None:
    turns = rotation("UTC", day=Weekday.FRIDAY)

    [first] = turns.shifts(datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))

    # It begins on a Monday, in the turn of the Friday before.
    assert first == Shift(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 5, 9, tzinfo=UTC), "Ada")


def test_an_override_takes_its_time_and_leaves_the_rest() -> None:
    cover = OverrideSettings(
        person="Lead",
        starts_at=datetime(2024, 1, 2, 18, tzinfo=UTC),
        ends_at=datetime(2024, 1, 3, 6, tzinfo=UTC),
    )
    settings = RotationSettings(people=PEOPLE, begins_on=BEGINS, overrides=(cover,))

    shifts = Rotation(settings, "UTC").shifts(datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 1, 8, tzinfo=UTC))

    assert [(shift.person, shift.starts_at.day, shift.starts_at.hour) for shift in shifts] == [
        ("Ada", 1, 9),
        ("Lead", 2, 18),
        ("Ada", 3, 6),
    ]


def test_gaps_lie_between_shifts_and_at_both_ends() -> None:
    def at(hour: int) -> datetime:
        return datetime(2026, 1, 5, hour, tzinfo=UTC)

    shifts = (Shift(at(2), at(4), "Ada"), Shift(at(3), at(5), "Ben"), Shift(at(8), at(9), "Ada"))

    assert gaps(shifts, at(1), at(10)) == (Gap(at(1), at(2)), Gap(at(5), at(8)), Gap(at(9), at(10)))
    assert gaps(shifts, at(2), at(5)) == ()
    assert gaps((), at(1), at(2)) == (Gap(at(1), at(2)),)
    assert joined((Shift(at(4), at(6), "Ada"), *shifts))[0] == Shift(at(2), at(6), "Ada")
