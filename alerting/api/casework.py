"""Texts for customers and cases of the traditional channel, over HTTP."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerting.api.errand_answer import ErrandAnswer
from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.problems import REFUSALS, Problem
from alerting.api.utc_time import UtcTime
from alerting.casebook import TEXT_CHARACTERS, CaseWish, Signed
from alerting.directives.case_link import CaseLink
from alerting.directives.customer_note import CustomerNote, NoteState

_Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class KeepsCustomerNotes(Protocol):
    """What people do with texts for customers; raises as `CustomerNotes` says."""

    async def all(self) -> tuple[CustomerNote, ...]:
        """Newest first."""
        ...

    async def draft(self, notice_id: str, text: str | None, *, by: str) -> CustomerNote:
        """Draft one about a notice."""
        ...

    async def approve(
        self, note_id: str, *, by: str, text: str | None = None, expected_revision: int | None = None
    ) -> CustomerNote:
        """Comms approve it."""
        ...

    async def discard(self, note_id: str, *, by: str, expected_revision: int | None = None) -> CustomerNote:
        """It is not sent."""
        ...


class KeepsCases(Protocol):
    """What people and ticket systems do with cases; raises as `Cases` says."""

    async def all(self, *, incident: str | None = None, mention: str | None = None) -> tuple[CaseLink, ...]:
        """Newest first."""
        ...

    async def link(self, wish: CaseWish, *, by: str) -> CaseLink:
        """Link one."""
        ...

    async def hear(
        self, link_id: str, status: str, *, by: str, thread: str | None = None, signed: Signed | None = None
    ) -> CaseLink:
        """What the other side says."""
        ...

    async def find(self, system: str, case: str) -> tuple[CaseLink, ...]:
        """The links of one case."""
        ...


class DraftBody(BaseModel):
    """A text for customers; without one, what the notice says."""

    model_config = ConfigDict(extra="forbid")

    text: _Text | None = None


class CustomerNoteAnswer(BaseModel):
    """A text for customers. `revision` is the ETag; `errands` says whether whoever sends it was told."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    revision: int
    notice: str
    state: NoteState
    text: str
    topics: tuple[str, ...]
    area: tuple[str, ...]
    drafted_by: str
    decided_by: str | None
    decided_at: UtcTime | None
    ends_at: UtcTime
    errands: tuple[ErrandAnswer, ...]


class CustomerNoteList(BaseModel):
    """Texts for customers, newest first."""

    drafts: tuple[CustomerNoteAnswer, ...]


class CaseBody(BaseModel):
    """A ticket or a call, and what it belongs to: exactly one of `incident` and `mention`."""

    model_config = ConfigDict(extra="forbid")

    system: _Name
    case: _Name
    incident: _Name | None = None
    mention: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    thread: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    url: Annotated[str, Field(max_length=500)] | None = None


class HeardBody(BaseModel):
    """What the other side says of its case; `thread` is refused where it is not the one that was agreed on."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[str, Field(min_length=1, max_length=200)]
    thread: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class CaseAnswer(BaseModel):
    """A link to a case; `thread` is the conversation's id on both sides."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    revision: int
    system: str
    case: str
    thread: str
    incident: str | None
    mention: str | None
    url: str | None
    status: str | None
    linked_by: str
    created_at: UtcTime
    updated_at: UtcTime
    errands: tuple[ErrandAnswer, ...]


class CaseList(BaseModel):
    """Links to cases, newest first."""

    cases: tuple[CaseAnswer, ...]


def drafts_router(notes: KeepsCustomerNotes) -> APIRouter:
    """`/api/v1/notices/{notice_id}/drafts` and `/api/v1/drafts`."""
    router = APIRouter(prefix="/api/v1", tags=["drafts"], responses=REFUSALS)

    def answered(note: CustomerNote, response: Response) -> CustomerNoteAnswer:
        response.headers["ETag"] = etag(note.revision)
        return CustomerNoteAnswer.model_validate(note)

    @router.get("/drafts")
    async def list_drafts() -> CustomerNoteList:
        """Texts for customers, newest first; the newest 500."""
        return CustomerNoteList(drafts=tuple(CustomerNoteAnswer.model_validate(one) for one in await notes.all()))

    @router.post("/notices/{notice_id}/drafts", status_code=201)
    async def draft(
        notice_id: str, request: Request, response: Response, body: DraftBody | None = None
    ) -> CustomerNoteAnswer:
        """Draft what customers are told about a notice. Nothing is sent before comms approve it."""
        note = await notes.draft(notice_id, body.text if body else None, by=caller_of(request).name)
        return answered(note, response)

    @router.post("/drafts/{draft_id}/approve")
    async def approve(
        draft_id: str, request: Request, response: Response, body: DraftBody | None = None, if_match: IfMatch = None
    ) -> CustomerNoteAnswer:
        """Comms approve it, as it stands or in other words; whoever sends it is told. Again is 200 again."""
        by, expected, text = caller_of(request).name, revision_of(if_match), body.text if body else None
        return answered(await notes.approve(draft_id, by=by, text=text, expected_revision=expected), response)

    @router.post("/drafts/{draft_id}/discard")
    async def discard(
        draft_id: str, request: Request, response: Response, if_match: IfMatch = None
    ) -> CustomerNoteAnswer:
        """It is not sent. Again is 200 again."""
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await notes.discard(draft_id, by=by, expected_revision=expected), response)

    return router


def cases_router(cases: KeepsCases) -> APIRouter:
    """`/api/v1/cases` and what lies below."""
    router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses=REFUSALS)

    @router.get("")
    async def list_cases(
        incident: Annotated[str | None, Query()] = None, mention: Annotated[str | None, Query()] = None
    ) -> CaseList:
        """Links to cases, newest first; of one incident or mention only, where that is named."""
        found = await cases.all(incident=incident, mention=mention)
        return CaseList(cases=tuple(CaseAnswer.model_validate(one) for one in found))

    @router.post("", status_code=201)
    async def link_case(body: CaseBody, request: Request) -> CaseAnswer:
        """Link a ticket or a call; the ticket system is told with the thread's id. The same again changes nothing."""
        wish = CaseWish(**body.model_dump())
        return CaseAnswer.model_validate(await cases.link(wish, by=caller_of(request).name))

    @router.post("/{system}/{case}/status")
    async def hear_of_case(system: str, case: str, body: HeardBody, request: Request) -> CaseList:
        """What the ticket system says of its case; it stands on the incident's timeline. Again is 200 again."""
        links = await cases.find(system, case)
        if not links:
            raise Problem(404, "unknown-case", "Nothing is linked to this case.")
        by = caller_of(request).name
        heard = [await cases.hear(link.id, body.status, by=by, thread=body.thread) for link in links]
        return CaseList(cases=tuple(CaseAnswer.model_validate(one) for one in heard))

    return router
