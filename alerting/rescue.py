"""Pages that do not arrive: somebody else is paged instead, and that nobody was reached is an alert of its own."""

import asyncio
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import PAGES, Incident, TimelineEntry, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.settings import DeliverySettings
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 100


class Rescue:
    """Looks after every page that was refused, or did not arrive in time, once.

    If its receiver was reached over another notifier, nothing is to be done. Otherwise the receiver's fallback is
    paged, and hears of every later change. Where there is none and nobody at all was reached, that is logged and
    counted, and the receiver of last resort is paged.
    """

    def __init__(
        self,
        *,
        store: Store,
        receivers: Receivers,
        settings: DeliverySettings,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Look every second until `stop`, less often while the database does not answer."""
        await Lookout("rescue", self._clock, every_seconds=LOOK_SECONDS).run(self.look, stop)

    async def look(self) -> None:
        """Look after what is overdue now.

        Raises:
            DatabaseUnavailable: The rest is looked after next time.
        """
        before = self._clock.now() - timedelta(seconds=self._settings.fallback_seconds)
        for overdue in await self._store.overdue_pages(before, limit=_AT_ONCE):
            await self._look_after(overdue)

    async def _look_after(self, overdue: Delivery) -> None:
        told = [
            other
            for other in await self._store.deliveries(overdue.incident)
            if other.state is DeliveryState.SENT and other.incident_revision >= overdue.incident_revision
        ]
        reached = any(other.receiver == overdue.receiver and other.change in PAGES for other in told)
        instead = None if reached else self._instead_of(overdue.receiver, nobody=not told)
        nobody = not reached and not told and self._receivers.policy(overdue.receiver).fallback is None
        async with self._store.begin() as unit:
            incident = await unit.incident(overdue.incident)
            if incident is not None and incident.is_muted:
                return  # nobody is to be woken for it now
            if incident is not None and instead is not None and instead not in incident.receivers:
                because = f"Sent to you because {overdue.receiver} could not be reached."
                told_too = msgspec.structs.replace(incident, receivers=(*incident.receivers, instead))
                text = f"{instead} is told, because {overdue.receiver} could not be reached"
                entry = TimelineEntry(incident.id, self._clock.now(), Transition.UNCHANGED, SYSTEM, text)
                await unit.save(told_too, (entry,), expected_revision=incident.revision)
                await unit.enqueue(self._pages(instead, incident, because))
            elif incident is not None and nobody:
                text = f"Nobody was reached: {overdue.receiver} does not answer"
                entry = TimelineEntry(incident.id, self._clock.now(), Transition.UNCHANGED, SYSTEM, text)
                await unit.save(incident, (entry,), expected_revision=incident.revision)
            await unit.look_after(overdue.id)
        if instead is not None:
            self._metrics.fallbacks.labels(overdue.receiver).inc()
            log.error("delivery.fallback", incident=overdue.incident, receiver=overdue.receiver, instead=instead)
        if nobody:
            self._metrics.nobody_reached.inc()
            log.critical("delivery.nobody_reached", incident=overdue.incident, receiver=overdue.receiver)

    def _instead_of(self, receiver: str, *, nobody: bool) -> str | None:
        fallback = self._receivers.policy(receiver).fallback
        if fallback is None and nobody and self._settings.last_resort != receiver:
            return self._settings.last_resort
        return fallback

    def _pages(self, receiver: str, incident: Incident, because: str) -> list[Delivery]:
        now = self._clock.now()
        return [
            Delivery(
                id=delivery_id(incident.id, incident.revision, receiver, name, incident.opened_at),
                incident=incident.id,
                incident_revision=incident.revision,
                receiver=receiver,
                notifier=name,
                change=Transition.OPENED,
                state=DeliveryState.PENDING,
                created_at=now,
                next_attempt_at=now,
                detail=notifier.destination,
                because=because,
            )
            for name, notifier in self._receivers.of(receiver).items()
            if notifier.wants(Transition.OPENED)
        ]
