"""What people do to incidents, over the API, the console or the command line."""

from collections.abc import Callable
from datetime import datetime

import structlog

from alerting.dispatch import Dispatch
from alerting.errors import Stale, UnknownIncident
from alerting.incidents import lifecycle
from alerting.incidents.model import Incident, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from streams.clock import Clock

log = structlog.get_logger(__name__)


class Acts:
    """Acknowledge and resolve: each one unit of work with its timeline entry and the messages that follow.

    Repeating an act is harmless: it answers the incident as it stands and tells nobody twice.
    """

    def __init__(self, store: Store, dispatch: Dispatch, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics

    async def acknowledge(
        self,
        incident_id: str,
        *,
        by: str,
        comment: str | None = None,
        expected_revision: int | None = None,
        once: str | None = None,
    ) -> Incident:
        """Somebody takes it on; the incident as it stands now.

        Args:
            by: A person's name as given, or the API key's name.
            comment: One line for the timeline.
            expected_revision: What the caller looked at; None acts on whatever is current.
            once: Names the request; one that was carried out before, by whichever process, changes nothing.

        Raises:
            UnknownIncident: There is none with this id.
            TransitionRefused: It is resolved.
            Stale: It is no longer at `expected_revision`.
            DatabaseUnavailable: Nothing was written.
        """
        return await self._act(
            incident_id,
            expected_revision,
            once,
            lambda incident, now: lifecycle.acknowledge(incident, by, now, comment),
        )

    async def resolve(
        self,
        incident_id: str,
        *,
        by: str,
        comment: str | None = None,
        expected_revision: int | None = None,
        once: str | None = None,
    ) -> Incident:
        """Somebody says that it is over; the incident as it stands now. Raises like `acknowledge`."""
        return await self._act(
            incident_id, expected_revision, once, lambda incident, now: lifecycle.resolve(incident, by, now, comment)
        )

    async def _act(
        self,
        incident_id: str,
        expected_revision: int | None,
        once: str | None,
        act: Callable[[Incident, datetime], Outcome],
    ) -> Incident:
        now = self._clock.now()
        async with self._store.begin() as unit:
            incident = await unit.incident(incident_id)
            if incident is None:
                raise UnknownIncident(f"there is no incident {incident_id!r}")
            if once is not None and not await unit.first_sight(once, now):
                return incident
            if expected_revision is not None and incident.revision != expected_revision:
                raise Stale(f"incident {incident_id} is at revision {incident.revision}, not {expected_revision}")
            outcome = act(incident, now)
            saved = await self._dispatch.record(unit, outcome, now)
        if outcome.transition is not Transition.UNCHANGED:
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.act", act=outcome.transition.value, incident=incident_id, topic=incident.topic)
        return saved or incident
