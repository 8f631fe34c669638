"""The store contract: one unit of work commits the Kafka position, incidents, timeline, windows and outbox together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from alerting.incidents.call_store import CallStore, CallUnit
from alerting.incidents.contact_store import ContactUnit
from alerting.incidents.delivery import Delivery
from alerting.incidents.directive_store import DirectiveStore, DirectiveUnit
from alerting.incidents.group_store import GroupStore, GroupUnit
from alerting.incidents.model import Incident, IncidentState, Severity, TimelineEntry
from alerting.incidents.report_store import ReportStore
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from streams.broker.base import Partition
from streams.events import Detection, WindowCount
from streams.public_reply import PublicReply
from streams.topic import Topic

NOTHING_KNOWN: Final[Mapping[str, int]] = MappingProxyType({})


class IncidentFilter(msgspec.Struct, frozen=True):
    """Which incidents a list shows; empty means all.

    Attributes:
        families: None means all, empty means none.
    """

    states: tuple[IncidentState, ...] = ()
    topics: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    history: bool = False
    families: frozenset[str] | None = None


class Page(msgspec.Struct, frozen=True):
    """One page of a list, newest first; `next_cursor` is opaque, None on the last page."""

    incidents: tuple[Incident, ...]
    next_cursor: str | None


class Lease(msgspec.Struct, frozen=True):
    """A delivery to be attempted by us alone until `until`; no send may begin after that.

    Attributes:
        incident: As it stood then; None where the delivery is a test.
        token: How often it was leased; whoever holds an older one has lost it.
    """

    delivery: Delivery
    incident: Incident | None
    until: datetime
    token: int
    taken_at: datetime


class OpenOfBrand(msgspec.Struct, frozen=True):
    """What is open of one brand: the ids, oldest first, and in full those that changed since they were known."""

    ids: tuple[str, ...]
    changed: tuple[Incident, ...]


class Hold(msgspec.Struct, frozen=True):
    """A destination that is left alone until then, after so many failures in a row."""

    receiver: str
    notifier: str
    until: datetime
    failures: int


class Unit(CallUnit, ContactUnit, DirectiveUnit, GroupUnit, Protocol):
    """One database transaction. Everything in it happens, or nothing."""

    async def position(self, partition: Partition) -> int | None:
        """Next offset to read, as stored; None before the first."""
        ...

    async def advance(self, partition: Partition, expected: int | None, following: int) -> None:
        """Move the stored position on.

        Raises:
            PositionLost: It is not at `expected`: another process has the partition.
        """
        ...

    async def first_sight(self, detection_id: str, at: datetime) -> bool:
        """Remember the detection; False where it was taken in before."""
        ...

    async def keep_decision(self, detection: Detection) -> None:
        """Keep the detection without its samples, so that it can be explained; for a month."""
        ...

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident, locked for this unit; None where there is none."""
        ...

    async def by_episode(self, episode: str) -> Incident | None:
        """The incident that has this episode among its `episodes`, locked for this unit."""
        ...

    async def lock_brands(self, brands: Sequence[str]) -> None:
        """Keep every other unit that locks one of them waiting until this one ends."""
        ...

    async def open_for_brand(self, brand: str, known: Mapping[str, int] = NOTHING_KNOWN) -> OpenOfBrand:
        """The incidents of that family that are not resolved; lock the brand first, and each before it is changed.

        Args:
            known: Revisions by id. What is still at the one that is known here is not read again.
        """
        ...

    async def open_for_topic(self, topic: str) -> Incident | None:
        """The incident that is not resolved and has this topic among its `topics`, locked for this unit."""
        ...

    async def latest_for_topic(self, topic: str) -> Incident | None:
        """The topic's newest incident, resolved or not, locked for this unit; neither history nor a merged one."""
        ...

    async def latest(self, number: int) -> tuple[Incident, ...]:
        """The newest incidents that somebody acknowledged, newest first, not locked; history is left out."""
        ...

    async def save(
        self, incident: Incident, entries: Sequence[TimelineEntry], *, expected_revision: int | None
    ) -> None:
        """Insert (`expected_revision` None) or replace the incident, and append to timeline and audit trail.

        Raises:
            Stale: The stored revision is another one, or one of its topics is in another open incident.
        """
        ...

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Add to the outbox; a delivery whose id is there already changes nothing.

        An older pending update of the same incident, receiver and notifier becomes superseded; a page (opened,
        reopened) never does, it waits for its turn.
        """
        ...

    async def look_after(self, delivery_id: str) -> None:
        """What is to be done about this page not arriving has been done; `overdue_pages` names it no more."""
        ...

    async def record_windows(self, windows: Sequence[WindowCount]) -> None:
        """Add window counts to the history; a higher revision replaces a lower one."""
        ...

    async def record_replies(self, replies: Sequence[PublicReply]) -> None:
        """Remember when mentions were answered in public; the earliest answer counts."""
        ...

    async def save_topics(self, topics: Sequence[Topic]) -> None:
        """Make the topic table equal to `topics`."""
        ...


class Store(CallStore, DirectiveStore, GroupStore, ReportStore, Protocol):
    """Shared memory of the alerting side. Safe for several processes on Postgres, for one on SQLite."""

    def begin(self) -> AbstractAsyncContextManager[Unit]:
        """A unit of work: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailable: Nothing was written.
        """
        ...

    async def find(self, wanted: IncidentFilter, *, cursor: str | None, limit: int) -> Page:
        """Incidents, newest first.

        Raises:
            ValueError: The cursor is not one of ours.
        """
        ...

    async def get(self, incident_id: str) -> Incident:
        """One incident.

        Raises:
            UnknownIncident: There is none.
        """
        ...

    async def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        """What happened to it, oldest first."""
        ...

    async def timeline_after(self, position: int, *, limit: int) -> tuple[TimelineEntry, ...]:
        """Entries of all incidents behind `position`, oldest first: the live stream."""
        ...

    async def decision(self, detection_id: str) -> Detection | None:
        """A detection as it was taken in; None where there is none, or where it was forgotten."""
        ...

    async def decisions(self, episodes: Sequence[str]) -> tuple[Detection, ...]:
        """The detections of these episodes, oldest first."""
        ...

    async def deliveries(self, incident_id: str) -> tuple[Delivery, ...]:
        """Who was told of the incident, or of the drill of that id, oldest first."""
        ...

    async def topics(self, now: datetime) -> tuple[TopicStatus, ...]:
        """The board."""
        ...

    async def windows(self, topic: str, *, start: datetime, end: datetime, seconds: int) -> tuple[WindowPoint, ...]:
        """A topic's curve in `[start, end)`, in windows of `seconds`; empty windows are left out."""
        ...

    async def lease(
        self,
        now: datetime,
        *,
        seconds: float,
        limit: int,
        most_each: int | None = None,
        last_chance: datetime | None = None,
    ) -> tuple[Lease, ...]:
        """Due deliveries, at most one for each incident and notifier (the oldest), that nobody else has.

        Pages first, then the worst severity, then the oldest; at most `most_each` for one destination.

        Nothing goes to a destination that is held, but for what was made before `last_chance`.

        What a process held when it was killed is due again when its lease ends, or as soon as it is certain that it
        has ended.
        """
        ...

    async def settle(self, lease: Lease, outcome: Delivery, *, hold: Hold | None = None) -> None:
        """Write an attempt's outcome; with it that its destination is to be held. What was sent ends a hold.

        Raises:
            PositionLost: The lease went to somebody else meanwhile; their outcome counts.
        """
        ...

    async def holds(self) -> tuple[Hold, ...]:
        """Every destination whose last attempt failed, also where its hold is over."""
        ...

    async def overdue_pages(self, before: datetime, *, limit: int) -> tuple[Delivery, ...]:
        """Pages that were refused, or were made before that time and did not arrive; each until it is looked after."""
        ...

    async def pages_told(self, receivers: Sequence[str], *, since: datetime) -> int:
        """Of how many incidents these receivers were paged since then, each counted once."""
        ...

    async def answered(self, mentions: Sequence[str]) -> Mapping[str, datetime] | None:
        """When each of them was answered in public first, of those that were; None where no answer was ever seen."""
        ...

    async def outbox_age(self, now: datetime) -> tuple[int, float]:
        """How many deliveries are pending, and the age of the oldest that is due, in seconds."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields after every commit of this process, so that listeners need not poll."""
        ...

    async def last_position(self) -> int:
        """Of the audit trail: it moves with everything that anybody did or that was decided."""
        ...

    async def healthy(self) -> None:
        """Return if the database answers.

        Raises:
            DatabaseUnavailable: It does not.
        """
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
