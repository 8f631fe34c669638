"""Texts for customers, and cases of the traditional channel: what people decide, and what other systems hear of it."""

import re
import secrets
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec
import structlog

from alerting.directives.case_link import CaseLink
from alerting.directives.customer_note import CustomerNote, NoteState
from alerting.directives.directive import DirectiveEntry
from alerting.directives.errand import Errand, Hook
from alerting.directives.notice import Notice
from alerting.dispatch import Dispatch
from alerting.errors import DirectiveRefused, Stale, TransitionRefused, UnknownDirective, UnknownIncident
from alerting.incidents.store import Store
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from alerting.metrics import AlertingMetrics
from alerting.routing.expectation import announced
from streams.clock import Clock

TEXT_CHARACTERS: Final = 2_000

_MOST_LISTED: Final = 500
_MOST_HEARD: Final = 50
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,99}")

log = structlog.get_logger(__name__)


class CaseWish(msgspec.Struct, frozen=True):
    """What is to be linked; see `CaseLink`. Exactly one of `incident` and `mention`."""

    system: str
    case: str
    incident: str | None = None
    mention: str | None = None
    thread: str | None = None
    url: str | None = None


class Signed(msgspec.Struct, frozen=True):
    """A signed message: its id, which stays the same when it is sent again, and when it was signed."""

    id: str
    at: datetime


class CustomerNotes:
    """Warn customers first: a notice, a draft, comms approve, and a signed webhook tells whoever sends it."""

    def __init__(self, store: Store, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics

    async def all(self) -> tuple[CustomerNote, ...]:
        """Newest first, decided ones too."""
        found = await self._store.directives("customer_note", limit=_MOST_LISTED)
        return tuple(one for one in found if isinstance(one, CustomerNote))

    async def draft(self, notice_id: str, text: str | None, *, by: str) -> CustomerNote:
        """Draft a text about a notice; without one, what the notice itself says.

        Raises:
            UnknownDirective: There is no such notice.
            DirectiveRefused: The notice is over.
        """
        notice = await self._store.directive(notice_id)
        now = self._clock.now()
        if not isinstance(notice, Notice):
            raise UnknownDirective(f"there is no notice {notice_id!r}")
        if notice.ends_at <= now:
            raise DirectiveRefused(f"notice {notice_id} is over; nobody needs to be warned")
        note = CustomerNote(
            id=f"note_{secrets.token_hex(10)}",
            notice=notice_id,
            text=plain(text or "", TEXT_CHARACTERS) or plain(announced(notice), TEXT_CHARACTERS),
            topics=notice.topics,
            area=notice.area,
            drafted_by=person(by),
            state=NoteState.DRAFT,
            created_at=now,
            updated_at=now,
            ends_at=notice.ends_at,
        )
        await self._keep(note, "drafted", by, None)
        return note

    async def approve(
        self, note_id: str, *, by: str, text: str | None = None, expected_revision: int | None = None
    ) -> CustomerNote:
        """Comms approve it, as it stands or in other words: whoever sends it is told. Again changes nothing.

        Raises:
            UnknownDirective: There is none.
            TransitionRefused: It was discarded, or nobody needs to be warned any more.
            Stale: It is no longer at `expected_revision`.
        """
        return await self._decide(note_id, NoteState.APPROVED, by, text, expected_revision)

    async def discard(self, note_id: str, *, by: str, expected_revision: int | None = None) -> CustomerNote:
        """It is not sent. Raises like `approve`."""
        return await self._decide(note_id, NoteState.DISCARDED, by, None, expected_revision)

    async def _decide(
        self, note_id: str, becomes: NoteState, by: str, text: str | None, expected_revision: int | None
    ) -> CustomerNote:
        note, now = await self._store.directive(note_id), self._clock.now()
        if not isinstance(note, CustomerNote):
            raise UnknownDirective(f"there is no draft {note_id!r}")
        if expected_revision is not None and note.revision != expected_revision:
            raise Stale(f"draft {note_id} is at revision {note.revision}, not {expected_revision}")
        if note.state is becomes:
            return note
        if note.state is not NoteState.DRAFT or note.ends_at <= now:
            raise TransitionRefused(f"draft {note_id} is {note.state.value}, or its notice is over")
        decided = msgspec.structs.replace(
            note,
            state=becomes,
            text=plain(text or "", TEXT_CHARACTERS) or note.text,
            decided_by=person(by),
            decided_at=now,
            updated_at=now,
            revision=note.revision + 1,
        )
        if becomes is NoteState.APPROVED:
            data: dict[str, Any] = {
                "id": note.id,
                "notice": note.notice,
                "text": decided.text,
                "topics": list(note.topics),
                "area": list(note.area),
                "approved_by": decided.decided_by,
                "ends_at": note.ends_at.isoformat(),
            }
            errand = Errand(f"{note.id}.{decided.revision}", Hook.CUSTOMERS, "customers.warn", now, data, now)
            decided = msgspec.structs.replace(decided, errands=(*note.errands, errand))
        await self._keep(decided, becomes.value, by, note.revision)
        return decided

    async def _keep(self, note: CustomerNote, act: str, by: str, replaces: int | None) -> None:
        entry = DirectiveEntry(note.id, self._clock.now(), f"customer_note.{act}", person(by), note.text)
        async with self._store.begin() as unit:
            await unit.keep(note, (entry,), expected_revision=replaces)
        self._metrics.directive_acts.labels(entry.act).inc()
        log.info(entry.act, note=note.id, notice=note.notice)


class Cases:
    """Links between incidents or mentions and tickets or calls; the thread's id travels along, both ways."""

    def __init__(self, store: Store, dispatch: Dispatch, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics

    async def all(self, *, incident: str | None = None, mention: str | None = None) -> tuple[CaseLink, ...]:
        """Newest first; of one incident or mention only, where that is named."""
        found = await self._store.directives("case_link", limit=_MOST_LISTED)
        return tuple(
            one
            for one in found
            if isinstance(one, CaseLink)
            and (incident is None or one.incident == incident)
            and (mention is None or one.mention == mention)
        )

    async def link(self, wish: CaseWish, *, by: str) -> CaseLink:
        """Link a case; the other side is told with the thread's id. The same link again changes nothing.

        Raises:
            DirectiveRefused: It names nothing, or something that is no name.
            UnknownIncident: There is no such incident.
        """
        _check(wish)
        now = self._clock.now()
        named = f"{wish.system}\0{wish.case}\0{wish.incident or wish.mention}"
        link_id = f"case_{blake2b(named.encode('utf-8', 'replace'), digest_size=10).hexdigest()}"
        known = await self._store.directive(link_id)
        if isinstance(known, CaseLink):
            return known
        thread = wish.thread or f"thread_{secrets.token_hex(10)}"
        data: dict[str, Any] = {
            "system": wish.system,
            "case": wish.case,
            "thread": thread,
            "incident": wish.incident,
            "mention": wish.mention,
        }
        link = CaseLink(
            id=link_id,
            system=wish.system,
            case=wish.case,
            thread=thread,
            linked_by=person(by),
            created_at=now,
            updated_at=now,
            incident=wish.incident,
            mention=wish.mention,
            url=wish.url,
            errands=(Errand(f"{link_id}.1", Hook.CASES, "case.linked", now, data, now),),
        )
        await self._keep(link, "linked", by, f"Linked to {link} by {person(by)}", None)
        return link

    async def hear(
        self, link_id: str, status: str, *, by: str, thread: str | None = None, signed: Signed | None = None
    ) -> CaseLink:
        """What the other side says of its case; on the incident's timeline too. The same again changes nothing.

        Args:
            signed: The message that says so. One that was heard before, or that is older than what was heard last,
                changes nothing either: whoever recorded it cannot set an old status again.

        Raises:
            UnknownDirective: There is no such link.
            DirectiveRefused: There is no status, or it is another thread.
        """
        link = await self._store.directive(link_id)
        if not isinstance(link, CaseLink):
            raise UnknownDirective(f"there is no case link {link_id!r}")
        if thread is not None and thread != link.thread:
            raise DirectiveRefused(f"case {link.case} has the thread {link.thread}, not {plain(thread, 100)}")
        told = plain(status, 200)
        if not told:
            raise DirectiveRefused("a status is needed")
        if link.status == told:
            return link
        if signed is not None and _outdated(link, signed):
            log.warning("case.outdated", link=link.id, message=signed.id)
            return link
        now = self._clock.now()
        heard = msgspec.structs.replace(link, status=told, updated_at=now, revision=link.revision + 1)
        if signed is not None:
            heard = msgspec.structs.replace(heard, heard=(*link.heard, signed.id)[-_MOST_HEARD:], heard_at=signed.at)
        await self._keep(heard, "heard", by, f"{link.system} {link.case} says: {told}", link.revision)
        return heard

    async def find(self, system: str, case: str) -> tuple[CaseLink, ...]:
        """The links of a case, as the other side names it."""
        return tuple(one for one in await self.all() if (one.system, one.case) == (system, case))

    async def _keep(self, link: CaseLink, act: str, by: str, text: str, replaces: int | None) -> None:
        now: datetime = self._clock.now()
        entry = DirectiveEntry(link.id, now, f"case.{act}", person(by), text)
        async with self._store.begin() as unit:
            await unit.keep(link, (entry,), expected_revision=replaces)
            if link.incident is not None:
                incident = await unit.incident(link.incident)
                if incident is None:
                    raise UnknownIncident(f"there is no incident {link.incident!r}")
                await self._dispatch.announce(unit, incident, text, now, cases=_with(incident.cases, link))
        self._metrics.directive_acts.labels(entry.act).inc()
        log.info(entry.act, link=link.id, system=link.system, case=link.case, incident=link.incident)


def _with(cases: tuple[str, ...], link: CaseLink) -> tuple[str, ...]:
    """The incident's cases, one line each, with this one as it stands now."""
    name = f"{link.system} {link.case}"
    return (*(case for case in cases if case != name and not case.startswith(f"{name}:")), str(link))


def _outdated(link: CaseLink, signed: Signed) -> bool:
    return signed.id in link.heard or (link.heard_at is not None and signed.at < link.heard_at)


def _check(wish: CaseWish) -> None:
    if (wish.incident is None) == (wish.mention is None):
        raise DirectiveRefused("a case is linked to exactly one of incident and mention")
    for name in (wish.system, wish.case):
        if not _WORD.fullmatch(name):
            raise DirectiveRefused(f"{plain(name, 50)!r} is no name of a system or a case")
    for text in (wish.thread, wish.mention):
        if text is not None and (not text or plain(text, 300) != text):
            raise DirectiveRefused("a thread or a mention is one line of at most 300 characters")
    if wish.url is not None and not re.fullmatch(r"https?://[^\s\x00-\x1f<>\"]{1,500}", wish.url):
        raise DirectiveRefused("a url begins with http:// or https:// and has no spaces")
