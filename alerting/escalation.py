"""Makes the calls of incidents when they are due."""

import asyncio
from typing import Final

import structlog

from alerting.dispatch import Dispatch
from alerting.errors import Stale
from alerting.incidents.calls import call_due_at
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.5
_AT_ONCE: Final = 100


class Escalator:
    """Looks twice a second for calls that are due, and sooner where it knows of one.

    Several processes may: whoever locks the incident first makes the call, writes it down together with the messages
    that it sends, and leaves nothing due for the others. A process that dies before its commit has called nobody, and
    the call is still due.
    """

    def __init__(self, store: Store, dispatch: Dispatch, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`, less often while the database does not answer."""
        lookout = Lookout("escalation", self._clock, every_seconds=LOOK_SECONDS, cap_seconds=5.0)
        await lookout.run(self.look, stop, sooner=self._seconds_to_next)

    async def look(self) -> None:
        """Make every call that is due now.

        Raises:
            DatabaseUnavailable: The rest is made next time.
        """
        while incidents := await self._store.calls_due(self._clock.now(), limit=_AT_ONCE):
            async with asyncio.TaskGroup() as group:  # together, because SQLite commits together what waits together
                calls = [group.create_task(self._call(one), name=f"escalation.{one}") for one in incidents]
            if not any(call.result() for call in calls):
                return  # somebody else makes them at this moment

    async def _call(self, incident_id: str) -> bool:
        """Make the calls of one incident; False where none was due any more."""
        try:
            async with self._store.begin() as unit:
                incident = await unit.incident(incident_id)
                if incident is None:
                    return False
                due = call_due_at(incident)
                now = self._clock.now()
                outcome = await self._dispatch.make_calls(unit, incident, now)
        except Stale:
            return False
        if outcome is None or due is None:
            return False
        late = (now - due).total_seconds()
        self._metrics.transitions.labels(outcome.transition.value).inc()
        self._metrics.call_delay.observe(max(0.0, late), {"incident": incident_id})
        log.info("incident.escalated", incident=incident_id, topic=incident.topic, late_seconds=round(late, 3))
        return True

    async def _seconds_to_next(self) -> float:
        due = await self._store.next_call_at()
        if due is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.01, (due - self._clock.now()).total_seconds()))
