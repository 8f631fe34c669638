"""The console's forms for everything people do to an incident: no script is needed, a keyboard is enough."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.forms import local_path, read_own_form
from alerting.api.gate import caller_of
from alerting.api.incidents import LONGEST_COMMENT
from alerting.api.links import LONGEST_HOURS
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions
from alerting.api.situation import LinkTokens
from alerting.api.work import WorksOnIncidents
from alerting.console.desk_forms import FIELD_TIME, desk_forms
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.incidents.model import IncidentState
from alerting.incidents.store import IncidentFilter, Store
from alerting.incidents.work import Act, Assign, Comment, PassOn, Share, Snooze, State, Unshare
from alerting.notifiers.escaping import one_line
from streams.clock import Clock

ACTIVE: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
LONGEST_SNOOZE_MINUTES: Final = 7 * 24 * 60

Fields = Mapping[str, str]


def work_pages_router(
    store: Store,
    clock: Clock,
    *,
    acts: WorksOnIncidents,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
    tokens: LinkTokens,
) -> APIRouter:
    """`/incidents/{incident_id}/work`, and where its forms go."""
    router = APIRouter(prefix="/incidents/{incident_id}", include_in_schema=False)

    async def filled_in(request: Request) -> tuple[str, dict[str, str]]:
        caller = caller_of(request)
        return caller.name, await read_own_form(request, caller, sessions)

    @router.get("/work")
    async def show(request: Request, incident_id: str) -> Response:
        now = clock.now()
        session = caller_of(request).session
        incident = await store.get(incident_id)
        others = (await store.find(ACTIVE, cursor=None, limit=100)).incidents
        kin = [other for other in others if other.family == incident.family]
        links = {link.id: tokens.address(incident, link) for link in incident.links if tokens and link.opens(now)}
        html = pages.work(
            forms=desk_forms(incident, kin, now, links=links),
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
            sharing=bool(tokens),
        )
        return HTMLResponse(html.encode("utf-8", "replace"))

    @router.post("/acknowledge")
    async def acknowledge(request: Request, incident_id: str) -> Response:
        by, fields = await filled_in(request)
        await acts.acknowledge(incident_id, by=by, comment=_comment(fields))
        return _on(fields)

    @router.post("/resolve")
    async def resolve(request: Request, incident_id: str) -> Response:
        by, fields = await filled_in(request)
        await acts.resolve(incident_id, by=by, comment=_comment(fields))
        return _on(fields)

    def performing(read: Callable[[Fields, datetime], Act]) -> Callable[[Request, str], object]:
        async def perform(request: Request, incident_id: str) -> Response:
            by, fields = await filled_in(request)
            await acts.perform(incident_id, read(fields, clock.now()), by=by, comment=_comment(fields))
            return _on(fields)

        return perform

    for act, read in _ACTS.items():
        router.add_api_route(f"/{act}", performing(read), methods=["POST"], response_model=None)

    @router.post("/merge")
    async def merge(request: Request, incident_id: str) -> Response:
        by, fields = await filled_in(request)
        lives = await acts.merge(incident_id, _needed(fields, "into"), by=by, comment=_comment(fields))
        return RedirectResponse(f"/incidents/{lives.id}", SEE_OTHER)

    @router.post("/split")
    async def split(request: Request, incident_id: str) -> Response:
        by, fields = await filled_in(request)
        topics = frozenset(value for name, value in fields.items() if name.startswith("topic-"))
        if not topics:
            raise Problem(422, "incomplete", "Choose at least one topic to split off.")
        fresh = await acts.split(incident_id, topics, by=by, comment=_comment(fields))
        return RedirectResponse(f"/incidents/{fresh.id}", SEE_OTHER)

    return router


def _on(fields: Fields) -> Response:
    return RedirectResponse(local_path(fields.get("following")), SEE_OTHER)


def _assign(fields: Fields, _: datetime) -> Act:
    return Assign(_needed(fields, "to"))


def _say(fields: Fields, _: datetime) -> Act:
    return Comment(_needed(fields, "text"))


def _snooze(fields: Fields, now: datetime) -> Act:
    minutes = _needed(fields, "minutes")
    if not (minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:9]) <= LONGEST_SNOOZE_MINUTES):
        raise Problem(422, "not-a-span", "A snooze lasts between a minute and seven days.")
    return Snooze(now + timedelta(minutes=int(minutes[:9])))


def _pass_on(fields: Fields, _: datetime) -> Act:
    return PassOn(one_line(fields.get("to", ""), 100) or None)


def _state(fields: Fields, _: datetime) -> Act:
    return State(
        status=_needed(fields, "status"),
        cause=one_line(fields.get("cause", ""), LONGEST_COMMENT) or None,
        expected_at=_time(fields, "expected_at"),
        next_update_at=_time(fields, "next_update_at"),
        fixed_at=_time(fields, "fixed_at"),
    )


def _share(fields: Fields, now: datetime) -> Act:
    hours = _needed(fields, "hours")
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours[:6]) <= LONGEST_HOURS):
        raise Problem(422, "not-a-span", "A link opens for at least an hour and at most thirty days.")
    return Share(secrets.token_hex(8), (now + timedelta(hours=int(hours[:6]))).replace(microsecond=0))


def _unshare(fields: Fields, _: datetime) -> Act:
    return Unshare(_needed(fields, "link"))


_ACTS: Final[Mapping[str, Callable[[Fields, datetime], Act]]] = {
    "assign": _assign,
    "comment": _say,
    "snooze": _snooze,
    "pass": _pass_on,
    "state": _state,
    "share": _share,
    "unshare": _unshare,
}


def _needed(fields: Fields, name: str) -> str:
    text = one_line(fields.get(name, ""), LONGEST_COMMENT)
    if not text:
        raise Problem(422, "incomplete", f"The field {name} is empty.")
    return text


def _time(fields: Fields, name: str) -> datetime | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text[:16], FIELD_TIME).replace(tzinfo=UTC)
    except ValueError as exc:
        raise Problem(422, "not-a-time", f"The field {name} is no time; write it as 2026-01-05T14:30.") from exc


def _comment(fields: Fields) -> str | None:
    return one_line(fields.get("comment", ""), LONGEST_COMMENT) or None
