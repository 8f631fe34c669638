"""Keeps the gauges that only the database knows: open incidents and the outbox."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final

from alerting.errors import DatabaseUnavailable
from alerting.incidents.model import IncidentState, Severity
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from streams.backoff import sleep_unless
from streams.clock import Clock

EVERY_SECONDS: Final = 5.0

_PAGE: Final = 200
_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))


class Gauges:
    """Reads the database every five seconds; while it is down the gauges keep their last values."""

    def __init__(self, store: Store, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Read again and again until `stop` is set."""
        while not stop.is_set():
            with suppress(DatabaseUnavailable):  # intake, delivery and readiness say so; a gauge has nothing to add
                await self.read()
            await sleep_unless(stop, EVERY_SECONDS, self._clock)

    async def read(self) -> None:
        """Read once.

        Raises:
            DatabaseUnavailable: Nothing was changed.
        """
        found: Counter[Severity] = Counter()
        cursor: str | None = None
        while True:
            page = await self._store.find(_OPEN, cursor=cursor, limit=_PAGE)
            found.update(incident.severity for incident in page.incidents)
            cursor = page.next_cursor
            if cursor is None:
                break
        pending, age = await self._store.outbox_age(self._clock.now())
        self._metrics.count_open(found)
        self._metrics.outbox_pending.set(pending)
        self._metrics.outbox_age.set(age)
