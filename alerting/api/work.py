"""Working on an incident over HTTP: assign, comment, snooze, pass on, state, merge, split."""

from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.incidents import LONGEST_COMMENT, ActsOnIncidents
from alerting.api.problems import REFUSALS
from alerting.api.responses import IncidentAnswer
from alerting.incidents.model import Incident
from alerting.incidents.work import Act, Assign, Comment, HandOver, PassOn, Snooze, State

Line = Annotated[str, Field(min_length=1, max_length=LONGEST_COMMENT)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class WorksOnIncidents(ActsOnIncidents, Protocol):
    """What people do to incidents beside acknowledging and resolving; raises like those."""

    async def perform(
        self, incident_id: str, act: Act, *, by: str, comment: str | None = None, expected_revision: int | None = None
    ) -> Incident:
        """Carry out one act; the incident as it stands now."""
        ...

    async def merge(
        self, incident_id: str, into: str, *, by: str, comment: str | None = None, expected_revision: int | None = None
    ) -> Incident:
        """Make one of two; the older one, which lives."""
        ...

    async def split(
        self,
        incident_id: str,
        topics: frozenset[str],
        *,
        by: str,
        comment: str | None = None,
        expected_revision: int | None = None,
    ) -> Incident:
        """Give some topics an incident of their own; it."""
        ...


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None


class AssignBody(_Body):
    """Whom it is given to."""

    to: Name


class CommentBody(BaseModel):
    """One line for the timeline."""

    model_config = ConfigDict(extra="forbid")

    text: Line


class SnoozeBody(_Body):
    """Until when nobody wants to hear of its growth; within seven days, with a time zone."""

    until: AwareDatetime


class HandOverBody(_Body):
    """A person of the configuration, who is called and has to acknowledge."""

    to: Name


class PassBody(_Body):
    """The owner it should have been with; null where that is unknown."""

    to: Name | None = None


class StatementBody(BaseModel):
    """What the people who fix it say; `fixed_at` is since when it is mended, whatever people still say."""

    model_config = ConfigDict(extra="forbid")

    status: Line
    cause: Line | None = None
    expected_at: AwareDatetime | None = None
    next_update_at: AwareDatetime | None = None
    fixed_at: AwareDatetime | None = None


class MergeBody(_Body):
    """The other incident; the older of the two lives."""

    into: Annotated[str, Field(min_length=1, max_length=100)]


class SplitBody(_Body):
    """The topics that are an event of their own."""

    topics: Annotated[frozenset[str], Field(min_length=1, max_length=1000)]


def work_router(acts: WorksOnIncidents) -> APIRouter:
    """What lies below `/api/v1/incidents/{incident_id}`. The key's name goes down as who did it."""
    router = APIRouter(prefix="/api/v1/incidents/{incident_id}", tags=["incidents"], responses=REFUSALS)

    async def carry_out(
        incident_id: str, act: Act, request: Request, response: Response, comment: str | None, if_match: str | None
    ) -> IncidentAnswer:
        incident = await acts.perform(
            incident_id, act, by=caller_of(request).name, comment=comment, expected_revision=revision_of(if_match)
        )
        return _answer(incident, response)

    @router.post("/assign")
    async def assign_incident(
        incident_id: str, request: Request, response: Response, body: AssignBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Give it to somebody. Again is 200 again."""
        return await carry_out(incident_id, Assign(body.to), request, response, body.comment, if_match)

    @router.post("/comment")
    async def comment_on_incident(
        incident_id: str, request: Request, response: Response, body: CommentBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Add a line to the timeline, which everybody who was told gets too."""
        return await carry_out(incident_id, Comment(body.text), request, response, None, if_match)

    @router.post("/snooze")
    async def snooze_incident(
        incident_id: str, request: Request, response: Response, body: SnoozeBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Hear nothing of its growth until then. It pages again at the end, and at once if it gets worse."""
        until: datetime = body.until
        return await carry_out(incident_id, Snooze(until), request, response, body.comment, if_match)

    @router.post("/pass")
    async def pass_incident_on(
        incident_id: str, request: Request, response: Response, body: PassBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Not mine. It is triggered again, and whom the route of the new owner leads to is paged."""
        return await carry_out(incident_id, PassOn(body.to), request, response, body.comment, if_match)

    @router.post("/hand-over")
    async def hand_incident_over(
        incident_id: str, request: Request, response: Response, body: HandOverBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Give it to somebody who is called now and has to acknowledge; after them whoever is called anyway."""
        return await carry_out(incident_id, HandOver(body.to), request, response, body.comment, if_match)

    @router.put("/statement")
    async def state_about_incident(
        incident_id: str, request: Request, response: Response, body: StatementBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Say what is known, for everybody: it stands on every message from now on. The timeline keeps earlier ones."""
        act = State(body.status, body.cause, body.expected_at, body.next_update_at, body.fixed_at)
        return await carry_out(incident_id, act, request, response, None, if_match)

    @router.post("/merge")
    async def merge_incident(
        incident_id: str, request: Request, response: Response, body: MergeBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """They are one event: the older one lives with all topics, the younger one is resolved and names it."""
        incident = await acts.merge(
            incident_id,
            body.into,
            by=caller_of(request).name,
            comment=body.comment,
            expected_revision=revision_of(if_match),
        )
        return _answer(incident, response)

    @router.post("/split")
    async def split_incident(
        incident_id: str, request: Request, response: Response, body: SplitBody, if_match: IfMatch = None
    ) -> IncidentAnswer:
        """Some topics are an event of their own: the answer is their new incident, which pages."""
        incident = await acts.split(
            incident_id,
            body.topics,
            by=caller_of(request).name,
            comment=body.comment,
            expected_revision=revision_of(if_match),
        )
        return _answer(incident, response)

    return router


def _answer(incident: Incident, response: Response) -> IncidentAnswer:
    response.headers["ETag"] = etag(incident.revision)
    return IncidentAnswer.model_validate(incident)
