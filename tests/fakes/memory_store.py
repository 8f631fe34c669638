"""A store in memory: one process, nothing survives, units roll back."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from alerting.directives.directive import Directive, DirectiveEntry, due_at, kind_of
from alerting.errors import DatabaseUnavailable, Stale, UnknownIncident
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.contact_store import ContactsTaken
from alerting.incidents.delivery import Delivery
from alerting.incidents.erasing import without_author
from alerting.incidents.group import Grouping
from alerting.incidents.model import Incident, IncidentState, TimelineEntry
from alerting.incidents.store import NOTHING_KNOWN, Hold, IncidentFilter, Lease, OpenOfBrand, Page
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from streams.broker.base import Partition
from streams.contact import Contact
from streams.events import Detection, WindowCount
from streams.public_reply import PublicReply
from streams.topic import Topic
from tests.fakes.memory_reports import MemoryReports, Reported


class MemoryStore(MemoryReports):
    """What the API and the acts need of a store, and a switch that takes the database away.

    Attributes:
        down: While True every call raises `DatabaseUnavailable`.
    """

    def __init__(self) -> None:
        self.down = False
        self.incidents: dict[str, Incident] = {}
        self.entries: list[TimelineEntry] = []
        self.outbox: list[Delivery] = []
        self.board: tuple[TopicStatus, ...] = ()
        self.decided: dict[str, Detection] = {}
        self.known: set[str] = set()
        self.replies: dict[str, datetime] = {}
        self.curves: dict[str, tuple[WindowPoint, ...]] = {}
        self.kept: dict[str, Directive] = {}
        self.kept_lines: list[DirectiveEntry] = []
        self._claims: dict[tuple[str, int], datetime] = {}
        self._listeners: set[asyncio.Event] = set()
        self._changed = 0

    def add(self, incident: Incident, *entries: TimelineEntry, deliveries: Sequence[Delivery] = ()) -> None:
        """Put an incident there, as if it had been committed."""
        self.incidents[incident.id] = incident
        self._append(entries)
        self.outbox.extend(deliveries)
        self._tell()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["MemoryUnit"]:
        """A unit of work: committed when the block ends, dropped when it raises."""
        self._answer()
        unit = MemoryUnit(self.incidents, self.kept, self.known)
        yield unit
        self._answer()
        self.incidents.update(unit.saved)
        self._append(unit.entries)
        self.outbox.extend(unit.queued)
        self.kept.update(unit.kept)
        self.kept_lines.extend(unit.kept_lines)
        self.known |= unit.seen
        self._tell()

    def reported(self) -> Reported:
        """What reports read."""
        self._answer()
        return Reported(self.incidents, self.entries, self.outbox, self.kept)

    async def find(self, wanted: IncidentFilter, *, cursor: str | None, limit: int) -> Page:
        """Incidents, newest first; the cursor is the last id of the page before."""
        self._answer()
        if cursor is not None and not cursor.startswith("inc_"):
            raise ValueError(f"the cursor {cursor!r} is not one of ours")
        found = [
            incident
            for incident in sorted(self.incidents.values(), key=lambda incident: incident.id, reverse=True)
            if (not wanted.states or incident.state in wanted.states)
            and (not wanted.topics or incident.topic in wanted.topics)
            and (not wanted.severities or incident.severity in wanted.severities)
            and (wanted.history or not incident.history)
            and (wanted.families is None or incident.family in wanted.families)
            and (cursor is None or incident.id < cursor)
        ]
        page = tuple(found[:limit])
        return Page(incidents=page, next_cursor=page[-1].id if len(found) > limit else None)

    async def get(self, incident_id: str) -> Incident:
        """One incident."""
        self._answer()
        try:
            return self.incidents[incident_id]
        except KeyError as exc:
            raise UnknownIncident(f"there is no incident {incident_id!r}") from exc

    async def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        """What happened to it, oldest first."""
        self._answer()
        return tuple(entry for entry in self.entries if entry.incident == incident_id)

    async def timeline_after(self, position: int, *, limit: int) -> tuple[TimelineEntry, ...]:
        """Entries behind `position`, oldest first."""
        self._answer()
        return tuple(entry for entry in self.entries if entry.position > position)[:limit]

    async def deliveries(self, incident_id: str) -> tuple[Delivery, ...]:
        """Who was told."""
        self._answer()
        return tuple(delivery for delivery in self.outbox if delivery.incident == incident_id)

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Those that have not ended."""
        self._answer()
        return tuple(one for one in self.kept.values() if one.ends_at is not None and one.ends_at > now)

    async def directives(self, kind: str, *, limit: int) -> tuple[Directive, ...]:
        """Those of one kind, newest first."""
        self._answer()
        found = [one for one in self.kept.values() if kind_of(one) == kind]
        return tuple(sorted(found, key=lambda one: one.created_at, reverse=True)[:limit])

    async def directive(self, directive_id: str) -> Directive | None:
        """One of them."""
        self._answer()
        return self.kept.get(directive_id)

    async def claim_due(self, now: datetime, *, until: datetime, limit: int) -> tuple[Directive, ...]:
        """Each for one caller at a time."""
        self._answer()
        found = [
            one
            for one in self.kept.values()
            if (due := due_at(one)) is not None and due <= now and self._claims.get((one.id, one.revision), now) <= now
        ][:limit]
        self._claims.update({(one.id, one.revision): until for one in found})
        return tuple(found)

    async def directive_lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it."""
        self._answer()
        return tuple(line for line in self.kept_lines if line.directive == directive_id)

    async def open_incidents(self) -> tuple[Incident, ...]:
        """What is not resolved, oldest first."""
        self._answer()
        found = [one for one in self.incidents.values() if one.state is not IncidentState.RESOLVED and not one.history]
        return tuple(sorted(found, key=lambda one: one.id))

    async def decision(self, detection_id: str) -> Detection | None:
        """A detection as it was put there."""
        self._answer()
        return self.decided.get(detection_id)

    async def decisions(self, episodes: Sequence[str]) -> tuple[Detection, ...]:
        """Those of these episodes, as they were put there."""
        self._answer()
        return tuple(one for one in self.decided.values() if one.episode in episodes)

    async def erase_author(self, author: int) -> int:
        """Take an author out of every incident that knows them."""
        self._answer()
        changed = {name: without_author(one, author) for name, one in self.incidents.items()}
        found = [name for name, one in changed.items() if one != self.incidents[name]]
        self.incidents.update(changed)
        return len(found)

    async def topics(self, now: datetime) -> tuple[TopicStatus, ...]:  # noqa: ARG002
        """The board, as it was put there, with the open incidents counted."""
        self._answer()
        open_topics = [
            incident.topic for incident in self.incidents.values() if incident.state is not IncidentState.RESOLVED
        ]
        return tuple(
            msgspec.structs.replace(status, open_incidents=open_topics.count(status.topic)) for status in self.board
        )

    async def windows(
        self,
        topic: str,
        *,
        start: datetime,
        end: datetime,
        seconds: int,  # noqa: ARG002
    ) -> tuple[WindowPoint, ...]:
        """A topic's curve in `[start, end)`, in the windows that the test put there."""
        self._answer()
        first, last = start.timestamp(), end.timestamp()
        return tuple(point for point in self.curves.get(topic, ()) if first <= point.start < last)

    async def lease(
        self,
        now: datetime,  # noqa: ARG002
        *,
        seconds: float,  # noqa: ARG002
        limit: int,  # noqa: ARG002
        most_each: int | None = None,  # noqa: ARG002
        last_chance: datetime | None = None,  # noqa: ARG002
    ) -> tuple[Lease, ...]:
        """Nothing is due here."""
        self._answer()
        return ()

    async def settle(self, lease: Lease, outcome: Delivery, *, hold: Hold | None = None) -> None:
        """Nothing was leased."""
        raise NotImplementedError

    async def holds(self) -> tuple[Hold, ...]:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def overdue_pages(self, before: datetime, *, limit: int) -> tuple[Delivery, ...]:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def calls_due(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        """Nobody is called from here."""
        raise NotImplementedError

    async def open_deliveries(self) -> tuple[Delivery, ...]:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def group_members(self, receiver: str, key: str) -> tuple[str, ...]:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def next_call_at(self) -> datetime | None:
        """Nobody is called from here."""
        raise NotImplementedError

    async def schedule_copy(self, schedule: str) -> ScheduleCopy | None:
        """Nothing is fetched for here."""
        raise NotImplementedError

    async def pages_told(self, receivers: Sequence[str], *, since: datetime) -> int:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def answered(self, mentions: Sequence[str]) -> Mapping[str, datetime] | None:
        """What the test put there."""
        self._answer()
        return {name: self.replies[name] for name in mentions if name in self.replies} if self.replies else None

    async def outbox_age(self, now: datetime) -> tuple[int, float]:  # noqa: ARG002
        """Nothing waits."""
        self._answer()
        return 0, 0.0

    async def changes(self) -> AsyncIterator[None]:
        """Yields after every commit."""
        changed = asyncio.Event()
        self._listeners.add(changed)
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield
        finally:
            self._listeners.discard(changed)

    async def last_position(self) -> int:
        """It moves with every change, also with those that leave no line."""
        self._answer()
        return self._changed

    async def healthy(self) -> None:
        """Return unless the database was taken away."""
        self._answer()

    async def close(self) -> None:
        """Nothing to give back."""

    def _answer(self) -> None:
        if self.down:
            raise DatabaseUnavailable("the database does not answer")

    def _append(self, entries: Sequence[TimelineEntry]) -> None:
        for entry in entries:
            self.entries.append(msgspec.structs.replace(entry, position=len(self.entries) + 1))

    def _tell(self) -> None:
        self._changed += 1
        for changed in self._listeners:
            changed.set()


class MemoryUnit:
    """What one unit of work wrote so far."""

    def __init__(self, incidents: dict[str, Incident], kept: dict[str, Directive], known: set[str]) -> None:
        self._incidents = incidents
        self._known = known
        self.seen: set[str] = set()
        self._kept = kept
        self.kept: dict[str, Directive] = {}
        self.kept_lines: list[DirectiveEntry] = []
        self.saved: dict[str, Incident] = {}
        self.entries: list[TimelineEntry] = []
        self.queued: list[Delivery] = []

    async def position(self, partition: Partition) -> int | None:
        """No position is kept here."""
        raise NotImplementedError

    async def advance(self, partition: Partition, expected: int | None, following: int) -> None:
        """No position is kept here."""
        raise NotImplementedError

    async def first_sight(self, detection_id: str, at: datetime) -> bool:  # noqa: ARG002
        """Requests that were carried out before; detections are not taken in here."""
        fresh = detection_id not in self._known
        self.seen.add(detection_id)
        return fresh

    async def keep_decision(self, detection: Detection) -> None:
        """Detections are not taken in here."""
        raise NotImplementedError

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident as this unit sees it."""
        return self.saved.get(incident_id) or self._incidents.get(incident_id)

    async def by_episode(self, episode: str) -> Incident | None:
        """The incident of this episode."""
        return next((incident for incident in self._incidents.values() if incident.episode == episode), None)

    async def lock_brands(self, brands: Sequence[str]) -> None:
        """One unit at a time anyway."""

    async def open_for_brand(self, brand: str, known: Mapping[str, int] = NOTHING_KNOWN) -> OpenOfBrand:
        """The family's open incidents, oldest first."""
        found = [
            incident
            for incident in self._incidents.values()
            if incident.family == brand and incident.state is not IncidentState.RESOLVED
        ]
        found.sort(key=lambda incident: incident.id)
        changed = tuple(incident for incident in found if known.get(incident.id) != incident.revision)
        return OpenOfBrand(tuple(incident.id for incident in found), changed)

    async def open_for_topic(self, topic: str) -> Incident | None:
        """The topic's incident that is not resolved."""
        return next(
            (
                incident
                for incident in self._incidents.values()
                if topic in incident.topics and incident.state is not IncidentState.RESOLVED
            ),
            None,
        )

    async def latest_for_topic(self, topic: str) -> Incident | None:
        """The topic's newest incident that is not history."""
        found = [incident for incident in self._incidents.values() if topic in incident.topics and not incident.history]
        return max(found, key=lambda incident: incident.id, default=None)

    async def save(
        self, incident: Incident, entries: Sequence[TimelineEntry], *, expected_revision: int | None
    ) -> None:
        """Keep the incident for the commit."""
        stored = await self.incident(incident.id)
        if (stored.revision if stored else None) != expected_revision:
            raise Stale(f"the incident is not at revision {expected_revision}")
        self.saved[incident.id] = incident
        self.entries.extend(entries)

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Keep the messages for the commit."""
        self.queued.extend(deliveries)

    async def latest(self, number: int) -> tuple[Incident, ...]:
        """The newest that somebody acknowledged."""
        found = sorted((one for one in self._incidents.values() if not one.history), key=lambda one: one.id)[-number:]
        return tuple(one for one in reversed(found) if one.acknowledged_by)

    async def open_incidents(self) -> tuple[Incident, ...]:
        """What is not resolved, oldest first."""
        found = [one for one in self._incidents.values() if one.state is not IncidentState.RESOLVED and not one.history]
        return tuple(sorted(found, key=lambda one: one.id))

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Those that have not ended."""
        found = (self._kept | self.kept).values()
        return tuple(one for one in found if one.ends_at is not None and one.ends_at > now)

    async def directive(self, directive_id: str) -> Directive | None:
        """One of them, as this unit sees it."""
        return self.kept.get(directive_id) or self._kept.get(directive_id)

    async def keep(
        self, directive: Directive, entries: Sequence[DirectiveEntry], *, expected_revision: int | None
    ) -> None:
        """Keep it for the commit."""
        stored = await self.directive(directive.id)
        if (stored.revision if stored else None) != expected_revision:
            raise Stale(f"{directive.id} is not at revision {expected_revision}")
        self.kept[directive.id] = directive
        self.kept_lines.extend(entries)

    async def hush(self, incident_id: str, receivers: Sequence[str]) -> None:
        """Nothing is delivered from here."""

    async def join_group(self, receiver: str, grouping: Grouping, incident_id: str, now: datetime) -> datetime:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def hasten(self, incident_id: str, asleep: tuple[str, ...], now: datetime) -> None:
        """Nothing is delivered from here."""

    async def opened_since(self, topic: str, since: datetime) -> int:
        """How many incidents of the topic are there since then."""
        return sum(one.topic == topic and one.opened_at >= since for one in self._incidents.values())

    async def keep_schedule(self, copy: ScheduleCopy) -> None:
        """Nothing is fetched for here."""
        raise NotImplementedError

    async def look_after(self, delivery_id: str) -> None:
        """Nothing is delivered from here."""
        raise NotImplementedError

    async def record_windows(self, windows: Sequence[WindowCount]) -> None:
        """The history is put there by the test."""
        raise NotImplementedError

    async def record_replies(self, replies: Sequence[PublicReply]) -> None:
        """Nobody sends any here."""
        raise NotImplementedError

    async def record_contacts(self, contacts: Sequence[Contact]) -> ContactsTaken:
        """Nobody sends any here."""
        raise NotImplementedError

    async def save_topics(self, topics: Sequence[Topic]) -> None:
        """The board is put there by the test."""
        raise NotImplementedError
