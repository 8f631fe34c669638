"""What can be set about times and incidents that mute others, in Alertmanager's words."""

from typing import Annotated

from pydantic import Field

from streams.section import Section

_Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")]
_Matcher = Annotated[str, Field(pattern=r"^[a-z_]+(=|!=|=~|!~).*$", max_length=500)]
_Range = Annotated[str, Field(min_length=1, max_length=40)]


class TimeRangeSettings(Section):
    """From one time of day, inclusive, to another on the same day, exclusive."""

    start_time: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
    end_time: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class TimeSpanSettings(Section):
    """Some time, as Alertmanager describes it; every list that is given has to hold, in one of its entries.

    Attributes:
        times: Over midnight is two of them.
        weekdays: `monday:friday`, `sunday`.
        days_of_month: `1:5`, `-3:-1` for the last three days.
        months: `january:march`, `12`.
        years: `2026:2027`, `2026`.
        location: The zone of the clocks that are meant: `Europe/Berlin`.
    """

    times: tuple[TimeRangeSettings, ...] = ()
    weekdays: tuple[_Range, ...] = ()
    days_of_month: tuple[_Range, ...] = ()
    months: tuple[_Range, ...] = ()
    years: tuple[_Range, ...] = ()
    location: Annotated[str, Field(min_length=1, max_length=100)] = "UTC"


class TimeIntervalSettings(Section):
    """A name for some times; it holds where one of them does."""

    name: _Name
    time_intervals: Annotated[tuple[TimeSpanSettings, ...], Field(min_length=1, max_length=50)]


class InhibitRuleSettings(Section):
    """While an incident that is a source is open, those that are targets wake nobody.

    Attributes:
        source_matchers: All have to hold for the open incident.
        target_matchers: All have to hold for the one that is muted.
        equal: Labels that have to be the same for both; absent counts as empty.
    """

    name: _Name | None = None
    source_matchers: Annotated[tuple[_Matcher, ...], Field(min_length=1, max_length=20)]
    target_matchers: Annotated[tuple[_Matcher, ...], Field(min_length=1, max_length=20)]
    equal: tuple[str, ...] = ()
