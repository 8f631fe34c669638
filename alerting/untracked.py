"""What was about topics that nobody tracks any more is over."""

from collections.abc import Collection
from typing import Final

import structlog

from alerting.dispatch import Dispatch
from alerting.incidents.lifecycle import untrack
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from streams.clock import Clock
from streams.events import Direction

log = structlog.get_logger(__name__)

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200


class Untracked:
    """Resolves open incidents of which no topic is tracked: nobody counts there, so nothing else would end them.

    Looks at what is stored, not at what was removed just now: a process that was away, or killed half-way, catches up.
    """

    def __init__(self, store: Store, dispatch: Dispatch, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics

    async def resolve(self, tracked: Collection[str]) -> None:
        """Each in a unit of its own, with its line in the timeline, told to whoever was told of it.

        Raises:
            DatabaseUnavailable: The rest is still to do.
            Stale: Somebody else changed one meanwhile; the rest is still to do.
        """
        for incident_id in await self._found(tracked):
            async with self._store.begin() as unit:
                now = self._clock.now()
                incident = await unit.incident(incident_id)
                if incident is None or not _is_untracked(incident, tracked):
                    continue
                outcome = untrack(incident, now)
                await self._dispatch.record(unit, outcome, now)
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.untracked", incident=incident_id, topic=incident.topic)

    async def _found(self, tracked: Collection[str]) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = await self._store.find(_OPEN, cursor=cursor, limit=_PAGE)
            found += [incident.id for incident in page.incidents if _is_untracked(incident, tracked)]
            cursor = page.next_cursor
            if cursor is None:
                return found


def _is_untracked(incident: Incident, tracked: Collection[str]) -> bool:
    """A feed is no topic that anybody declares."""
    return (
        incident.state is not IncidentState.RESOLVED
        and incident.direction is not Direction.QUIET
        and not any(topic in tracked for topic in incident.topics)
    )
