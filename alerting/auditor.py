"""Asks at all times who should have been told of an open incident, and was not."""

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Final

import structlog

from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident, Transition
from alerting.incidents.omissions import Omission, OmissionKind, omissions
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.routing.routes import Routes, labels_of
from alerting.tier_settings import Tier
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
GRACE_SECONDS: Final = 30.0


class Auditor:
    """Looks at every open incident and its messages every five seconds: two queries, whatever was resolved before.

    It changes nothing. What it finds stands in `tocsin_untold`, is logged once, and has an alert of its own in
    Prometheus, as has that it does not look any more.

    Args:
        grace_seconds: So late everything may be; more than a delivery's fallback takes.
    """

    def __init__(
        self,
        store: Store,
        routes: Routes,
        receivers: Receivers,
        clock: Clock,
        metrics: AlertingMetrics,
        *,
        grace_seconds: float,
    ) -> None:
        self._store = store
        self._routes = routes
        self._receivers = receivers
        self._clock = clock
        self._metrics = metrics
        self._grace = timedelta(seconds=grace_seconds)
        self._known: frozenset[Omission] = frozenset()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        await Lookout("auditor", self._clock, every_seconds=LOOK_SECONDS).run(self.look, stop)

    async def look(self) -> tuple[Omission, ...]:
        """Everything that is missing now.

        Raises:
            DatabaseUnavailable: Nothing was found out.
        """
        incidents = await self._store.open_incidents()
        by_incident: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in await self._store.open_deliveries():
            by_incident[delivery.incident].append(delivery)
        now = self._clock.now()
        found = tuple(
            omission
            for incident in incidents
            for omission in omissions(
                incident,
                by_incident[incident.id],
                now,
                grace=self._grace,
                pages=self._paged(incident),
                mute=self._mute(incident),
            )
        )
        self._tell(found)
        self._metrics.audited_at.set(now.timestamp())
        return found

    def _tell(self, found: tuple[Omission, ...]) -> None:
        count = Counter(omission.kind for omission in found)
        for kind in OmissionKind:
            self._metrics.untold.labels(kind.value).set(count[kind])
        for omission in sorted(frozenset(found) - self._known):
            log.critical(
                "incident.untold", incident=omission.incident, missing=omission.kind.value, receiver=omission.receiver
            )
        self._known = frozenset(found)

    def _paged(self, incident: Incident) -> list[str]:
        stops = self._routes.stops_for(labels_of(incident))
        return [stop.receiver for stop in stops if stop.tier(incident.severity) is Tier.PAGE]

    def _mute(self, incident: Incident) -> list[str]:
        """Receivers that no page can be made for: no channel of theirs wants any."""
        calls = incident.escalation.calls if incident.escalation is not None else ()
        named = {receiver for call in calls for receiver in call.receivers} | set(self._paged(incident))
        return [
            name for name in named if not any(one.wants(Transition.OPENED) for one in self._receivers.of(name).values())
        ]
