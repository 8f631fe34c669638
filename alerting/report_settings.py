"""What can be set about reports."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from alerting.oncall_settings import ClockTime, PolicyName, Zone
from streams.section import Section


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def days_after_monday(self) -> int:
        """0 to 6."""
        return list(Weekday).index(self)


class WeeklySettings(Section):
    """When the report of the last whole week goes out, and to whom.

    Attributes:
        receivers: Each of their notifiers that tells without waking.
        weekday: Of the week after.
        time: Of the clock on the wall, in `reports.time_zone`.
    """

    receivers: Annotated[tuple[PolicyName, ...], Field(min_length=1)]
    weekday: Weekday = Weekday.MONDAY
    time: ClockTime = "08:00"


class ReportSettings(Section):
    """How reports are written.

    Attributes:
        time_zone: Where weeks begin, on Monday at midnight.
        weekly: Without it nobody is sent the report; it can be read all the same.
    """

    time_zone: Zone = "UTC"
    weekly: WeeklySettings | None = None
