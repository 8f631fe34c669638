"""Times by name, as Alertmanager reads them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alerting.muting_settings import TimeIntervalSettings
from alerting.routing.time_intervals import TimeInterval


def interval(**span: Any) -> TimeInterval:
    return TimeInterval(TimeIntervalSettings.model_validate({"name": "one", "time_intervals": [span]}))


@pytest.mark.parametrize(
    ("span", "at", "holds"),
    [
        # 5 January 2026 is a Monday.
        ({"weekdays": ["monday:friday"]}, datetime(2026, 1, 5, 12, tzinfo=UTC), True),
        ({"weekdays": ["saturday", "Sunday"]}, datetime(2026, 1, 5, 12, tzinfo=UTC), False),
        ({"times": [{"start_time": "09:00", "end_time": "17:00"}]}, datetime(2026, 1, 5, 9, 0, tzinfo=UTC), True),
        ({"times": [{"start_time": "09:00", "end_time": "17:00"}]}, datetime(2026, 1, 5, 17, 0, tzinfo=UTC), False),
        ({"times": [{"start_time": "22:00", "end_time": "24:00"}]}, datetime(2026, 1, 5, 23, 59, tzinfo=UTC), True),
        # 23:30 UTC on Sunday is 0:30 on Monday in Berlin.
        ({"weekdays": ["monday"], "location": "Europe/Berlin"}, datetime(2026, 1, 4, 23, 30, tzinfo=UTC), True),
        ({"days_of_month": ["-1"]}, datetime(2026, 2, 28, tzinfo=UTC), True),
        ({"days_of_month": ["-1"]}, datetime(2028, 2, 28, tzinfo=UTC), False),
        ({"days_of_month": ["1:5"]}, datetime(2026, 1, 5, tzinfo=UTC), True),
        ({"days_of_month": ["25:-1"]}, datetime(2026, 1, 31, tzinfo=UTC), True),
        ({"months": ["december", "1:2"]}, datetime(2026, 2, 1, tzinfo=UTC), True),
        ({"months": ["december"]}, datetime(2026, 2, 1, tzinfo=UTC), False),
        ({"years": ["2027:2030"]}, datetime(2026, 2, 1, tzinfo=UTC), False),
        # What is given has to hold all together.
        ({"weekdays": ["monday"], "months": ["may"]}, datetime(2026, 1, 5, tzinfo=UTC), False),
        ({}, datetime(2026, 1, 5, tzinfo=UTC), True),
    ],
)
def test_it_holds_by_the_clocks_on_the_wall(span: dict[str, Any], at: datetime, *, holds: bool) -> None:
    assert interval(**span).contains(at) is holds


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ({"weekdays": ["friday:monday"]}, "ends before it starts"),
        ({"weekdays": ["moonday"]}, "is none of monday"),
        ({"days_of_month": ["0"]}, "no day 0"),
        ({"days_of_month": ["32"]}, "no number from -31 to 31"),
        ({"months": ["13"]}, "no number from 1 to 12"),
        ({"location": "Mars/Olympus"}, "no time zone"),
        ({"times": [{"start_time": "22:00", "end_time": "06:00"}]}, "over midnight is two"),
    ],
)
def test_what_is_none_is_refused(span: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        interval(**span)
