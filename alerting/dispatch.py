"""From what happened to who is told: the deliveries that a transition asks for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.incidents.identity import delivery_id
from alerting.incidents.model import Delivery, DeliveryState, Incident, TimelineEntry, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.store import Unit
from alerting.receivers import Receivers
from alerting.routing.routes import Routes, labels_of

_ROUTED_ANEW: Final = frozenset(
    {Transition.OPENED, Transition.REOPENED, Transition.SEVERITY_CHANGED, Transition.GREW, Transition.PASSED_ON}
)
# A merged incident is over for whoever heard of it: the page is closed, and the text says where it goes on.
# What wakes after a snooze pages again.
_TOLD_AS: Final = {Transition.MERGED: Transition.RESOLVED, Transition.WOKEN: Transition.REOPENED}
# What nobody wants to hear of something that they put off until later.
_SNOOZED_AWAY: Final = frozenset({Transition.GREW, Transition.PEAKED, Transition.SEVERITY_LOWERED})
_PAGES: Final = frozenset({Transition.OPENED, Transition.REOPENED})


class Dispatch:
    """Decides who hears of a transition, and writes it down together with the incident.

    Whoever was told once hears of every later change. Whom the route reaches only now (a higher severity) is paged
    as if the incident had just opened. Past data is told to nobody.
    """

    def __init__(self, routes: Routes, receivers: Receivers) -> None:
        self._routes = routes
        self._receivers = receivers

    async def record(self, unit: Unit, outcome: Outcome, now: datetime) -> Incident | None:
        """Save the outcome and put its deliveries into the outbox, in the same unit; the incident as saved.

        Raises:
            Stale: The incident is not at the revision that the outcome replaces.
        """
        incident = outcome.incident
        if incident is None or incident.revision == outcome.replaces:
            return incident
        told, deliveries = self.tell(incident, outcome.transition, now)
        if outcome.entries:
            deliveries = tuple(msgspec.structs.replace(one, said=outcome.entries[-1].text) for one in deliveries)
        entries = _with_receivers(outcome.entries, deliveries)
        await unit.save(told, entries, expected_revision=outcome.replaces)
        if deliveries:
            await unit.enqueue(deliveries)
        return told

    def tell(self, incident: Incident, transition: Transition, now: datetime) -> tuple[Incident, tuple[Delivery, ...]]:
        """The incident with everybody in it who is told by now, and the deliveries."""
        if incident.history or transition is Transition.UNCHANGED:
            return incident, ()
        if incident.snoozed_until is not None and incident.snoozed_until > now and transition in _SNOOZED_AWAY:
            return incident, ()
        stops = self._routes.stops_for(labels_of(incident)) if transition in _ROUTED_ANEW else ()
        waits = {stop.receiver: stop.group_wait_seconds for stop in stops}
        newly = tuple(receiver for receiver in waits if receiver not in incident.receivers)
        told = msgspec.structs.replace(incident, receivers=(*incident.receivers, *newly))
        deliveries: list[Delivery] = []
        for receiver in told.receivers:
            change = Transition.OPENED if receiver in newly else _TOLD_AS.get(transition, transition)
            wait = waits.get(receiver, 0.0) if change in _PAGES else 0.0
            deliveries.extend(self._to(receiver, told, change, now, timedelta(seconds=wait)))
        return told, tuple(deliveries)

    def _to(
        self, receiver: str, incident: Incident, change: Transition, now: datetime, wait: timedelta
    ) -> Iterator[Delivery]:
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
                )


def _with_receivers(entries: tuple[TimelineEntry, ...], deliveries: tuple[Delivery, ...]) -> tuple[TimelineEntry, ...]:
    """The last entry, which is the one that people hear of, with who is woken and who is told."""
    if not deliveries:
        return entries
    paged = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.change in _PAGES)
    told = dict.fromkeys(delivery.receiver for delivery in deliveries if delivery.receiver not in paged)
    return (*entries[:-1], msgspec.structs.replace(entries[-1], paged=tuple(paged), told=tuple(told)))
