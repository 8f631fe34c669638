"""Notices from ops over HTTP: list, announce, change, end."""

from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.directive import DirectiveEntry
from alerting.directives.notice import Notice, NoticeKind
from alerting.routing.expectation import announced
from alerting.routing.notice_wish import LARGEST_MULTIPLIER, MOST_REGIONS, MOST_TOPICS, TEXT_CHARACTERS, NoticeWish
from streams.clock import Clock


class KeepsNotices(Protocol):
    """What people do with notices; raises like `KeepsSilences`."""

    async def all(self) -> tuple[Notice, ...]:
        """Newest first, ended ones too."""
        ...

    async def get(self, notice_id: str) -> Notice:
        """One notice."""
        ...

    async def lines(self, notice_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it, oldest first."""
        ...

    async def add(self, wish: NoticeWish, *, by: str) -> Notice:
        """Announce."""
        ...

    async def change(self, notice_id: str, wish: NoticeWish, *, by: str, expected_revision: int | None) -> Notice:
        """Announce it anew."""
        ...

    async def end(self, notice_id: str, *, by: str, expected_revision: int | None = None) -> Notice:
        """It is over."""
        ...


class NoticeBody(BaseModel):
    """What ops announce. Exactly one of `ends_at` and `minutes` says until when.

    With `expected_multiplier` a rise up to twice so many times the usual wakes nobody, unless people are angry; without
    it the notice only stands on the incidents that it touches.
    """

    model_config = ConfigDict(extra="forbid")

    kind: NoticeKind
    topics: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=MOST_TOPICS)]
    text: Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS)]
    owner: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    area: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=MOST_REGIONS)] = ()
    expected_multiplier: Annotated[float, Field(gt=1, le=LARGEST_MULTIPLIER)] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    minutes: Annotated[float, Field(gt=0, le=132_480)] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> "NoticeBody":
        if (self.ends_at is None) == (self.minutes is None):
            raise ValueError("needs exactly one of ends_at and minutes")
        return self

    def wish(self, now: datetime) -> NoticeWish:
        """What is announced, at this time."""
        return NoticeWish(
            kind=self.kind.value,
            topics=self.topics,
            text=self.text,
            ends_at=self.ends_at or (self.starts_at or now) + timedelta(minutes=self.minutes or 0),
            starts_at=self.starts_at,
            area=self.area,
            expected_multiplier=self.expected_multiplier,
            owner=self.owner,
        )


class NoticeLineAnswer(BaseModel):
    """Something that was done with it."""

    model_config = ConfigDict(from_attributes=True)

    at: UtcTime
    act: str
    actor: str
    text: str


class NoticeAnswer(BaseModel):
    """A notice. `revision` is the ETag; `state` is pending, open or over."""

    id: str
    revision: int
    state: str
    kind: NoticeKind
    topics: tuple[str, ...]
    area: tuple[str, ...]
    expected_multiplier: float | None
    owner: str
    text: str
    told: str
    starts_at: UtcTime
    ends_at: UtcTime
    origin: str
    created_at: UtcTime
    updated_at: UtcTime

    @classmethod
    def of(cls, notice: Notice, now: datetime) -> "NoticeAnswer":
        """The notice as it stands at `now`."""
        return cls(
            id=notice.id,
            revision=notice.revision,
            state="open" if notice.holds(now) else "pending" if now < notice.starts_at else "over",
            kind=notice.kind,
            topics=notice.topics,
            area=notice.area,
            expected_multiplier=notice.expected_multiplier,
            owner=notice.owner,
            text=notice.text,
            told=announced(notice),
            starts_at=notice.starts_at,
            ends_at=notice.ends_at,
            origin=notice.origin,
            created_at=notice.created_at,
            updated_at=notice.updated_at,
        )


class NoticeDetailAnswer(NoticeAnswer):
    """A notice with what was done with it."""

    lines: tuple[NoticeLineAnswer, ...]


class NoticeList(BaseModel):
    """Notices, newest first."""

    notices: tuple[NoticeAnswer, ...]


def notices_router(notices: KeepsNotices, clock: Clock) -> APIRouter:
    """`/api/v1/notices` and what lies below."""
    router = APIRouter(prefix="/api/v1/notices", tags=["notices"], responses=REFUSALS)

    def answered(notice: Notice, response: Response) -> NoticeAnswer:
        response.headers["ETag"] = etag(notice.revision)
        return NoticeAnswer.of(notice, clock.now())

    @router.get("")
    async def list_notices(over: Annotated[bool, Query()] = False) -> NoticeList:  # noqa: FBT002  # a query parameter
        """Notices, newest first; those that are over only with `over=true`. The newest thousand at most."""
        now = clock.now()
        found = [one for one in await notices.all() if over or one.ends_at > now]
        return NoticeList(notices=tuple(NoticeAnswer.of(one, now) for one in found))

    @router.post("", status_code=201)
    async def add_notice(body: NoticeBody, request: Request, response: Response) -> NoticeAnswer:
        """Announce. It holds, in every process, when this is answered."""
        notice = await notices.add(body.wish(clock.now()), by=caller_of(request).name)
        response.headers["Location"] = f"/api/v1/notices/{notice.id}"
        return answered(notice, response)

    @router.get("/{notice_id}")
    async def show_notice(notice_id: str, response: Response) -> NoticeDetailAnswer:
        """One notice, with what was done with it. The ETag is its revision."""
        notice = await notices.get(notice_id)
        lines = tuple(NoticeLineAnswer.model_validate(line) for line in await notices.lines(notice_id))
        return NoticeDetailAnswer(**answered(notice, response).model_dump(), lines=lines)

    @router.put("/{notice_id}")
    async def change_notice(
        notice_id: str, body: NoticeBody, request: Request, response: Response, if_match: IfMatch = None
    ) -> NoticeAnswer:
        """Announce it anew."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(
            await notices.change(notice_id, body.wish(clock.now()), by=by, expected_revision=expected), response
        )

    @router.delete("/{notice_id}")
    async def end_notice(
        notice_id: str, request: Request, response: Response, if_match: IfMatch = None
    ) -> NoticeAnswer:
        """It is over, or was wrong. Again is 200 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await notices.end(notice_id, by=by, expected_revision=expected), response)

    return router
