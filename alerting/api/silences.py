"""Silences over HTTP: list, add, preview, change, end."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.directive import DirectiveEntry
from alerting.directives.silence import Silence, SilenceState
from alerting.incidents.model import Incident
from alerting.routing.silence_wish import (
    MATCHER_CHARACTERS,
    MOST_MATCHERS,
    MOST_WINDOWS,
    REASON_CHARACTERS,
    SilenceWish,
)
from alerting.routing.silencing import Preview
from streams.clock import Clock

MatcherText = Annotated[str, Field(min_length=1, max_length=MATCHER_CHARACTERS)]


class KeepsSilences(Protocol):
    """What people do with silences.

    Raises:
        UnknownDirective: There is none with that id.
        DirectiveRefused: Something is not allowed.
        SilenceTooWide: It hides too much, unconfirmed.
        Stale: It is not at `expected_revision`.
    """

    async def all(self) -> tuple[Silence, ...]:
        """Newest first, ended ones too."""
        ...

    async def get(self, silence_id: str) -> Silence:
        """One silence."""
        ...

    async def lines(self, silence_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it, oldest first."""
        ...

    async def add(self, wish: SilenceWish, *, by: str) -> Silence:
        """Silence."""
        ...

    async def change(self, silence_id: str, wish: SilenceWish, *, by: str, expected_revision: int | None) -> Silence:
        """Say anew what it hides."""
        ...

    async def expire(self, silence_id: str, *, by: str, expected_revision: int | None = None) -> Silence:
        """End it now."""
        ...

    async def preview(self, wish: SilenceWish, *, by: str) -> Preview:
        """What it would have hidden."""
        ...


class SilenceBody(BaseModel):
    """What is to be silent. Exactly one of `ends_at` and `minutes` says until when.

    `matchers` are Alertmanager's: `topic="refunds"`, `owner=~"App|Web"`; all have to hold. `weekly` makes it recur:
    `sat,sun 22:00-06:00` in `zone`. `confirm` is needed where it hides very much.
    """

    model_config = ConfigDict(extra="forbid")

    matchers: Annotated[tuple[MatcherText, ...], Field(min_length=1, max_length=MOST_MATCHERS)]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS)]
    author: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    minutes: Annotated[float, Field(gt=0, le=527_040)] | None = None
    weekly: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=MOST_WINDOWS)] = ()
    zone: Annotated[str, Field(min_length=1, max_length=100)] = "UTC"
    confirm: bool = False

    @model_validator(mode="after")
    def _one_end(self) -> "SilenceBody":
        if (self.ends_at is None) == (self.minutes is None):
            raise ValueError("needs exactly one of ends_at and minutes")
        return self

    def wish(self, now: datetime) -> SilenceWish:
        """What is asked for, at this time."""
        begins = max(self.starts_at or now, now)
        return SilenceWish(
            matchers=self.matchers,
            reason=self.reason,
            ends_at=self.ends_at or begins + timedelta(minutes=self.minutes or 0),
            starts_at=self.starts_at,
            weekly=self.weekly,
            zone=self.zone,
            author=self.author,
            confirmed=self.confirm,
        )


class SilenceLineAnswer(BaseModel):
    """Something that was done with it."""

    model_config = ConfigDict(from_attributes=True)

    at: UtcTime
    act: str
    actor: str
    text: str


class SilenceAnswer(BaseModel):
    """A silence. `revision` is the ETag; `hides_now` is false between the windows of a recurring one."""

    id: str
    revision: int
    state: SilenceState
    hides_now: bool
    matchers: tuple[str, ...]
    author: str
    reason: str
    starts_at: UtcTime
    ends_at: UtcTime
    weekly: tuple[str, ...]
    zone: str
    wide: bool
    created_at: UtcTime
    updated_at: UtcTime

    @classmethod
    def of(cls, silence: Silence, now: datetime) -> "SilenceAnswer":
        """The silence as it stands at `now`."""
        return cls(
            id=silence.id,
            revision=silence.revision,
            state=silence.state(now),
            hides_now=silence.hides_until(now) is not None,
            matchers=silence.matchers,
            author=silence.author,
            reason=silence.reason,
            starts_at=silence.starts_at,
            ends_at=silence.ends_at,
            weekly=tuple(str(window) for window in silence.weekly),
            zone=silence.zone,
            wide=silence.wide,
            created_at=silence.created_at,
            updated_at=silence.updated_at,
        )


class SilenceDetailAnswer(SilenceAnswer):
    """A silence with what was done with it."""

    lines: tuple[SilenceLineAnswer, ...]


class SilenceList(BaseModel):
    """Silences, newest first."""

    silences: tuple[SilenceAnswer, ...]


class HiddenAnswer(BaseModel):
    """An incident that a silence hides, or would have hidden."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    topic: str
    title: str
    severity: str
    state: str
    opened_at: UtcTime


class PreviewAnswer(BaseModel):
    """What a silence would have hidden in the last `days`: so many pages of so many; and what it hides right now.

    `too_wide` says why it needs `confirm`; empty where it does not.
    """

    days: int
    pages: int
    pages_in_all: int
    topics: int
    topics_in_all: int
    too_wide: tuple[str, ...]
    hidden: tuple[HiddenAnswer, ...]
    hides_now: tuple[HiddenAnswer, ...]


class SilenceChoice(StrEnum):
    """Which silences to list; `standing` is pending and active."""

    STANDING = "standing"
    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"
    ALL = "all"


def silences_router(silences: KeepsSilences, clock: Clock) -> APIRouter:
    """`/api/v1/silences` and what lies below."""
    router = APIRouter(prefix="/api/v1/silences", tags=["silences"], responses=REFUSALS)

    def answered(silence: Silence, response: Response) -> SilenceAnswer:
        response.headers["ETag"] = etag(silence.revision)
        return SilenceAnswer.of(silence, clock.now())

    @router.get("")
    async def list_silences(state: Annotated[SilenceChoice, Query()] = SilenceChoice.STANDING) -> SilenceList:
        """Silences, newest first; without `state` those that have not ended. The newest thousand at most."""
        now = clock.now()
        found = [SilenceAnswer.of(silence, now) for silence in await silences.all()]
        return SilenceList(silences=tuple(one for one in found if _wanted(one.state, state)))

    @router.post("", status_code=201)
    async def add_silence(body: SilenceBody, request: Request, response: Response) -> SilenceAnswer:
        """Silence. It holds, in every process, when this is answered. 409 where it hides too much without `confirm`."""
        silence = await silences.add(body.wish(clock.now()), by=caller_of(request).name)
        response.headers["Location"] = f"/api/v1/silences/{silence.id}"
        return answered(silence, response)

    @router.post("/preview")
    async def preview_silence(body: SilenceBody, request: Request) -> PreviewAnswer:
        """What it would have hidden in the last days. Nothing is written."""
        found = await silences.preview(body.wish(clock.now()), by=caller_of(request).name)
        return PreviewAnswer(
            days=found.days,
            pages=found.width.pages,
            pages_in_all=found.width.pages_in_all,
            topics=found.width.topics,
            topics_in_all=found.width.topics_in_all,
            too_wide=found.width.reasons,
            hidden=tuple(_hidden(incident) for incident in found.hidden),
            hides_now=tuple(_hidden(incident) for incident in found.hides_now),
        )

    @router.get("/{silence_id}")
    async def show_silence(silence_id: str, response: Response) -> SilenceDetailAnswer:
        """One silence, with what was done with it. The ETag is its revision."""
        silence = await silences.get(silence_id)
        lines = tuple(SilenceLineAnswer.model_validate(line) for line in await silences.lines(silence_id))
        return SilenceDetailAnswer(**answered(silence, response).model_dump(), lines=lines)

    @router.put("/{silence_id}")
    async def change_silence(
        silence_id: str, body: SilenceBody, request: Request, response: Response, if_match: IfMatch = None
    ) -> SilenceAnswer:
        """Say anew what it hides and until when; its start stays where none is given."""
        changed = await silences.change(
            silence_id,
            body.wish(clock.now()),
            by=caller_of(request).name,
            expected_revision=revision_of(if_match),
        )
        return answered(changed, response)

    @router.delete("/{silence_id}")
    async def expire_silence(
        silence_id: str, request: Request, response: Response, if_match: IfMatch = None
    ) -> SilenceAnswer:
        """End it now; it stays on the list of those that ended. Again is 200 again."""
        over = await silences.expire(silence_id, by=caller_of(request).name, expected_revision=revision_of(if_match))
        return answered(over, response)

    return router


def _hidden(incident: Incident) -> HiddenAnswer:
    return HiddenAnswer.model_validate(incident)


def _wanted(state: SilenceState, choice: SilenceChoice) -> bool:
    if choice is SilenceChoice.STANDING:
        return state is not SilenceState.EXPIRED
    return choice is SilenceChoice.ALL or state.value == choice.value
