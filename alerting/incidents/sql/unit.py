"""One unit of work over one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.chain import Chain
from alerting.incidents.contact_store import ContactsTaken
from alerting.incidents.delivery import Delivery
from alerting.incidents.group import Grouping
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.sql import (
    audit_queries,
    call_queries,
    contact_queries,
    decision_queries,
    directive_queries,
    group_queries,
    incident_queries,
    intake_queries,
    outbox_queries,
    overdue_queries,
    reply_queries,
    topic_queries,
    window_queries,
)
from alerting.incidents.sql.database import Transaction
from alerting.incidents.store import NOTHING_KNOWN, OpenOfBrand
from alerting.trace_place import place_now
from streams.broker.base import Partition
from streams.clock import Clock
from streams.contact import Contact
from streams.events import Detection, WindowCount
from streams.public_reply import PublicReply
from streams.topic import Topic


class SqlUnit:
    """See `alerting.incidents.store.Unit`.

    Args:
        transaction: Committed by whoever made it, after `finish`.
        clock: Says when something was taken in or recorded.
        chain: Signs the audit trail.
    """

    def __init__(self, transaction: Transaction, clock: Clock, chain: Chain) -> None:
        self._run = transaction.run
        self._clock = clock
        self._chain = chain
        self._happened: list[audit_queries.Act] = []

    async def position(self, partition: Partition) -> int | None:
        """Next offset to read, as stored; None before the first."""
        return await self._run(intake_queries.position, partition)

    async def advance(self, partition: Partition, expected: int | None, following: int) -> None:
        """Move the stored position on.

        Raises:
            PositionLost: It is not at `expected`.
        """
        await self._run(intake_queries.advance, partition, expected, following)

    async def first_sight(self, detection_id: str, at: datetime) -> bool:
        """Remember the detection; False where it was taken in before."""
        return await self._run(intake_queries.first_sight, detection_id, at, self._clock.now())

    async def keep_decision(self, detection: Detection) -> None:
        """Keep it, so that it can be explained."""
        await self._run(decision_queries.keep, detection, self._clock.now())

    async def forget_detections(self, before: datetime) -> None:
        """Forget detections that were taken in before that time."""
        await self._run(intake_queries.forget_detections, before)
        await self._run(decision_queries.forget, before)

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident, locked for this unit; None where there is none."""
        return await self._run(incident_queries.by_id, incident_id, lock=True)

    async def by_episode(self, episode: str) -> Incident | None:
        """The incident that has this episode among its `episodes`, locked for this unit."""
        return await self._run(incident_queries.by_episode, episode)

    async def lock_brands(self, brands: Sequence[str]) -> None:
        """Keep every other unit that locks one of them waiting until this one ends."""
        await self._run(incident_queries.lock_families, brands)

    async def open_for_brand(self, brand: str, known: Mapping[str, int] = NOTHING_KNOWN) -> OpenOfBrand:
        """The incidents of that family that are not resolved; those at another revision than known in full."""
        return await self._run(incident_queries.open_for_family, brand, known)

    async def open_for_topic(self, topic: str) -> Incident | None:
        """The incident that is not resolved and has this topic among its `topics`, locked for this unit."""
        return await self._run(incident_queries.open_for_topic, topic)

    async def latest_for_topic(self, topic: str) -> Incident | None:
        """The topic's newest incident, resolved or not, locked for this unit; neither history nor a merged one."""
        return await self._run(incident_queries.latest_for_topic, topic)

    async def save(
        self, incident: Incident, entries: Sequence[TimelineEntry], *, expected_revision: int | None
    ) -> None:
        """Insert or replace the incident now, and append to timeline and audit trail when the unit ends.

        Raises:
            Stale: The stored revision is another one, or one of its topics is in another open incident.
        """
        await self._run(incident_queries.save, incident, expected_revision)
        self._happened.extend((incident, entry) for entry in entries)

    async def latest(self, number: int) -> tuple[Incident, ...]:
        """The newest incidents that somebody acknowledged, newest first, not locked; history is left out."""
        return await self._run(incident_queries.latest, number)

    async def open_incidents(self) -> tuple[Incident, ...]:
        """Every incident that is not resolved, oldest first, not locked; history is left out."""
        return await self._run(incident_queries.open_now)

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Every directive that has not ended, also where it has not begun."""
        return await self._run(directive_queries.in_force, now)

    async def directive(self, directive_id: str) -> Directive | None:
        """The directive, locked for this unit; None where there is none."""
        return await self._run(directive_queries.by_id, directive_id, lock=True)

    async def keep(
        self, directive: Directive, entries: Sequence[DirectiveEntry], *, expected_revision: int | None
    ) -> None:
        """Insert or replace the directive now, and append to its lines and to the audit trail when the unit ends.

        Raises:
            Stale: The stored revision is another one.
        """
        await self._run(directive_queries.keep, directive, expected_revision)
        self._happened.extend((directive, entry) for entry in entries)

    async def hush(self, incident_id: str, receivers: Sequence[str]) -> None:
        """What is due to these receivers and nobody began to send becomes superseded, but for what is never hushed."""
        if receivers:
            await self._run(outbox_queries.hush, incident_id, receivers)

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Add to the outbox; superfluous older updates become superseded."""
        if deliveries:
            await self._run(outbox_queries.enqueue, [_placed(one) for one in deliveries])

    async def join_group(self, receiver: str, grouping: Grouping, incident_id: str, now: datetime) -> datetime:
        """Put the incident into the receiver's group; when the group goes out with it."""
        return await self._run(group_queries.join, receiver, grouping, incident_id, now)

    async def hasten(self, incident_id: str, asleep: tuple[str, ...], now: datetime) -> None:
        """Pages of the incident that wait for others are due now, each by itself."""
        await self._run(group_queries.hasten, incident_id, asleep, now)

    async def look_after(self, delivery_id: str) -> None:
        """What is to be done about this page not arriving has been done."""
        await self._run(overdue_queries.look_after, delivery_id)

    async def opened_since(self, topic: str, since: datetime) -> int:
        """How many incidents led by the topic opened since then, past data left out."""
        return await self._run(call_queries.opened_since, topic, since)

    async def keep_schedule(self, copy: ScheduleCopy) -> None:
        """Keep the copy in place of an older one."""
        await self._run(call_queries.keep_schedule, copy)

    async def record_windows(self, windows: Sequence[WindowCount]) -> None:
        """Add window counts to the history; a higher revision replaces a lower one."""
        if windows:
            await self._run(window_queries.record, windows, self._clock.now())

    async def record_replies(self, replies: Sequence[PublicReply]) -> None:
        """Remember when mentions were answered in public; the earliest answer counts."""
        await self._run(reply_queries.record, replies)

    async def record_contacts(self, contacts: Sequence[Contact]) -> ContactsTaken:
        """Add contacts to the counts of their reasons and minutes; the same id again replaces."""
        return await self._run(contact_queries.record, contacts)

    async def save_topics(self, topics: Sequence[Topic]) -> None:
        """Make the topic table equal to `topics`."""
        await self._run(topic_queries.save, topics)

    async def finish(self) -> None:
        """Write what has to come last."""
        if self._happened:
            await self._run(audit_queries.append, self._chain, self._happened)


def _placed(delivery: Delivery) -> Delivery:
    place = place_now()
    return msgspec.structs.replace(delivery, trace=place) if place else delivery
