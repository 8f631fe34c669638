"""The console's forms for what people say of pages: no script is needed."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.feedback import TakesFeedback
from alerting.api.forms import local_path, read_own_form
from alerting.api.gate import caller_of
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions
from alerting.console.desk_forms import FIELD_TIME
from alerting.feedback_desk import NOTE_CHARACTERS
from alerting.notifiers.escaping import one_line
from streams.errors import TopicRefused, UnknownTopic

_NO_SUCH: Final = "unknown-topic"


def feedback_pages_router(desk: TakesFeedback, sessions: Sessions) -> APIRouter:
    """Where the forms on an incident's and a topic's page go."""
    router = APIRouter(include_in_schema=False)

    async def filled_in(request: Request) -> tuple[str, dict[str, str]]:
        caller = caller_of(request)
        return caller.name, await read_own_form(request, caller, sessions)

    @router.post("/incidents/{incident_id}/false-alarm")
    async def false_alarm(request: Request, incident_id: str) -> Response:
        by, fields = await filled_in(request)
        try:
            await desk.false_alarm(incident_id, by=by, note=_note(fields))
        except (UnknownTopic, TopicRefused) as exc:
            raise _refusal(exc) from exc
        return _on(fields)

    @router.post("/topics/{topic}/missed")
    async def missed(request: Request, topic: str) -> Response:
        by, fields = await filled_in(request)
        try:
            await desk.missed(topic, _time(fields, "start"), _time(fields, "end"), by=by, note=_note(fields))
        except (UnknownTopic, TopicRefused) as exc:
            raise _refusal(exc) from exc
        return _on(fields)

    @router.post("/topics/{topic}/feedback/{feedback}/withdraw")
    async def withdraw(request: Request, topic: str, feedback: str) -> Response:
        by, fields = await filled_in(request)
        try:
            await desk.withdraw(topic, feedback, by=by)
        except UnknownTopic as exc:
            raise _refusal(exc) from exc
        return _on(fields)

    return router


def _refusal(error: UnknownTopic | TopicRefused) -> Problem:
    status, name = (404, _NO_SUCH) if isinstance(error, UnknownTopic) else (409, "topic-refused")
    return Problem(status, name, f"{str(error)[0].upper()}{str(error)[1:]}.")


def _note(fields: dict[str, str]) -> str:
    return one_line(fields.get("note", ""), NOTE_CHARACTERS)


def _time(fields: dict[str, str], name: str) -> datetime:
    try:
        return datetime.strptime(fields.get(name, ""), FIELD_TIME).replace(tzinfo=UTC)
    except ValueError as exc:
        raise Problem(422, "invalid-request", f"The field {name} needs a date and a time, UTC.") from exc


def _on(fields: dict[str, str]) -> Response:
    return RedirectResponse(local_path(fields.get("following")), SEE_OTHER)
