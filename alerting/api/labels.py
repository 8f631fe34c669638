"""How people read mentions, over HTTP: label one, list all."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from alerting.api.auth import SEE_OTHER
from alerting.api.forms import local_path, read_own_form
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem
from alerting.api.sessions import Sessions
from alerting.api.utc_time import UtcTime
from alerting.directives.mood_label import Mood, MoodLabel
from alerting.errors import UnknownMention
from alerting.label_desk import MAX_LISTED


class TakesLabels(Protocol):
    """Where corrections go."""

    async def label(self, incident_id: str, mention: str, mood: Mood, *, by: str) -> MoodLabel:
        """Keep that the mention is of this mood."""
        ...

    async def labels(self, limit: int = MAX_LISTED) -> tuple[MoodLabel, ...]:
        """The newest labels first."""
        ...


class LabelBody(BaseModel):
    """Which mention, `platform:id`, is of which mood."""

    model_config = ConfigDict(extra="forbid")

    mention: Annotated[str, Field(min_length=1, max_length=1100)]
    mood: Mood


class LabelItem(BaseModel):
    """A mention and its mood as a person read it; `read` is the polarity it was counted with, null unscored.

    Its text is hostile: escape it.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    mention: str
    topic: str
    incident: str
    text: str
    lang: str | None
    read: float | None
    mood: Mood
    author: str
    created_at: UtcTime


class LabelList(BaseModel):
    """Labels, the newest first."""

    labels: tuple[LabelItem, ...]


def labels_router(desk: TakesLabels, sessions: Sessions) -> APIRouter:
    """`/api/v1/labels`, `/api/v1/incidents/{incident}/labels`, and the form on an incident's page."""
    router = APIRouter(tags=["labels"])

    @router.get("/api/v1/labels", responses=REFUSALS)
    async def list_labels(
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED, description="At most so many.")] = 1000,
    ) -> LabelList:
        """How people read mentions: what a scorer can be measured by."""
        return LabelList(labels=tuple(LabelItem.model_validate(one) for one in await desk.labels(limit)))

    @router.post("/api/v1/incidents/{incident_id}/labels", status_code=201, responses=REFUSALS)
    async def label(incident_id: str, body: LabelBody, request: Request) -> LabelItem:
        """Say of which mood a mention is that the incident shows. Again changes nothing; the newest word counts.

        What was counted does not change.
        """
        try:
            made = await desk.label(incident_id, body.mention, body.mood, by=caller_of(request).name)
        except UnknownMention as exc:
            raise _unknown(exc) from exc
        return LabelItem.model_validate(made)

    @router.post("/incidents/{incident_id}/label", include_in_schema=False)
    async def filled_in(request: Request, incident_id: str) -> Response:
        caller = caller_of(request)
        fields = await read_own_form(request, caller, sessions)
        try:
            body = LabelBody.model_validate({"mention": fields.get("mention"), "mood": fields.get("mood")})
        except ValueError as exc:
            raise Problem(422, "invalid-request", "Choose negative, neutral or positive.") from exc
        try:
            await desk.label(incident_id, body.mention, body.mood, by=caller.name)
        except UnknownMention as exc:
            raise _unknown(exc) from exc
        return RedirectResponse(local_path(fields.get("following")), SEE_OTHER)

    return router


def _unknown(error: UnknownMention) -> Problem:
    return Problem(404, "unknown-mention", f"{str(error)[0].upper()}{str(error)[1:]}.")
