"""A whole store in memory: units commit or vanish, positions are guarded, the outbox leases, faults can be ordered."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import datetime, timedelta

import msgspec

from alerting.directives.directive import Directive, DirectiveEntry, due_at, kind_of
from alerting.errors import DatabaseRefused, DatabaseUnavailable, PositionLost, Stale, UnknownIncident
from alerting.history import curve
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.calls import call_due_at
from alerting.incidents.contact_store import ContactsTaken
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.group import Group, Grouping, joined
from alerting.incidents.model import HUSHED, PAGES, Incident, IncidentState, TimelineEntry, Transition
from alerting.incidents.store import NOTHING_KNOWN, Hold, IncidentFilter, Lease, OpenOfBrand, Page
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from streams.broker.base import Partition
from streams.contact import Contact
from streams.events import Detection, WindowCount
from streams.public_reply import PublicReply
from streams.topic import Topic
from tests.fakes.memory_reports import MemoryReports, Reported

_UPDATES = (Transition.GREW, Transition.PEAKED, Transition.SEVERITY_CHANGED)


class Tables:
    """What survives a crash of the process; share it between stores to restart."""

    def __init__(self) -> None:
        self.positions: dict[Partition, int] = {}
        self.seen: dict[str, datetime] = {}
        self.incidents: dict[str, Incident] = {}
        self.entries: list[TimelineEntry] = []
        self.outbox: dict[str, Delivery] = {}
        self.leases: dict[str, tuple[datetime, int]] = {}
        self.holds: dict[tuple[str, str], Hold] = {}
        self.looked_after: set[str] = set()
        self.windows: dict[tuple[str, int], WindowCount] = {}
        self.topics: tuple[Topic, ...] = ()
        self.replies: dict[str, datetime] = {}
        self.contacts: list[Contact] = []
        self.directives: dict[str, Directive] = {}
        self.directive_entries: list[DirectiveEntry] = []
        self.claims: dict[tuple[str, int], datetime] = {}
        self.schedules: dict[str, ScheduleCopy] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.decisions: dict[str, Detection] = {}


class TransactionalStore(MemoryReports):
    """One process's view of the tables.

    Attributes:
        down: While True every call raises `DatabaseUnavailable`.
        lose_answers: So many of the next commits count although their answer is lost.
    """

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()
        self.down = False
        self.lose_answers = 0
        self.refused = 0
        self._one_at_a_time = asyncio.Lock()
        self._listeners: set[asyncio.Event] = set()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["TransactionalUnit"]:
        self._answer()
        async with self._one_at_a_time:
            draft = Tables()
            draft.__dict__.update({name: deepcopy(value) for name, value in vars(self.tables).items()})
            yield TransactionalUnit(draft)
            self._answer()
            self.tables.__dict__.update(vars(draft))
        self._tell()
        if self.lose_answers:
            self.lose_answers -= 1
            raise DatabaseUnavailable("the commit's answer was lost")

    def reported(self) -> Reported:
        self._answer()
        tables = self.tables
        return Reported(tables.incidents, tables.entries, tuple(tables.outbox.values()), tables.directives)

    async def find(self, wanted: IncidentFilter, *, cursor: str | None, limit: int) -> Page:
        self._answer()
        found = [
            incident
            for incident in sorted(self.tables.incidents.values(), key=lambda incident: incident.id, reverse=True)
            if (not wanted.states or incident.state in wanted.states)
            and (wanted.history or not incident.history)
            and (cursor is None or incident.id < cursor)
        ]
        return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)

    async def get(self, incident_id: str) -> Incident:
        self._answer()
        if incident_id not in self.tables.incidents:
            raise UnknownIncident(incident_id)
        return self.tables.incidents[incident_id]

    async def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        self._answer()
        return tuple(entry for entry in self.tables.entries if entry.incident == incident_id)

    async def timeline_after(self, position: int, *, limit: int) -> tuple[TimelineEntry, ...]:
        self._answer()
        return tuple(self.tables.entries[position : position + limit])

    async def deliveries(self, incident_id: str) -> tuple[Delivery, ...]:
        self._answer()
        return tuple(delivery for delivery in self.tables.outbox.values() if delivery.incident == incident_id)

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        self._answer()
        return _in_force(self.tables, now)

    async def directives(self, kind: str, *, limit: int) -> tuple[Directive, ...]:
        self._answer()
        found = [one for one in self.tables.directives.values() if kind_of(one) == kind]
        return tuple(sorted(found, key=lambda one: one.created_at, reverse=True)[:limit])

    async def directive(self, directive_id: str) -> Directive | None:
        self._answer()
        return self.tables.directives.get(directive_id)

    async def claim_due(self, now: datetime, *, until: datetime, limit: int) -> tuple[Directive, ...]:
        """Each for one caller at a time."""
        self._answer()
        claims = self.tables.claims
        found = [
            one
            for one in self.tables.directives.values()
            if (due := due_at(one)) is not None and due <= now and claims.get((one.id, one.revision), now) <= now
        ][:limit]
        self.tables.claims.update({(one.id, one.revision): until for one in found})
        return tuple(found)

    async def directive_lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        self._answer()
        return tuple(entry for entry in self.tables.directive_entries if entry.directive == directive_id)

    async def open_incidents(self) -> tuple[Incident, ...]:
        self._answer()
        return _open(self.tables)

    async def topics(self, now: datetime) -> tuple[TopicStatus, ...]:
        self._answer()
        return tuple(
            TopicStatus(
                one.id,
                one.name,
                one.owner,
                one.brand,
                one.query,
                one.pages_per_week,
                0,
                per_minute=self._rate(one.id, now),
            )
            for one in self.tables.topics
        )

    async def windows(self, topic: str, *, start: datetime, end: datetime, seconds: int) -> tuple[WindowPoint, ...]:
        self._answer()
        found = [one for (name, _), one in sorted(self.tables.windows.items()) if name == topic]
        return curve([one for one in found if start.timestamp() <= one.start < end.timestamp()], seconds)

    async def lease(
        self,
        now: datetime,
        *,
        seconds: float,
        limit: int,
        most_each: int | None = None,
        last_chance: datetime | None = None,
    ) -> tuple[Lease, ...]:
        self._answer()
        taken: list[Lease] = []
        first: set[tuple[str, str, str]] = set()
        each: Counter[tuple[str, str]] = Counter()
        digests: set[tuple[str, str, str]] = set()
        for delivery in self.tables.outbox.values():
            conversation = (delivery.incident, delivery.receiver, delivery.notifier)
            if delivery.state is not DeliveryState.PENDING or conversation in first:
                continue
            first.add(conversation)
            held = self.tables.holds.get((delivery.receiver, delivery.notifier))
            if held and held.until > now and (last_chance is None or delivery.created_at > last_chance):
                continue
            until, token = self.tables.leases.get(delivery.id, (now, 0))
            destination = (delivery.receiver, delivery.notifier)
            room = len(taken) < limit and (delivery.digest or each[destination] < (most_each or limit))
            room = room or (*destination, delivery.digest) in digests
            if delivery.next_attempt_at <= now and until <= now and room:
                each[destination] += 1
                if delivery.digest:
                    digests.add((*destination, delivery.digest))
                until = now + timedelta(seconds=seconds)
                self.tables.leases[delivery.id] = (until, token + 1)
                about = self.tables.incidents[delivery.incident] if delivery.has_incident else None
                taken.append(Lease(delivery, about, until, token + 1, now))
        return tuple(taken)

    async def settle(self, lease: Lease, outcome: Delivery, *, hold: Hold | None = None) -> None:
        self._answer()
        if self.tables.leases.get(outcome.id) != (lease.until, lease.token):
            raise PositionLost(outcome.id)
        self.tables.outbox[outcome.id] = outcome
        if hold is not None:
            self.tables.holds[hold.receiver, hold.notifier] = hold
        elif outcome.state is DeliveryState.SENT:
            self.tables.holds.pop((outcome.receiver, outcome.notifier), None)
        self.tables.leases[outcome.id] = (outcome.next_attempt_at, lease.token)
        self._tell()

    async def holds(self) -> tuple[Hold, ...]:
        self._answer()
        return tuple(self.tables.holds.values())

    async def overdue_pages(self, before: datetime, *, limit: int) -> tuple[Delivery, ...]:
        self._answer()
        return tuple(
            delivery
            for delivery in self.tables.outbox.values()
            if delivery.id not in self.tables.looked_after
            and delivery.change in PAGES
            and not delivery.test
            and (delivery.state is DeliveryState.REJECTED or self._is_late(delivery, before))
        )[:limit]

    async def calls_due(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        self._answer()
        dues = {one.id: due for one in self.tables.incidents.values() if (due := call_due_at(one)) is not None}
        return tuple(sorted((name for name, due in dues.items() if due <= now), key=lambda name: (dues[name], name)))[
            :limit
        ]

    async def open_deliveries(self) -> tuple[Delivery, ...]:
        self._answer()
        open_now = {one.id for one in _open(self.tables)}
        wanted = PAGES | {Transition.NOTIFIED}
        return tuple(one for one in self.tables.outbox.values() if one.incident in open_now and one.change in wanted)

    async def group_members(self, receiver: str, key: str) -> tuple[str, ...]:
        self._answer()
        group = self.tables.groups.get((receiver, key))
        return group.members if group else ()

    async def next_call_at(self) -> datetime | None:
        self._answer()
        dues = [due for one in self.tables.incidents.values() if (due := call_due_at(one)) is not None]
        return min(dues, default=None)

    async def schedule_copy(self, schedule: str) -> ScheduleCopy | None:
        self._answer()
        return self.tables.schedules.get(schedule)

    async def pages_told(self, receivers: Sequence[str], *, since: datetime) -> int:
        self._answer()
        return len(
            {
                delivery.incident
                for delivery in self.tables.outbox.values()
                if delivery.receiver in receivers
                and delivery.created_at >= since
                and not delivery.test
                and delivery.change in PAGES
                and delivery.state is DeliveryState.SENT
            }
        )

    def _rate(self, topic: str, now: datetime) -> float | None:
        """Over the last five minutes; None before the first window."""
        windows = [one for (name, _), one in self.tables.windows.items() if name == topic]
        present = now.timestamp() // 60 * 60
        lately = [one for one in windows if present - 300 <= one.start < present]
        return sum(one.tally.mentions for one in lately) / 5 if windows else None

    def _is_late(self, delivery: Delivery, before: datetime) -> bool:
        tried = self.tables.leases.get(delivery.id, (before, 0))[1] > 0
        return (
            delivery.state is DeliveryState.PENDING
            and delivery.created_at <= before
            and (tried or delivery.next_attempt_at <= before)
        )

    async def answered(self, mentions: Sequence[str]) -> Mapping[str, datetime] | None:
        self._answer()
        found = self.tables.replies
        return {name: found[name] for name in mentions if name in found} if found else None

    async def outbox_age(self, now: datetime) -> tuple[int, float]:
        self._answer()
        pending = [delivery for delivery in self.tables.outbox.values() if delivery.state is DeliveryState.PENDING]
        ages = [(now - delivery.created_at).total_seconds() for delivery in pending if delivery.next_attempt_at <= now]
        return len(pending), max(ages, default=0.0)

    async def changes(self) -> AsyncIterator[None]:
        changed = asyncio.Event()
        self._listeners.add(changed)
        while True:
            await changed.wait()
            changed.clear()
            yield

    async def decision(self, detection_id: str) -> Detection | None:
        self._answer()
        return self.tables.decisions.get(detection_id)

    async def decisions(self, episodes: Sequence[str]) -> tuple[Detection, ...]:
        self._answer()
        return tuple(one for one in self.tables.decisions.values() if one.episode in episodes)

    async def last_position(self) -> int:
        self._answer()
        return len(self.tables.entries)

    async def healthy(self) -> None:
        self._answer()

    async def close(self) -> None:
        """Nothing to give back."""

    def _answer(self) -> None:
        if self.down:
            self.refused += 1
            raise DatabaseUnavailable("the database does not answer")

    def _tell(self) -> None:
        for changed in self._listeners:
            changed.set()


def _is_sooner(delivery: Delivery, older: Delivery) -> bool:
    return delivery.next_attempt_at < older.next_attempt_at


class TransactionalUnit:
    """Writes into a draft of the tables."""

    def __init__(self, draft: Tables) -> None:
        self._draft = draft

    async def position(self, partition: Partition) -> int | None:
        return self._draft.positions.get(partition)

    async def advance(self, partition: Partition, expected: int | None, following: int) -> None:
        if self._draft.positions.get(partition) != expected:
            raise PositionLost(f"{partition} is at {self._draft.positions.get(partition)}, not at {expected}")
        self._draft.positions[partition] = following

    async def first_sight(self, detection_id: str, at: datetime) -> bool:
        if "\0" in detection_id:
            raise DatabaseRefused("a NUL byte, as Postgres says")
        fresh = detection_id not in self._draft.seen
        self._draft.seen.setdefault(detection_id, at)
        return fresh

    async def keep_decision(self, detection: Detection) -> None:
        self._draft.decisions[detection.id] = detection

    async def incident(self, incident_id: str) -> Incident | None:
        return self._draft.incidents.get(incident_id)

    async def by_episode(self, episode: str) -> Incident | None:
        return next(
            (one for one in self._draft.incidents.values() if episode in one.episodes and not one.merged_into), None
        )

    async def lock_brands(self, brands: Sequence[str]) -> None:
        """One unit at a time anyway."""

    async def open_for_brand(self, brand: str, known: Mapping[str, int] = NOTHING_KNOWN) -> OpenOfBrand:
        """The family's open incidents, oldest first."""
        found = [
            incident
            for incident in self._draft.incidents.values()
            if incident.family == brand and incident.state is not IncidentState.RESOLVED
        ]
        found.sort(key=lambda incident: incident.id)
        changed = tuple(incident for incident in found if known.get(incident.id) != incident.revision)
        return OpenOfBrand(tuple(incident.id for incident in found), changed)

    async def open_for_topic(self, topic: str) -> Incident | None:
        found = self._of_topic(topic)
        return next((incident for incident in found if incident.state is not IncidentState.RESOLVED), None)

    async def latest_for_topic(self, topic: str) -> Incident | None:
        return max(
            (incident for incident in self._of_topic(topic) if not incident.history and not incident.merged_into),
            key=lambda incident: incident.opened_at,
            default=None,
        )

    async def save(
        self, incident: Incident, entries: Sequence[TimelineEntry], *, expected_revision: int | None
    ) -> None:
        stored = self._draft.incidents.get(incident.id)
        if (stored.revision if stored else None) != expected_revision:
            raise Stale(f"{incident.id} is not at revision {expected_revision}")
        self._draft.incidents[incident.id] = incident
        for entry in entries:
            position = len(self._draft.entries) + 1
            self._draft.entries.append(msgspec.structs.replace(entry, position=position))

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            for older in tuple(self._draft.outbox.values()):
                same = (older.incident, older.receiver, older.notifier) == (
                    delivery.incident,
                    delivery.receiver,
                    delivery.notifier,
                )
                sooner = older.change in PAGES and delivery.change in PAGES and _is_sooner(delivery, older)
                calmer = older.change is Transition.NOTIFIED and delivery.change in PAGES
                grown = older.change in _UPDATES and delivery.change is not Transition.COUNTED
                superfluous = grown or older.change is Transition.COUNTED or calmer or sooner
                if same and older.state is DeliveryState.PENDING and superfluous:
                    superseded = msgspec.structs.replace(older, state=DeliveryState.SUPERSEDED)
                    self._draft.outbox[older.id] = superseded
            self._draft.outbox.setdefault(delivery.id, delivery)

    async def latest(self, number: int) -> tuple[Incident, ...]:
        return _acknowledged(self._draft, number)

    async def open_incidents(self) -> tuple[Incident, ...]:
        return _open(self._draft)

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        return _in_force(self._draft, now)

    async def directive(self, directive_id: str) -> Directive | None:
        return self._draft.directives.get(directive_id)

    async def keep(
        self, directive: Directive, entries: Sequence[DirectiveEntry], *, expected_revision: int | None
    ) -> None:
        stored = self._draft.directives.get(directive.id)
        if (stored.revision if stored else None) != expected_revision:
            raise Stale(f"{directive.id} is not at revision {expected_revision}")
        self._draft.directives[directive.id] = directive
        self._draft.directive_entries.extend(entries)

    async def hush(self, incident_id: str, receivers: Sequence[str]) -> None:
        for delivery in tuple(self._draft.outbox.values()):
            due = delivery.state is DeliveryState.PENDING and delivery.id not in self._draft.leases
            if (
                delivery.incident == incident_id
                and delivery.receiver in receivers
                and due
                and delivery.change in HUSHED
            ):
                self._draft.outbox[delivery.id] = msgspec.structs.replace(delivery, state=DeliveryState.SUPERSEDED)

    async def join_group(self, receiver: str, grouping: Grouping, incident_id: str, now: datetime) -> datetime:
        still_open = {one.id for one in _open(self._draft)}
        found = self._draft.groups.get((receiver, grouping.key))
        group = joined(found, incident_id, grouping, now, still_open=still_open)
        self._draft.groups[receiver, grouping.key] = group
        return group.flush_at

    async def hasten(self, incident_id: str, asleep: tuple[str, ...], now: datetime) -> None:
        for delivery in tuple(self._draft.outbox.values()):
            waits = (
                delivery.state is DeliveryState.PENDING and delivery.attempts == 0 and delivery.next_attempt_at > now
            )
            if waits and delivery.incident == incident_id and delivery.change in PAGES:
                if delivery.receiver in asleep:
                    continue
                alone = msgspec.structs.replace(delivery, next_attempt_at=now, digest="", group=None)
                self._draft.outbox[delivery.id] = alone
                self._draft.leases.pop(delivery.id, None)

    async def look_after(self, delivery_id: str) -> None:
        self._draft.looked_after.add(delivery_id)

    async def opened_since(self, topic: str, since: datetime) -> int:
        found = self._draft.incidents.values()
        return sum(one.topic == topic and one.opened_at >= since and not one.history for one in found)

    async def keep_schedule(self, copy: ScheduleCopy) -> None:
        self._draft.schedules[copy.schedule] = copy

    async def record_windows(self, windows: Sequence[WindowCount]) -> None:
        for window in windows:
            self._draft.windows[window.topic, window.start] = window

    async def record_replies(self, replies: Sequence[PublicReply]) -> None:
        for reply in replies:
            for name in reply.answers:
                known = self._draft.replies.get(name, reply.at)
                self._draft.replies[name] = min(known, reply.at)

    async def record_contacts(self, contacts: Sequence[Contact]) -> ContactsTaken:
        self._draft.contacts.extend(contacts)
        return ContactsTaken(counted=len(contacts))

    async def save_topics(self, topics: Sequence[Topic]) -> None:
        self._draft.topics = tuple(topics)

    def _of_topic(self, topic: str) -> list[Incident]:
        return [incident for incident in self._draft.incidents.values() if topic in incident.topics]


def _in_force(tables: Tables, now: datetime) -> tuple[Directive, ...]:
    return tuple(one for one in tables.directives.values() if one.ends_at is not None and one.ends_at > now)


def _acknowledged(tables: Tables, number: int) -> tuple[Incident, ...]:
    live = sorted((one for one in tables.incidents.values() if not one.history), key=lambda one: one.id)
    return tuple(one for one in reversed(live[-number:]) if one.acknowledged_by)


def _open(tables: Tables) -> tuple[Incident, ...]:
    found = [one for one in tables.incidents.values() if one.state is not IncidentState.RESOLVED and not one.history]
    return tuple(sorted(found, key=lambda one: one.id))
