"""Wakes snoozed incidents, and notes when a promise was not kept."""

import asyncio
from typing import Final

import structlog

from alerting.dispatch import Dispatch
from alerting.errors import DatabaseUnavailable, Stale
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.promises import elapsed
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from alerting.settings import TargetSettings
from streams.backoff import sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200


class Timekeeper:
    """Looks at the open incidents every two seconds. Several processes may: what one wrote the others find done."""

    def __init__(
        self, store: Store, dispatch: Dispatch, targets: TargetSettings, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._targets = targets
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        while not stop.is_set():
            try:
                await self._look()
            except (DatabaseUnavailable, Stale) as exc:
                log.debug("timekeeper.waiting", reason=str(exc))
            await sleep_unless(stop, LOOK_SECONDS, self._clock)

    async def _look(self) -> None:
        cursor: str | None = None
        while True:
            page = await self._store.find(_OPEN, cursor=cursor, limit=_PAGE)
            for incident in page.incidents:
                await self._move_on(incident)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _move_on(self, seen: Incident) -> None:
        if elapsed(seen, self._targets, self._clock.now()) is None:
            return
        async with self._store.begin() as unit:
            incident = await unit.incident(seen.id)
            now = self._clock.now()
            outcomes = []
            while incident is not None and (outcome := elapsed(incident, self._targets, now)) is not None:
                outcomes.append(outcome)
                incident = await self._dispatch.record(unit, outcome, now)
        for outcome in outcomes:
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.elapsed", transition=outcome.transition.value, incident=seen.id, topic=seen.topic)
