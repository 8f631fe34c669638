"""What can be set about who is on call, and who is called after whom."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, model_validator

from streams.section import Section

PersonName = Annotated[str, Field(min_length=1, max_length=100)]
PolicyName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


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
    def number(self) -> int:
        """Monday is 0."""
        return list(Weekday).index(self)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as exc:
        raise ValueError(f"there is no time zone {name!r}; write one like Europe/Berlin") from exc
    return name


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("needs a time zone: 2026-01-05T09:00:00+01:00")
    return at


Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
ZonedTime = Annotated[datetime, AfterValidator(_zoned)]


class OverrideSettings(Section):
    """Somebody else for a while, the end exclusive."""

    person: PersonName
    starts_at: ZonedTime
    ends_at: ZonedTime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at has to be later than starts_at")
        return self


class RotationSettings(Section):
    """People who take turns.

    Attributes:
        people: Each in turn; the first begins with the hand-over on or before `begins_on`.
        begins_on: A date in the schedule's time zone; before it nobody is on call.
        hand_over_day: When a turn ends and the next begins, likewise `hand_over_time`, in the schedule's time zone.
            A time that the clocks jump over counts as they stood before; of one that comes twice the first counts.
        weeks: How long a turn is.
        overrides: Whom they name is on call instead; of two at the same time the later entry.
    """

    people: Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=200)]
    begins_on: date
    hand_over_day: Weekday = Weekday.MONDAY
    hand_over_time: ClockTime = "09:00"
    weeks: Annotated[int, Field(ge=1, le=52)] = 1
    overrides: Annotated[tuple[OverrideSettings, ...], Field(max_length=1000)] = ()


class CalendarSettings(Section):
    """An iCalendar file (RFC 5545). Each event is a shift of the people that it names.

    Attributes:
        url: Where it is fetched; the address may be a secret, so `url_file` can hold it.
        file: A file instead.
        refresh_seconds: How often it is read again. The last good copy is kept in the database.
    """

    url: SecretStr | None = None
    url_file: Path | None = None
    file: Path | None = None
    refresh_seconds: Annotated[float, Field(ge=10, le=86_400)] = 300.0

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.url, self.url_file, self.file)) != 1:
            raise ValueError("needs exactly one of url, url_file and file")
        return self


class PagerDutyScheduleSettings(Section):
    """A schedule of PagerDuty's, asked over its REST API.

    Attributes:
        schedule: Its id, `PABC123`: the end of its page's address.
        token: A read-only API key, or `token_file`.
        refresh_seconds: How often it is asked again.
    """

    schedule: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,30}$")]
    token: SecretStr | None = None
    token_file: Path | None = None
    api_url: HttpUrl = HttpUrl("https://api.pagerduty.com/")
    refresh_seconds: Annotated[float, Field(ge=10, le=86_400)] = 300.0

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if (self.token is None) == (self.token_file is None):
            raise ValueError("needs exactly one of token and token_file")
        return self


class ScheduleSettings(Section):
    """Who is on call when; from exactly one of a rotation, a calendar and PagerDuty.

    Attributes:
        time_zone: In which a rotation hands over, and in which a calendar's times without a zone are meant.
        stale_after_hours: What others keep and could not be read for so long is told of, to the receiver
            that is told of what nobody owns, once a day.
    """

    name: PolicyName
    time_zone: Zone = "UTC"
    stale_after_hours: Annotated[float, Field(gt=0, le=2160)] = 6.0
    rotation: RotationSettings | None = None
    calendar: CalendarSettings | None = None
    pagerduty: PagerDutyScheduleSettings | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.rotation, self.calendar, self.pagerduty)) != 1:
            raise ValueError("needs exactly one of rotation, calendar and pagerduty")
        return self


TARGET_KINDS: Final = ("person", "schedule", "receiver")


class CalleeSettings(Section):
    """Whom a step calls: exactly one of a person, whoever is on call, and a receiver."""

    person: PersonName | None = None
    schedule: PolicyName | None = None
    receiver: PolicyName | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in TARGET_KINDS) != 1:
            raise ValueError("needs exactly one of person, schedule and receiver")
        return self


class StepSettings(Section):
    """Who is called together, and how long they have.

    Attributes:
        wait_minutes: So long until the next step is called, unless enough people have acknowledged.
    """

    targets: Annotated[tuple[CalleeSettings, ...], Field(min_length=1, max_length=50)]
    wait_minutes: Annotated[float, Field(ge=0.5, le=1440)] = 5.0


class PolicySettings(Section):
    """Who is called after whom until somebody acknowledges.

    An incident keeps the steps that were set when it opened; what is changed here holds for later ones.

    Attributes:
        repeats: How often it begins anew after the last step; without it until somebody acknowledges.
        acknowledgements: How many different people have to acknowledge before the calls stop.
    """

    name: PolicyName
    steps: Annotated[tuple[StepSettings, ...], Field(min_length=1, max_length=50)]
    repeats: Annotated[int, Field(ge=0, le=1000)] | None = None
    acknowledgements: Annotated[int, Field(ge=1, le=10)] = 1


class OwnerSettings(Section):
    """A department or team that topics name as their owner.

    Attributes:
        name: As topics write it.
        policy: Who is called for what it owns, where no route on the way names a policy.
        schedule: Whose turn it is, for pages and messages; without it the first schedule that its policy calls.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    policy: PolicyName | None = None
    schedule: PolicyName | None = None
