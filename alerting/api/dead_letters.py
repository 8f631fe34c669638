"""Dead letters over HTTP: list them, send one once more."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, unavailable
from alerting.api.utc_time import UtcTime
from alerting.dead_letter_desk import MOST_LISTED
from streams.codec import MAX_MENTION_BYTES
from streams.dead_letter_box import DeadLetter

PartitionPath = Annotated[int, Path(ge=0, le=2**31 - 1, description="Of the Kafka topic of dead letters.")]
OffsetPath = Annotated[int, Path(ge=0, le=2**62, description="In that partition.")]


class KeepsDeadLetters(Protocol):
    """Where they lie."""

    async def newest(self, limit: int = MOST_LISTED) -> tuple[DeadLetter, ...]:
        """At most so many, the newest first."""
        ...

    async def send_again(self, partition: int, offset: int, *, by: str, text: str | None = None) -> str:
        """Send one once more; answers the key of its mention."""
        ...


class DeadLetterItem(BaseModel):
    """A record that was no mention, with the reason. Everything in it is hostile: escape it where you show it."""

    model_config = ConfigDict(from_attributes=True)

    partition: int
    offset: int
    at: UtcTime
    key: str | None
    text: str
    reason: str
    origin: str
    is_whole: bool


class DeadLetterList(BaseModel):
    """Dead letters, the newest first."""

    letters: tuple[DeadLetterItem, ...]


class SendAgainBody(BaseModel):
    """The mention as corrected; without `text` as it came."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_MENTION_BYTES)] | None = None


class SentAgain(BaseModel):
    """The key of the mention that was sent, `platform:id`."""

    mention: str


def dead_letters_router(desk: KeepsDeadLetters | None) -> APIRouter:
    """`/api/v1/dead-letters`; without `desk` none are known here."""
    router = APIRouter(prefix="/api/v1/dead-letters", tags=["feeds"], responses=REFUSALS)

    def known() -> KeepsDeadLetters:
        if desk is None:
            raise unavailable("dead-letters-elsewhere", "Dead letters are not looked at here.")
        return desk

    @router.get("")
    async def list_dead_letters(
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="At most so many.")] = 50,
    ) -> DeadLetterList:
        """Records that were no mentions, with where they came and why they were refused."""
        return DeadLetterList(letters=tuple(DeadLetterItem.model_validate(one) for one in await known().newest(limit)))

    @router.post("/{partition}/{offset}/send", status_code=202)
    async def send_again(
        partition: PartitionPath, offset: OffsetPath, request: Request, body: SendAgainBody | None = None
    ) -> SentAgain:
        """Send one once more where mentions come, as it came or as corrected. Twice is harmless: it counts once."""
        text = None if body is None else body.text
        return SentAgain(mention=await known().send_again(partition, offset, by=caller_of(request).name, text=text))

    return router
