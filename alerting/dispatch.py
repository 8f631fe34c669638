"""From what happened to who is told: the deliveries that a transition asks for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.callout import CallOut
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import (
    HUSHED,
    PAGES,
    Delivery,
    DeliveryState,
    Incident,
    IncidentState,
    TimelineEntry,
    Transition,
)
from alerting.incidents.muted import Muted, is_muted
from alerting.incidents.outcome import SYSTEM, Outcome, entry
from alerting.incidents.store import Unit
from alerting.receivers import Receivers
from alerting.routing.muting import Muting
from alerting.routing.routes import Routes, labels_of

_ROUTED_ANEW: Final = frozenset(
    {
        Transition.OPENED,
        Transition.REOPENED,
        Transition.SEVERITY_CHANGED,
        Transition.GREW,
        Transition.PASSED_ON,
    }
)
# A merged incident is over for whoever heard of it: the page is closed, and the text says where it goes on.
# What wakes after a snooze pages again.
_TOLD_AS: Final = {Transition.MERGED: Transition.RESOLVED, Transition.WOKEN: Transition.REOPENED}
# What nobody wants to hear of something that they put off until later.
_SNOOZED_AWAY: Final = frozenset({Transition.GREW, Transition.PEAKED, Transition.SEVERITY_LOWERED})
# What people do, they hear of as that; whether the incident is muted by now is looked at right after, see `MuteWatch`.
_ACTS: Final = frozenset(
    {
        Transition.ACKNOWLEDGED,
        Transition.ASSIGNED,
        Transition.COMMENTED,
        Transition.SNOOZED,
        Transition.PASSED_ON,
        Transition.HANDED_OVER,
        Transition.PARTLY_ACKNOWLEDGED,
        Transition.STATED,
    }
)


class Told(msgspec.Struct, frozen=True):
    """What follows from a transition.

    Attributes:
        incident: With everybody in it who is told by now, and with its calls made.
        deliveries: To be put into the outbox.
        lines: What escalation did, for the timeline.
    """

    incident: Incident
    deliveries: tuple[Delivery, ...] = ()
    lines: tuple[str, ...] = ()


class Dispatch:
    """Decides who hears of a transition, and writes it down together with the incident.

    Whoever was told once hears of every later change. Whom the route reaches only now (a higher severity) is paged
    as if the incident had just opened. Past data is told to nobody. What is muted wakes nobody, and pages when it is
    muted no more and still open. The first call of an incident's escalation is made in the unit that opens it.

    Args:
        muting: What may mute; without it silences alone, and notices.
        calls: Escalation; without it nobody is called.
    """

    def __init__(
        self, routes: Routes, receivers: Receivers, muting: Muting | None = None, calls: CallOut | None = None
    ) -> None:
        self._routes = routes
        self._receivers = receivers
        self.muting: Final = muting or Muting()
        self._calls = calls or CallOut({})

    async def record(self, unit: Unit, outcome: Outcome, now: datetime) -> Incident | None:
        """Save the outcome and put its deliveries into the outbox, in the same unit; the incident as saved.

        Raises:
            Stale: The incident is not at the revision that the outcome replaces.
        """
        incident = outcome.incident
        if incident is None or incident.revision == outcome.replaces:
            return incident
        before, said_before = incident.muted, incident.announced
        if outcome.transition not in _ACTS:
            incident = await self.with_mutes(unit, incident, now)
        muted = incident.muted
        lines = (*_announced(incident, said_before, now), *_with_mutes(incident, outcome, before, now))
        if is_muted(before) and not incident.is_muted and incident.state is IncidentState.TRIGGERED:
            incident = msgspec.structs.replace(incident, reopened_at=now, overdue=())
        told = self.tell(incident, outcome.transition, now, before)
        deliveries = tuple(_saying(one, lines, told) for one in told.deliveries)
        entries = _with_receivers(lines, deliveries)
        entries += tuple(entry(told.incident, Transition.ESCALATED, line, now) for line in told.lines)
        await unit.save(told.incident, entries, expected_revision=outcome.replaces)
        if muted:
            hushed = [name for name in told.incident.receivers if told.incident.is_muted_for(name)]
            await unit.hush(told.incident.id, hushed)
        if deliveries:
            await unit.enqueue(deliveries)
        return told.incident

    async def with_mutes(self, unit: Unit, incident: Incident, now: datetime) -> Incident:
        """The incident with what mutes it at present, what ops announced and what to do, by what is committed."""
        others = await unit.open_incidents() if self.muting.needs_others else ()
        in_force = await unit.directives_in_force(now)
        return self.muting.brought_up(incident, in_force, others, now)

    async def announce(
        self, unit: Unit, incident: Incident, text: str, now: datetime, *, cases: tuple[str, ...] | None = None
    ) -> Incident:
        """Say something about the incident, also to those whom its route leads to and who are not told otherwise.

        It wakes nobody: it is an update, not a page.

        Args:
            cases: Of the incident from now on; None leaves them.
        """
        reached = dict.fromkeys((*incident.receivers, *self._routes.receivers_for(labels_of(incident))))
        said = msgspec.structs.replace(
            incident,
            revision=incident.revision + 1,
            updated_at=now,
            cases=incident.cases if cases is None else cases,
        )
        deliveries = tuple(
            msgspec.structs.replace(one, said=text)
            for receiver in reached
            for one in self._to(receiver, said, Transition.COMMENTED, now, timedelta())
        )
        line = TimelineEntry(incident.id, now, Transition.COMMENTED, SYSTEM, text)
        await unit.save(said, _with_receivers((line,), deliveries), expected_revision=incident.revision)
        await unit.enqueue(deliveries)
        return said

    async def make_calls(self, unit: Unit, incident: Incident, now: datetime) -> Outcome | None:
        """Make the calls of the incident that are due, in this unit; None where none is.

        Raises:
            Stale: See `record`.
        """
        incident = await self.with_mutes(unit, incident, now)
        if incident.is_muted:
            return None  # and it will be noted in a moment
        outcome = self._calls.due(incident, now)
        if outcome is not None:
            await self.record(unit, outcome, now)
        return outcome

    def tell(self, incident: Incident, transition: Transition, now: datetime, before: tuple[Muted, ...] = ()) -> Told:
        """Who is told and who is called.

        Args:
            before: What muted it until now. Whom nothing mutes any more is paged, unless somebody is on it.
        """
        freed = before != incident.muted and incident.state is not IncidentState.RESOLVED
        if incident.history or (transition is Transition.UNCHANGED and not freed):
            return Told(incident)
        if incident.snoozed_until is not None and incident.snoozed_until > now and transition in _SNOOZED_AWAY:
            return Told(incident)
        stops = self._routes.stops_for(labels_of(incident)) if transition in _ROUTED_ANEW or freed else ()
        resumed = is_muted(before) and not incident.is_muted
        happened = Transition.UNMUTED if resumed else transition
        incident, lines = self._calls.made(self._calls.after(incident, happened, stops, now), now)
        called = _called(incident, now) if lines or transition is Transition.ESCALATED else ()
        waits = {stop.receiver: stop.group_wait_seconds for stop in stops if not incident.is_muted_for(stop.receiver)}
        waits |= dict.fromkeys(called, 0.0)
        newly = tuple(receiver for receiver in waits if receiver not in incident.receivers)
        told = msgspec.structs.replace(incident, receivers=(*incident.receivers, *newly))
        deliveries: list[Delivery] = []
        for receiver in told.receivers:
            change = Transition.OPENED if receiver in newly else _heard(receiver, incident, transition, before)
            if receiver in called and change not in PAGES:
                change = Transition.CALLED
            if change is not None:
                wait = waits.get(receiver, 0.0) if change in PAGES else 0.0
                deliveries.extend(self._to(receiver, told, change, now, timedelta(seconds=wait)))
        return Told(told, tuple(deliveries), lines)

    def _to(
        self, receiver: str, incident: Incident, change: Transition, now: datetime, wait: timedelta
    ) -> Iterator[Delivery]:
        because = self._calls.standby(incident.owner, now)
        for name, notifier in self._receivers.of(receiver).items():
            if notifier.wants(change):
                yield Delivery(
                    id=delivery_id(incident.id, incident.revision, receiver, name, now),
                    incident=incident.id,
                    incident_revision=incident.revision,
                    receiver=receiver,
                    notifier=name,
                    change=change,
                    state=DeliveryState.PENDING,
                    created_at=now,
                    next_attempt_at=now + wait,
                    detail=notifier.destination,
                    because=because,
                )


def _heard(receiver: str, incident: Incident, transition: Transition, before: tuple[Muted, ...]) -> Transition | None:
    """As what a receiver that was told before hears of it; None where it hears nothing."""
    hushed, was_hushed = incident.is_muted_for(receiver), is_muted(before, receiver)
    asleep = incident.state is not IncidentState.TRIGGERED or incident.snoozed_until is not None
    if was_hushed and not hushed and not asleep:
        return Transition.REOPENED
    if transition is Transition.MUTED:
        return transition if hushed and not was_hushed else None
    change = _TOLD_AS.get(transition, transition)
    return None if change is Transition.UNCHANGED or (hushed and change in HUSHED) else change


def _announced(incident: Incident, before: tuple[str, ...], now: datetime) -> tuple[TimelineEntry, ...]:
    return tuple(
        TimelineEntry(incident.id, now, Transition.ANNOUNCED, SYSTEM, text)
        for text in incident.announced
        if text not in before
    )


def _with_mutes(
    incident: Incident, outcome: Outcome, before: tuple[Muted, ...], now: datetime
) -> tuple[TimelineEntry, ...]:
    """All that stands in the timeline; the line that people hear of is the last one."""
    known, current = {muted.source for muted in before}, {muted.source for muted in incident.muted}
    begun = [
        TimelineEntry(incident.id, now, Transition.MUTED, SYSTEM, muted.because)
        for muted in incident.muted
        if muted.source not in known
    ]
    over = [muted for muted in before if muted.source not in current]
    if not over or incident.state is IncidentState.RESOLVED:
        return (*begun, *outcome.entries)
    text = f"No longer {'; '.join(muted.because[:1].lower() + muted.because[1:] for muted in over)}"
    ended = TimelineEntry(incident.id, now, Transition.UNMUTED, SYSTEM, text)
    return (*begun, ended, *outcome.entries)


def _called(incident: Incident, now: datetime) -> tuple[str, ...]:
    """Who was called at this moment."""
    calls = incident.escalation.calls if incident.escalation else ()
    return tuple(dict.fromkeys(receiver for call in calls if call.at == now for receiver in call.receivers))


def _saying(delivery: Delivery, entries: tuple[TimelineEntry, ...], told: Told) -> Delivery:
    """With what happened, as the timeline tells it."""
    if delivery.change is Transition.CALLED and told.lines:
        return msgspec.structs.replace(delivery, said="; ".join(told.lines))
    return msgspec.structs.replace(delivery, said=entries[-1].text) if entries else delivery


def _with_receivers(entries: tuple[TimelineEntry, ...], deliveries: tuple[Delivery, ...]) -> tuple[TimelineEntry, ...]:
    """The last entry, which is the one that people hear of, with who is woken and who is told."""
    if not deliveries or not entries:
        return entries
    paged = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.change in PAGES)
    told = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.receiver not in paged)
    return (*entries[:-1], msgspec.structs.replace(entries[-1], paged=tuple(paged), told=tuple(told)))
