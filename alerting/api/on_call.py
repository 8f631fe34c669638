"""Who is on call, over HTTP and on a page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import HTMLResponse, Response

from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem
from alerting.api.sessions import Sessions
from alerting.api.utc_time import UtcTime
from alerting.console.duty import duty_card
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.duty import Duty
from alerting.oncall.roster import AHEAD, Roster
from alerting.oncall.standby import Standby
from streams.clock import Clock

SHOWN: Final = timedelta(days=14)
MOST_SHIFTS: Final = 200
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class ShiftAnswer(BaseModel):
    """Somebody is on call in `[starts_at, ends_at)`."""

    model_config = ConfigDict(from_attributes=True)

    person: str
    starts_at: UtcTime
    ends_at: UtcTime


class GapAnswer(BaseModel):
    """Nobody is on call in `[starts_at, ends_at)`."""

    model_config = ConfigDict(from_attributes=True)

    starts_at: UtcTime
    ends_at: UtcTime


class ScheduleAnswer(BaseModel):
    """One schedule at one moment.

    `known` is false where it could never be read. `read_at` is null for a rotation; `problem` says why the latest
    attempt to read it failed, and then what was read last still counts. `until` is null where nothing changes within
    90 days. `shifts` are of the next 14 days, `gaps` of the next 90.
    """

    schedule: str
    owners: tuple[str, ...]
    people: tuple[str, ...]
    until: UtcTime | None
    known: bool
    read_at: UtcTime | None
    problem: str | None
    shifts: tuple[ShiftAnswer, ...]
    gaps: tuple[GapAnswer, ...]


class OnCallAnswer(BaseModel):
    """Every schedule of the configuration."""

    at: UtcTime
    schedules: tuple[ScheduleAnswer, ...]


def on_call_router(
    duty: Duty,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
) -> APIRouter:
    """`/api/v1/on-call` and the page `/on-call`."""
    router = APIRouter()
    roster, standby = duty.roster, duty.standby

    def answered(at: datetime) -> OnCallAnswer:
        return OnCallAnswer(at=at, schedules=tuple(_schedule(name, roster, standby, at) for name in roster.names))

    @router.get("/api/v1/on-call", tags=["on-call"], responses=REFUSALS)
    async def who_is_on_call(
        at: Annotated[AwareDatetime | None, Query(description="The moment; now.")] = None,
    ) -> OnCallAnswer:
        """Who is on call for every schedule, until when, and where nobody is."""
        moment = at or clock.now()
        if not _FIRST <= moment <= _LAST:
            raise Problem(422, "invalid-request", "at must lie between the years 2000 and 2200.")
        return answered(moment.astimezone(UTC))

    @router.get("/on-call", include_in_schema=False)
    async def on_call_page(request: Request) -> Response:
        now = clock.now()
        session = caller_of(request).session
        cards = tuple(duty_card(name, roster, standby, now) for name in roster.names)
        html = pages.on_call(
            schedules=cards, pulse=pulse(), csrf=sessions.csrf_token(session) if session else "", now=now
        )
        return HTMLResponse(html)

    return router


def _schedule(name: str, roster: Roster, standby: Standby, at: datetime) -> ScheduleAnswer:
    current = roster.on_call(name, at)
    shifts = roster.shifts(name, at, at + SHOWN) or ()
    return ScheduleAnswer(
        schedule=name,
        owners=tuple(owner for owner, schedule in standby.schedules.items() if schedule == name),
        people=current.people,
        until=current.until,
        known=current.known,
        read_at=current.read_at,
        problem=current.problem,
        shifts=tuple(ShiftAnswer.model_validate(shift) for shift in shifts[:MOST_SHIFTS]),
        gaps=tuple(GapAnswer.model_validate(gap) for gap in (roster.gaps(name, at, at + AHEAD) or ())[:MOST_SHIFTS]),
    )
