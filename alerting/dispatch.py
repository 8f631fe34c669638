"""From what happened to who is told: the deliveries that a transition asks for."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.addressing import Addressing, Way
from alerting.callout import CallOut
from alerting.hints import Hints
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import PAGES, Incident, IncidentState, TimelineEntry, Transition
from alerting.incidents.muted import Muted, is_muted
from alerting.incidents.outcome import SYSTEM, Outcome, entry
from alerting.incidents.store import Unit
from alerting.receivers import Receivers
from alerting.routing.muting import Muting
from alerting.routing.routes import Routes, Stop, labels_of
from alerting.telling import announced, called_now, heard, saying, with_mutes, with_receivers
from alerting.tier_settings import Tier
from alerting.together import hasten, together
from streams.events import Direction

_ROUTED_ANEW: Final = frozenset(
    {
        Transition.OPENED,
        Transition.REOPENED,
        Transition.SEVERITY_CHANGED,
        Transition.GREW,
        Transition.PASSED_ON,
        Transition.WOKEN,
    }
)
# Whoever is still to be paged when their quiet hours end is not, once this has happened.
_SETTLED: Final = frozenset({Transition.ACKNOWLEDGED, Transition.RESOLVED, Transition.WITHDRAWN, Transition.MERGED})
_LOUD: Final = Way("")
# What nobody wants to hear of something that they put off until later.
_SNOOZED_AWAY: Final = frozenset({Transition.GREW, Transition.COUNTED, Transition.PEAKED, Transition.SEVERITY_LOWERED})
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
        addressing: How loudly each receiver is told; without it everybody is paged.
        hints: What other topics and earlier incidents say about a rise.
    """

    def __init__(
        self,
        routes: Routes,
        receivers: Receivers,
        muting: Muting | None = None,
        calls: CallOut | None = None,
        addressing: Addressing | None = None,
        hints: Hints | None = None,
    ) -> None:
        self._routes = routes
        self._receivers = receivers
        self.muting: Final = muting or Muting()
        self.calls: Final = calls or CallOut({})
        self._addressing = addressing or Addressing(receivers)
        self.hints: Final = hints or Hints()

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
        lines = (*announced(incident, said_before, now), *with_mutes(incident, outcome, before, now))
        if is_muted(before) and not incident.is_muted and incident.state is IncidentState.TRIGGERED:
            incident = msgspec.structs.replace(incident, reopened_at=now, overdue=())
        if outcome.transition is Transition.OPENED and (judged := await self._judged(unit, incident, now)) != incident:
            incident = judged
            lines += (entry(incident, Transition.UNCHANGED, incident.quieted.chronic, now),)
        told = self.tell(incident, outcome.transition, now, before)
        deliveries = tuple(saying(one, lines, told.lines) for one in told.deliveries)
        entries = with_receivers(lines, deliveries)
        entries += tuple(entry(told.incident, Transition.ESCALATED, line, now) for line in told.lines)
        await unit.save(told.incident, entries, expected_revision=outcome.replaces)
        if muted:
            hushed = [name for name in told.incident.receivers if told.incident.is_muted_for(name)]
            await unit.hush(told.incident.id, hushed)
        if outcome.transition in _SETTLED and (asleep := incident.quieted.asleep(now)):
            await unit.hush(incident.id, asleep)
        await hasten(unit, incident, outcome.transition, now)
        if deliveries:
            await unit.enqueue(await together(unit, deliveries, now))
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
        await unit.save(said, with_receivers((line,), deliveries), expected_revision=incident.revision)
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
        outcome = self.calls.due(incident, now)
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
        ways = self._ways(stops, incident, now)
        paging = tuple(stop for stop in stops if stop.receiver in ways and ways[stop.receiver].tier is Tier.PAGE)
        begun = self.calls.after(incident, happened, paging, now, wakes=bool(paging) or not stops)
        incident, lines = self.calls.made(begun, now)
        called = called_now(incident, now) if lines or transition is Transition.ESCALATED else ()
        ways |= {receiver: Way(receiver) for receiver in called}
        newly = tuple(receiver for receiver in ways if receiver not in incident.receivers)
        quieted = incident.quieted
        told = msgspec.structs.replace(incident, receivers=(*incident.receivers, *newly))
        deliveries: list[Delivery] = []
        for receiver in told.receivers:
            way = ways.get(receiver)
            change = Transition.OPENED if receiver in newly else heard(receiver, incident, transition, before)
            if change not in PAGES and receiver in called:
                change = Transition.CALLED
            elif change not in PAGES and way is not None and way.pages_now and quieted.holds(receiver, now):
                change = Transition.OPENED  # it got worse than what was not to wake
            if change is None or (change not in PAGES and receiver in quieted.asleep(now)):
                continue
            wait = timedelta(seconds=way.wait_seconds if way is not None and change in PAGES else 0.0)
            made = self._to(receiver, told, self._addressing.heard_as(change, way), now, wait)
            deliveries.extend(self._addressing.timed(one, way, now) for one in made)
        deliveries.extend(self._unowned(told, transition, now, deliveries))
        woken = [one.receiver for one in deliveries if one.change in PAGES and ways.get(one.receiver, _LOUD).pages_now]
        noted = Addressing.noted(quieted, tuple(ways.values()), woken)
        return Told(msgspec.structs.replace(told, quieted=noted), tuple(deliveries), lines)

    async def _judged(self, unit: Unit, incident: Incident, now: datetime) -> Incident:
        """With whether its topic is chronic."""
        since = self._addressing.since(now)
        if since is None or incident.history or incident.direction is Direction.QUIET:
            return incident
        return self._addressing.judged(incident, await unit.opened_since(incident.topic, since))

    def _ways(self, stops: Sequence[Stop], incident: Incident, now: datetime) -> dict[str, Way]:
        """How each receiver that is neither muted nor only watching is told."""
        ways = (self._addressing.way(one, incident, now) for one in stops if not incident.is_muted_for(one.receiver))
        return {way.receiver: way for way in ways if way.tier is not Tier.WATCH}

    def _unowned(
        self, incident: Incident, transition: Transition, now: datetime, deliveries: list[Delivery]
    ) -> list[Delivery]:
        """That nobody owns it, for the default: on its own message where it has one."""
        text = self._addressing.unowned(incident) if transition is Transition.OPENED else ""
        receiver = self._addressing.unowned_receiver
        if not text or incident.is_muted_for(receiver):
            return []
        own = [place for place, delivery in enumerate(deliveries) if delivery.receiver == receiver]
        for place in own:
            deliveries[place] = msgspec.structs.replace(deliveries[place], because=text)
        if own:
            return []
        made = self._to(receiver, incident, Transition.NOTIFIED, now, timedelta())
        return [msgspec.structs.replace(delivery, because=text) for delivery in made]

    def _to(
        self, receiver: str, incident: Incident, change: Transition, now: datetime, wait: timedelta
    ) -> Iterator[Delivery]:
        because = self.calls.standby(incident.owner, now)
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
