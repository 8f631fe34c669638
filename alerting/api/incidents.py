"""Incidents over HTTP: read, acknowledge, resolve."""

from enum import StrEnum
from typing import Annotated, Final, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.incident_json import IncidentJson
from alerting.api.incident_search import search
from alerting.api.problems import REFUSALS, Problem
from alerting.api.responses import (
    DeliveryAnswer,
    FactorAnswer,
    IncidentAnswer,
    IncidentDetailAnswer,
    IncidentPage,
    PromiseAnswer,
    TimelineAnswer,
)
from alerting.charts import svg
from alerting.charts.build import Zoom
from alerting.curves import curve_of
from alerting.incidents.model import Incident, IncidentState, Severity
from alerting.incidents.promises import standings
from alerting.incidents.severity import assess_incident
from alerting.incidents.store import IncidentFilter, Store
from alerting.routing.matchers import Matcher, parsed
from alerting.settings import TargetSettings
from streams.clock import Clock

LONGEST_COMMENT: Final = 500
MOST_MATCHERS: Final = 20
MatcherText = Annotated[str, Field(min_length=1, max_length=500)]


class ActsOnIncidents(Protocol):
    """What people do to incidents. Doing it twice changes nothing more.

    Raises:
        UnknownIncident: There is none.
        TransitionRefused: Its state does not allow it.
        Stale: It is not at `expected_revision`.
    """

    async def acknowledge(
        self, incident_id: str, *, by: str, comment: str | None = None, expected_revision: int | None = None
    ) -> Incident:
        """Somebody takes it on; the incident as it stands now."""
        ...

    async def resolve(
        self, incident_id: str, *, by: str, comment: str | None = None, expected_revision: int | None = None
    ) -> Incident:
        """Somebody says that it is over; the incident as it stands now."""
        ...


class StateChoice(StrEnum):
    """Which incidents to list: `active` is triggered and acknowledged."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACTIVE = "active"
    ALL = "all"


class IncidentQuery(BaseModel):
    """The filters of the list; repeat one to widen it. `filter` holds a matcher, `owner=~"pay.*"`: all have to hold."""

    model_config = ConfigDict(extra="forbid")

    state: tuple[StateChoice, ...] = (StateChoice.ACTIVE,)
    topic: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    filter: Annotated[tuple[MatcherText, ...], Field(max_length=MOST_MATCHERS)] = ()
    history: bool = False
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None

    def states(self) -> tuple[IncidentState, ...]:
        """The states asked for; empty means all."""
        if StateChoice.ALL in self.state:
            return ()
        found = {IncidentState(choice) for choice in self.state if choice is not StateChoice.ACTIVE}
        if StateChoice.ACTIVE in self.state:
            found |= {IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED}
        return tuple(sorted(found))


class ActBody(BaseModel):
    """What the caller wants to say about it; one line in the timeline."""

    model_config = ConfigDict(extra="forbid")

    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None


def incidents_router(store: Store, clock: Clock, acts: ActsOnIncidents, targets: TargetSettings) -> APIRouter:
    """`/api/v1/incidents` and what lies below."""
    router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"], responses=REFUSALS)

    written = IncidentJson()

    @router.get("", response_model=IncidentPage)
    async def list_incidents(query: Annotated[IncidentQuery, Query()]) -> Response:
        """Incidents, newest first; without `state` those that are not resolved.

        With `filter` a page may hold fewer than `limit` and still lead on: at most 5,000 incidents are looked at.
        """
        wanted = IncidentFilter(query.states(), query.topic, query.severity, query.history)
        matchers = _matchers(query)
        try:
            page = await search(store, wanted, matchers, cursor=query.cursor, limit=query.limit)
        except ValueError as exc:
            raise Problem(400, "unknown-cursor", "The cursor is not one of ours; start without one.") from exc
        leads_on = {"Link": f'<{_next(query, page.next_cursor)}>; rel="next"'} if page.next_cursor is not None else {}
        return Response(written.page(page), headers=leads_on, media_type="application/json")

    @router.get("/{incident_id}")
    async def show_incident(incident_id: str, response: Response) -> IncidentDetailAnswer:
        """One incident, with everything that happened and everybody who was told. The ETag is its revision."""
        incident = await store.get(incident_id)
        response.headers["ETag"] = etag(incident.revision)
        answer = IncidentDetailAnswer.model_validate(incident)
        assessed = assess_incident(incident)
        return answer.model_copy(
            update={
                "harm": assessed.harm,
                "factors": tuple(FactorAnswer.model_validate(factor) for factor in assessed.factors),
                "promises": tuple(
                    PromiseAnswer.model_validate(standing) for standing in standings(incident, targets, clock.now())
                ),
                "timeline": tuple(TimelineAnswer.model_validate(item) for item in await store.timeline(incident_id)),
                "deliveries": tuple(
                    DeliveryAnswer.model_validate(item) for item in await store.deliveries(incident_id)
                ),
            }
        )

    @router.get(
        "/{incident_id}/chart.svg", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}}
    )
    async def chart(
        incident_id: str, zoom: Annotated[Zoom, Query(description="How much of it is shown.")] = Zoom.EVENT
    ) -> Response:
        """The curve against what was expected, with onset, page and end marked."""
        incident = await store.get(incident_id)
        drawn = svg.render(await curve_of(store, incident, clock.now(), zoom), width=1160, height=300)
        return Response(drawn.encode(), media_type="image/svg+xml")

    @router.post("/{incident_id}/acknowledge")
    async def acknowledge_incident(
        incident_id: str, request: Request, response: Response, body: ActBody | None = None, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """I have it. The key's name goes down as who; again is 200 again."""
        incident = await acts.acknowledge(
            incident_id,
            by=caller_of(request).name,
            comment=body.comment if body else None,
            expected_revision=revision_of(if_match),
        )
        response.headers["ETag"] = etag(incident.revision)
        return IncidentAnswer.model_validate(incident)

    @router.post("/{incident_id}/resolve")
    async def resolve_incident(
        incident_id: str, request: Request, response: Response, body: ActBody | None = None, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """It is over. The key's name goes down as who; again is 200 again."""
        incident = await acts.resolve(
            incident_id,
            by=caller_of(request).name,
            comment=body.comment if body else None,
            expected_revision=revision_of(if_match),
        )
        response.headers["ETag"] = etag(incident.revision)
        return IncidentAnswer.model_validate(incident)

    return router


def _matchers(query: IncidentQuery) -> tuple[Matcher, ...]:
    try:
        return tuple(parsed(text) for text in query.filter)
    except ValueError as exc:
        raise Problem(422, "invalid-filter", f"{exc}.") from exc


def _next(query: IncidentQuery, cursor: str) -> str:
    pairs = [("state", choice.value) for choice in query.state]
    pairs += [("topic", topic) for topic in query.topic]
    pairs += [("severity", severity.value) for severity in query.severity]
    pairs += [("filter", matcher) for matcher in query.filter]
    pairs += [("history", "true")] if query.history else []
    pairs += [("limit", str(query.limit)), ("cursor", cursor)]
    return f"/api/v1/incidents?{urlencode(pairs)}"
