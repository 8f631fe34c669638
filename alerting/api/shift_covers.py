"""Shifts that are taken over and passed on, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.shift_cover import ShiftCover
from alerting.shift_covers import REASON_CHARACTERS, CoverWish, ShiftCovers

_Name = Annotated[str, Field(min_length=1, max_length=100)]


class CoverBody(BaseModel):
    """Who takes over which schedule. Without `instead_of` everybody's turns, and gaps.

    `starts_at` is now where it is missing, `ends_at` the end of the shift that is then taken over.
    """

    model_config = ConfigDict(extra="forbid")

    schedule: _Name
    person: _Name
    instead_of: _Name | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    reason: Annotated[str, Field(max_length=REASON_CHARACTERS)] = ""


class CoverAnswer(BaseModel):
    """What was handed over: `person` is on call in `[starts_at, ends_at)`, instead of `instead_of` or of everybody."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    schedule: str
    person: str
    instead_of: str | None
    starts_at: UtcTime
    ends_at: UtcTime
    author: str
    reason: str
    revision: int


class CoverList(BaseModel):
    """What was handed over, newest first; at most 200."""

    covers: tuple[CoverAnswer, ...]


def shift_covers_router(covers: ShiftCovers) -> APIRouter:
    """`/api/v1/on-call/covers` and what lies below."""
    router = APIRouter(prefix="/api/v1/on-call/covers", tags=["on-call"], responses=REFUSALS)

    def answered(cover: ShiftCover, response: Response) -> CoverAnswer:
        response.headers["ETag"] = etag(cover.revision)
        return CoverAnswer.model_validate(cover)

    @router.get("")
    async def list_covers() -> CoverList:
        """What was handed over, newest first, what is over too."""
        return CoverList(covers=tuple(CoverAnswer.model_validate(one) for one in await covers.all()))

    @router.post("", status_code=201)
    async def hand_over_a_shift(body: CoverBody, request: Request, response: Response) -> CoverAnswer:
        """Take a shift over, or pass it on. Every process counts on it within a second of the answer."""
        taken = await covers.take(CoverWish(**body.model_dump()), by=caller_of(request).name)
        return answered(taken, response)

    @router.delete("/{cover_id}")
    async def end_cover(cover_id: str, request: Request, response: Response, if_match: IfMatch = None) -> CoverAnswer:
        """It is as the schedule says again, from now on. Again is 200 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await covers.end(cover_id, by=by, expected_revision=expected), response)

    return router
