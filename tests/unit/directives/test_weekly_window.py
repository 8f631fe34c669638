"""Windows of the week follow the clocks on the wall."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerting.directives.weekly_window import WeeklyWindow

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = WeeklyWindow.parse("fri,sat 22:00-06:00")


@pytest.mark.parametrize(
    ("at", "end"),
    [
        # Friday, 9 January 2026: Berlin is one hour ahead.
        (datetime(2026, 1, 9, 20, 59, tzinfo=UTC), None),
        (datetime(2026, 1, 9, 21, 0, tzinfo=UTC), datetime(2026, 1, 10, 5, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 4, 59, tzinfo=UTC), datetime(2026, 1, 10, 5, 0, tzinfo=UTC)),
        (datetime(2026, 1, 10, 5, 0, tzinfo=UTC), None),
        # Sunday, 4:30 in Berlin: the night of Saturday goes on.
        (datetime(2026, 1, 11, 3, 30, tzinfo=UTC), datetime(2026, 1, 11, 5, 0, tzinfo=UTC)),
        (datetime(2026, 1, 11, 22, 0, tzinfo=UTC), None),
    ],
)
def test_a_window_over_midnight_ends_on_the_next_day(at: datetime, end: datetime | None) -> None:
    assert NIGHTS.end_of(at, BERLIN) == end


def test_the_hour_that_summer_time_takes_shortens_the_window() -> None:
    # On 29 March 2026 Berlin goes from 2:00 to 3:00, from one hour ahead to two.
    at = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)

    assert NIGHTS.end_of(at, BERLIN) == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)


def test_the_hour_that_winter_time_gives_lengthens_the_window() -> None:
    # On 25 October 2026 Berlin goes from 3:00 back to 2:00.
    at = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)

    assert NIGHTS.end_of(at, BERLIN) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["mon-fri 09:00-17:00", "sun 00:00-24:00", "sat,sun 22:00-06:00"])
def test_a_window_reads_back_what_it_writes(text: str) -> None:
    window = WeeklyWindow.parse(text)

    assert WeeklyWindow.parse(str(window)) == window


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 9-17", "moon 09:00-17:00", "mon 09:00-25:00", "mon 24:00-06:00", "mon 09:60-10:00"]
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like|no weekday|a window begins"):
        WeeklyWindow.parse(text)
