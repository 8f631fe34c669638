"""Authors who asked to be forgotten, over HTTP."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem, unavailable
from alerting.api.utc_time import UtcTime
from alerting.directives.erasure import Erasure
from alerting.erasure_desk import MAX_LISTED
from streams.errors import TopicRefused


class Erases(Protocol):
    """Where such wishes go."""

    async def erase(self, platform: str, author: str, *, by: str) -> Erasure:
        """Forget an author."""
        ...

    async def erasures(self, limit: int = MAX_LISTED) -> tuple[Erasure, ...]:
        """The newest first."""
        ...


class ErasureBody(BaseModel):
    """Whom to forget: the platform, and the id that its mentions carry as `author.id`, or the name without one."""

    model_config = ConfigDict(extra="forbid")

    platform: Annotated[str, Field(min_length=1, max_length=512)]
    author: Annotated[str, Field(min_length=1, max_length=512)]


class ErasureItem(BaseModel):
    """An author who is forgotten; `number` is a hash, and all that is kept. `finished_at` null: not all is gone yet."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    author: Annotated[str, Field(serialization_alias="asked_by")]
    created_at: Annotated[UtcTime, Field(serialization_alias="asked_at")]
    finished_at: UtcTime | None


class ErasureList(BaseModel):
    """Erasures, the newest first."""

    erasures: tuple[ErasureItem, ...]


def erasures_router(desk: Erases | None) -> APIRouter:
    """`/api/v1/erasures`; without `desk` nobody is forgotten here."""
    router = APIRouter(prefix="/api/v1/erasures", tags=["erasures"], responses=REFUSALS)

    def known() -> Erases:
        if desk is None:
            raise unavailable("erasures-elsewhere", "Authors are not erased here.")
        return desk

    @router.get("")
    async def list_erasures() -> ErasureList:
        """Who is forgotten, by number, and whether all is gone."""
        return ErasureList(erasures=tuple(ErasureItem.model_validate(one) for one in await known().erasures()))

    @router.post("", status_code=202)
    async def erase(body: ErasureBody, request: Request) -> ErasureItem:
        """Forget an author: their mentions still count, and are never shown again. All is gone within two minutes.

        Again is harmless. What is left until Kafka's retention ends is said in the reference.
        """
        try:
            wished = await known().erase(body.platform, body.author, by=caller_of(request).name)
        except TopicRefused as exc:
            raise Problem(409, "erasure-refused", f"{str(exc)[0].upper()}{str(exc)[1:]}.") from exc
        return ErasureItem.model_validate(wished)

    return router
