"""Holds of scheduled posts over HTTP: list, propose, confirm, refuse, release, and ask before posting."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerting.api.errand_answer import ErrandAnswer
from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.directive import DirectiveEntry
from alerting.directives.post_hold import HoldState, PostHold
from alerting.holds import LONGEST_HOURS, HoldWish
from streams.clock import Clock

_Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Hours = Annotated[float, Field(gt=0, le=LONGEST_HOURS)]


class KeepsHolds(Protocol):
    """What people do with holds; raises as `PostHolds` says."""

    async def all(self) -> tuple[PostHold, ...]:
        """Newest first."""
        ...

    async def get(self, hold_id: str) -> PostHold:
        """One hold."""
        ...

    async def lines(self, hold_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it."""
        ...

    async def propose(self, wish: HoldWish, *, by: str, hold_id: str | None = None) -> PostHold:
        """Propose."""
        ...

    async def confirm(
        self, hold_id: str, *, by: str, hours: float | None = None, expected_revision: int | None = None
    ) -> PostHold:
        """Hold them."""
        ...

    async def refuse(self, hold_id: str, *, by: str, expected_revision: int | None = None) -> PostHold:
        """Do not."""
        ...

    async def release(self, hold_id: str, *, by: str, expected_revision: int | None = None) -> PostHold:
        """They may go out again."""
        ...


class HoldBody(BaseModel):
    """What is proposed: topics, an area, or both. Without topics it is any post, without an area everywhere."""

    model_config = ConfigDict(extra="forbid")

    topics: Annotated[tuple[_Name, ...], Field(max_length=200)] = ()
    area: Annotated[tuple[_Name, ...], Field(max_length=200)] = ()
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    hours: _Hours | None = None
    incident: Annotated[str, Field(max_length=100)] | None = None


class ConfirmBody(BaseModel):
    """For how long, where it is not to be as proposed."""

    model_config = ConfigDict(extra="forbid")

    hours: _Hours | None = None


class HoldLineAnswer(BaseModel):
    """Something that was done with it."""

    model_config = ConfigDict(from_attributes=True)

    at: UtcTime
    act: str
    actor: str
    text: str


class HoldAnswer(BaseModel):
    """A hold. `revision` is the ETag; `errands` says whether whoever publishes was told."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    revision: int
    state: HoldState
    topics: tuple[str, ...]
    area: tuple[str, ...]
    reason: str
    evidence: tuple[str, ...]
    incident: str | None
    proposed_by: str
    decided_by: str | None
    decided_at: UtcTime | None
    hours: float
    created_at: UtcTime
    updated_at: UtcTime
    ends_at: UtcTime
    errands: tuple[ErrandAnswer, ...]


class HoldDetailAnswer(HoldAnswer):
    """A hold with what was done with it."""

    lines: tuple[HoldLineAnswer, ...] = ()


class HoldList(BaseModel):
    """Holds, newest first."""

    holds: tuple[HoldAnswer, ...]


class CheckAnswer(BaseModel):
    """Whether a post is to be held now, and by which holds."""

    held: bool
    holds: tuple[str, ...]


def post_holds_router(holds: KeepsHolds, clock: Clock) -> APIRouter:
    """`/api/v1/post-holds` and what lies below."""
    router = APIRouter(prefix="/api/v1/post-holds", tags=["post holds"], responses=REFUSALS)

    def answered(hold: PostHold, response: Response) -> HoldAnswer:
        response.headers["ETag"] = etag(hold.revision)
        return HoldAnswer.model_validate(hold)

    @router.get("")
    async def list_holds() -> HoldList:
        """Holds, newest first; the newest 500."""
        return HoldList(holds=tuple(HoldAnswer.model_validate(one) for one in await holds.all()))

    @router.get("/check")
    async def check_post(topic: Annotated[str, Query()] = "", area: Annotated[str, Query()] = "") -> CheckAnswer:
        """Whether a post about this topic in this region is to be held now: ask right before it goes out."""
        now = clock.now()
        found = tuple(one.id for one in await holds.all() if one.holds(topic, area, now))
        return CheckAnswer(held=bool(found), holds=found)

    @router.post("", status_code=201)
    async def propose_hold(body: HoldBody, request: Request, response: Response) -> HoldAnswer:
        """Propose. Nothing is held before somebody confirms it."""
        wish = HoldWish(body.topics, body.area, body.reason, (), body.hours, body.incident)
        hold = await holds.propose(wish, by=caller_of(request).name)
        response.headers["Location"] = f"/api/v1/post-holds/{hold.id}"
        return answered(hold, response)

    @router.get("/{hold_id}")
    async def show_hold(hold_id: str, response: Response) -> HoldDetailAnswer:
        """One hold, with what was done with it. The ETag is its revision."""
        hold = await holds.get(hold_id)
        lines = tuple(HoldLineAnswer.model_validate(line) for line in await holds.lines(hold_id))
        return HoldDetailAnswer(**answered(hold, response).model_dump(), lines=lines)

    @router.post("/{hold_id}/confirm")
    async def confirm_hold(
        hold_id: str, request: Request, response: Response, body: ConfirmBody | None = None, if_match: IfMatch = None
    ) -> HoldAnswer:
        """Hold them: whoever publishes is told at once. Again is 200 again."""
        by, expected, hours = caller_of(request).name, revision_of(if_match), body.hours if body else None
        return answered(await holds.confirm(hold_id, by=by, hours=hours, expected_revision=expected), response)

    @router.post("/{hold_id}/refuse")
    async def refuse_hold(hold_id: str, request: Request, response: Response, if_match: IfMatch = None) -> HoldAnswer:
        """They go out as planned. Again is 200 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await holds.refuse(hold_id, by=by, expected_revision=expected), response)

    @router.post("/{hold_id}/release")
    async def release_hold(hold_id: str, request: Request, response: Response, if_match: IfMatch = None) -> HoldAnswer:
        """They may go out again. Again is 200 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await holds.release(hold_id, by=by, expected_revision=expected), response)

    return router
