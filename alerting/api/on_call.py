"""Who is on call, over HTTP and on a page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.forms import read_own_form
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem
from alerting.api.sessions import Sessions
from alerting.api.shift_covers import CoverAnswer, shift_covers_router
from alerting.api.utc_time import UtcTime
from alerting.brand_scope import scope_now
from alerting.console.duty import duty_card
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.duty import Duty
from alerting.errors import DirectiveRefused
from alerting.oncall.roster import AHEAD, Roster
from alerting.oncall.standby import Standby
from alerting.shift_covers import CoverWish, ShiftCovers
from streams.clock import Clock

SHOWN: Final = timedelta(days=14)
MOST_SHIFTS: Final = 200
PAGE: Final = "/on-call"
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
    90 days. `shifts` are of the next 14 days, `gaps` of the next 90, both with `covers` laid over them.
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
    covers: tuple[CoverAnswer, ...]


class OnCallAnswer(BaseModel):
    """Every schedule of the configuration."""

    at: UtcTime
    schedules: tuple[ScheduleAnswer, ...]


def on_call_router(
    duty: Duty,
    covers: ShiftCovers,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
) -> APIRouter:
    """`/api/v1/on-call`, what lies below it, the page `/on-call`, and where its forms go."""
    router = APIRouter()
    router.include_router(shift_covers_router(covers))
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

    def shown(
        request: Request, refusal: str = "", filled: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        now = clock.now()
        session = caller_of(request).session
        html = pages.on_call(
            schedules=tuple(duty_card(name, roster, standby, now, filled) for name in roster.names),
            people=() if scope_now().is_limited else covers.people,  # a schedule is everybody's
            refusal=refusal,
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
            now=now,
        )
        return HTMLResponse(html.encode("utf-8", "replace"), status)

    @router.get(PAGE, include_in_schema=False)
    async def on_call_page(request: Request) -> Response:
        return shown(request)

    @router.post(f"{PAGE}/covers", include_in_schema=False)
    async def hand_over(request: Request) -> Response:
        caller = caller_of(request)
        fields = await read_own_form(request, caller, sessions)
        try:
            wish = CoverWish(
                schedule=fields.get("schedule", ""),
                person=fields.get("person", ""),
                instead_of=fields.get("instead_of") or None,
                starts_at=_moment(fields.get("starts_at", "")),
                ends_at=_moment(fields.get("ends_at", "")),
                reason=fields.get("reason", ""),
            )
            await covers.take(wish, by=caller.name)
        except DirectiveRefused as exc:
            text = str(exc)
            return shown(request, f"{text[:1].upper()}{text[1:]}.", fields, 422)
        return RedirectResponse(PAGE, SEE_OTHER)

    @router.post(f"{PAGE}/covers/{{cover_id}}/end", include_in_schema=False)
    async def end_cover(request: Request, cover_id: str) -> Response:
        caller = caller_of(request)
        await read_own_form(request, caller, sessions)
        await covers.end(cover_id, by=caller.name)
        return RedirectResponse(PAGE, SEE_OTHER)

    return router


def _moment(text: str) -> datetime | None:
    """What a form's field says, in UTC; None where it is empty.

    Raises:
        DirectiveRefused: It is no time.
    """
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise DirectiveRefused("a time is written as 2026-01-05T09:00, in UTC") from exc


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
        covers=tuple(CoverAnswer.model_validate(one) for one in roster.covers(name, at)),
    )
