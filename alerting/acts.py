"""What people do to incidents, over the API, the console or the command line."""

from collections.abc import Callable
from datetime import datetime

import structlog

from alerting.dispatch import Dispatch
from alerting.errors import Stale, UnknownIncident
from alerting.incidents import lifecycle, wording
from alerting.incidents.joining import merge, split
from alerting.incidents.model import Incident, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.part import GroupingReason
from alerting.incidents.store import Store, Unit
from alerting.incidents.work import Act, HandOver, perform, person, said_about
from alerting.metrics import AlertingMetrics
from streams.clock import Clock

log = structlog.get_logger(__name__)


class Acts:
    """Everything people do: each act one unit of work with its timeline entry and the messages that follow.

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

    async def perform(
        self,
        incident_id: str,
        act: Act,
        *,
        by: str,
        comment: str | None = None,
        expected_revision: int | None = None,
        once: str | None = None,
    ) -> Incident:
        """Assign, comment, snooze, pass on, hand over or state; the incident as it stands now.

        Raises like `acknowledge`, and:
            TransitionRefused: It is handed over to somebody who cannot be called.
        """
        if isinstance(act, HandOver):
            self._dispatch.calls.expect_reachable(act.to)
        return await self._act(
            incident_id, expected_revision, once, lambda incident, now: perform(incident, act, by, now, comment)
        )

    async def merge(
        self, incident_id: str, into: str, *, by: str, comment: str | None = None, expected_revision: int | None = None
    ) -> Incident:
        """Two are one event: the older one lives, whichever was named first. It, as it stands now.

        Raises like `acknowledge`.
        """
        now = self._clock.now()
        families = {(await self._store.get(name)).family for name in (incident_id, into)}
        async with self._store.begin() as unit:
            await unit.lock_brands(sorted(families))
            found = [await self._found(unit, name) for name in sorted((incident_id, into))]
            self._check(next(one for one in found if one.id == incident_id), expected_revision)
            reason = wording.plain(comment or "", 200) or "they are one event"
            lives, over = merge(found[0], found[-1], GroupingReason.BY_HAND, reason, now, by=person(by))
            await self._dispatch.record(unit, over, now)
            saved = await self._dispatch.record(unit, lives, now)
        self._say(over, found[-1])
        return saved or found[0]

    async def split(
        self,
        incident_id: str,
        topics: frozenset[str],
        *,
        by: str,
        comment: str | None = None,
        expected_revision: int | None = None,
    ) -> Incident:
        """Some topics are an event of their own; their new incident. Raises like `acknowledge`."""
        now = self._clock.now()
        family = (await self._store.get(incident_id)).family
        async with self._store.begin() as unit:
            await unit.lock_brands((family,))
            incident = await self._found(unit, incident_id)
            self._check(incident, expected_revision)
            kept, fresh = split(incident, topics, person(by), now, said_about(comment))
            await self._dispatch.record(unit, kept, now)
            saved = await self._dispatch.record(unit, fresh, now)
        self._say(kept, incident)
        return saved or incident

    async def _act(
        self,
        incident_id: str,
        expected_revision: int | None,
        once: str | None,
        act: Callable[[Incident, datetime], Outcome],
    ) -> Incident:
        now = self._clock.now()
        async with self._store.begin() as unit:
            incident = await self._found(unit, incident_id)
            if once is not None and not await unit.first_sight(once, now):
                return incident
            self._check(incident, expected_revision)
            outcome = act(incident, now)
            saved = await self._dispatch.record(unit, outcome, now)
        self._say(outcome, incident)
        return saved or incident

    def _say(self, outcome: Outcome, incident: Incident) -> None:
        if outcome.transition is not Transition.UNCHANGED:
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.act", act=outcome.transition.value, incident=incident.id, topic=incident.topic)

    @staticmethod
    async def _found(unit: Unit, incident_id: str) -> Incident:
        incident = await unit.incident(incident_id)
        if incident is None:
            raise UnknownIncident(f"there is no incident {incident_id!r}")
        return incident

    @staticmethod
    def _check(incident: Incident, expected_revision: int | None) -> None:
        if expected_revision is not None and incident.revision != expected_revision:
            raise Stale(f"incident {incident.id} is at revision {incident.revision}, not {expected_revision}")
