"""The console's form for topics: try a query on what was said lately, then declare it. No script is needed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.declared_topics import DeclaresTopics
from alerting.api.forms import read_own_form
from alerting.api.gate import caller_of
from alerting.api.problems import Problem
from alerting.api.sessions import Sessions
from alerting.api.topic_preview import TRIAL_ID, TopicPreviews, tried
from alerting.charts import svg
from alerting.console.page import Pages
from alerting.console.pulse import Pulse
from alerting.console.topic_form import TopicForm, Trial, caught, fields_of, trial
from alerting.errors import OutOfScope
from alerting.incidents.usual import usual
from alerting.incidents.wording import count, odds
from streams.clock import Clock
from streams.errors import BrokerUnavailable, InvalidQuery, TopicChanged, TopicRefused
from streams.topic import Declared, Origin
from streams.topic_settings import TopicSettings

EMPTY: Final[Mapping[str, str]] = {
    "id": "",
    "name": "",
    "query": "",
    "brand": "",
    "owner": "",
    "pages_per_week": "0.25",
}
LEARNS_AFRESH: Final = "A changed query is about something else: what was learned of this topic begins afresh."


def topic_pages_router(
    topics: DeclaresTopics,
    previews: TopicPreviews | None,
    clock: Clock,
    *,
    sessions: Sessions,
    pages: Pages,
    pulse: Callable[[], Pulse],
) -> APIRouter:
    """`/declare` for a new topic and `/declare/{topic}` for one that there is."""
    router = APIRouter(prefix="/declare", include_in_schema=False)

    def shown(request: Request, form: TopicForm, status: int = 200) -> Response:
        session = caller_of(request).session
        drawn = form.trial.chart if form.trial else None
        html = pages.declare(
            form=form,
            chart=Markup(svg.render(drawn, width=720, height=200)) if drawn else None,  # noqa: S704  # our own drawing
            can_try=previews is not None,
            pulse=pulse(),
            csrf=sessions.csrf_token(session) if session else "",
            now=clock.now(),
        )
        return HTMLResponse(html.encode("utf-8", "replace"), status)

    @router.get("")
    async def new(request: Request) -> Response:
        return shown(request, TopicForm("New topic", EMPTY))

    @router.get("/{topic}")
    async def change(request: Request, topic: str) -> Response:
        declared = _known(topics, topic)
        form = TopicForm(
            f"Change {declared.topic.name}",
            fields_of(declared.topic),
            revision=str(declared.topic.revision),
            is_new=False,
            can_save=declared.origin is Origin.API,
            warning=LEARNS_AFRESH
            if declared.origin is Origin.API
            else "It is the configuration file's: change it there.",
        )
        return shown(request, form)

    @router.post("")
    async def submit_new(request: Request) -> Response:
        return await submit(request, None)

    @router.post("/{topic}")
    async def submit_changed(request: Request, topic: str) -> Response:
        return await submit(request, _known(topics, topic))

    async def submit(request: Request, declared: Declared | None) -> Response:
        caller = caller_of(request)
        fields = await read_own_form(request, caller, sessions)
        known = {name: fields.get(name, "").strip() for name in EMPTY}
        if declared is not None:
            known["id"] = declared.topic.id
        form = TopicForm(
            "New topic" if declared is None else f"Change {declared.topic.name}",
            known,
            revision=fields.get("revision", ""),
            is_new=declared is None,
            can_save=declared is None or declared.origin is Origin.API,
            warning="" if declared is None else LEARNS_AFRESH,
        )
        saving = fields.get("do") == "save"
        try:
            wanted = _settings(known, trying=not saving)
            if not saving:
                return shown(request, replace(form, trial=await attempt(wanted)))
            made = await topics.put(
                _beside(wanted, declared),
                by=caller.name,
                expected=int(form.revision) if form.revision.isdecimal() else None,
                absent=declared is None,
            )
        except _Refused as exc:
            return shown(request, replace(form, refusal=str(exc)), 422)
        except InvalidQuery as exc:
            return shown(request, replace(form, refusal=f"query: {exc}"), 422)
        except Problem as exc:
            return shown(request, replace(form, refusal=exc.detail), exc.status)
        except (TopicChanged, TopicRefused) as exc:
            return shown(request, replace(form, refusal=f"{str(exc)[0].upper()}{str(exc)[1:]}."), 409)
        except OutOfScope as exc:
            return shown(request, replace(form, refusal=f"{str(exc)[0].upper()}{str(exc)[1:]}."), 403)
        except BrokerUnavailable:
            return shown(request, replace(form, refusal="Kafka does not answer; nothing was changed."), 503)
        return RedirectResponse(f"/topics/{made.topic.id}", SEE_OTHER)

    async def attempt(wanted: TopicSettings) -> Trial:
        if previews is None:
            raise _Refused("Topics cannot be tried here.")
        seen = await tried(previews, wanted)
        now = clock.now()
        lines = [
            f"{page.at:%d %b %H:%M} UTC: {count(page.observed)} mentions where {usual(page.expected)} were expected, "
            f"{odds(page.false_pages_per_week)}"
            for page in seen.pages
        ]
        return trial(
            wanted.name,
            looked_at=seen.looked_at,
            matched=seen.matched,
            since=seen.since,
            until=seen.until,
            by_hour=seen.by_hour,
            samples=[caught(one.platform, one.published_at, one.text, now) for one in seen.samples],
            pages=lines,
            complete=seen.complete,
        )

    return router


_ASKED: Final = {"id": "Id", "name": "Name", "query": "Query", "brand": "Brand", "owner": "Owner"} | {
    "pages_per_week": "False pages a week"
}
_WORDS: Final = {
    ("id", "string_pattern_mismatch"): "small letters, digits, dots, dashes and underscores, at most 64, no blanks",
    ("id", "string_type"): "it is missing",
    ("name", "string_type"): "it is missing",
    ("query", "string_type"): "it is missing",
    ("pages_per_week", "float_parsing"): "a number, such as 0.25 for one in four weeks",
}
"""The form's own words for what pydantic says in those of programs."""


class _Refused(Exception):
    """A field is not as it should be; says which and what is allowed."""


def _settings(fields: Mapping[str, str], *, trying: bool) -> TopicSettings:
    values: dict[str, Any] = {name: value or None for name, value in fields.items()}
    if trying:
        values["id"] = values["id"] or TRIAL_ID
        values["name"] = values["name"] or "Trial"
    try:
        return TopicSettings.model_validate(values)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][-1]) if first["loc"] else "topic"
        said = first["msg"].removeprefix("Value error, ")
        raise _Refused(f"{_ASKED.get(name, name)}: {_WORDS.get((name, first['type']), said)}.") from exc


def _beside(wanted: TopicSettings, declared: Declared | None) -> TopicSettings:
    """What the form does not ask for stays as it was."""
    if declared is None:
        return wanted
    topic = declared.topic
    return wanted.model_copy(update={"parent": topic.parent, "collecting_since": topic.collecting_since})


def _known(topics: DeclaresTopics, topic: str) -> Declared:
    declared = topics.declared.get(topic)
    if declared is None:
        raise Problem(404, "unknown-topic", f"There is no topic {topic!r}.")
    return declared
