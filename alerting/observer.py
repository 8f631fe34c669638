"""Looks at the database and the stream every few seconds, for the gauges and for the line atop the console."""

import asyncio
from collections import Counter, deque
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from alerting.console.pulse import Pulse
from alerting.errors import DatabaseUnavailable
from alerting.incidents.model import IncidentState, Severity
from alerting.incidents.store import IncidentFilter, Store
from alerting.metrics import AlertingMetrics
from streams.backoff import sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
RATE_SECONDS: Final = 10.0
_ACTIVE: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200
_MOST_PAGES: Final = 50


class Observer:
    """Keeps gauges current that nobody else sets: open incidents, the outbox, mentions a second.

    Args:
        registry: Where the stream side counts in this process; a process without that side knows no pulse.
        wait_seconds: How far watermarks stay behind on purpose.
    """

    def __init__(
        self, store: Store, clock: Clock, metrics: AlertingMetrics, registry: CollectorRegistry, *, wait_seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._registry = registry
        self._wait_seconds = wait_seconds
        self._read: deque[tuple[float, float]] = deque()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        while not stop.is_set():
            self._sample()
            try:
                await self._look()
            except DatabaseUnavailable:
                log.debug("observer.database_unavailable")
            await sleep_unless(stop, LOOK_SECONDS, self._clock)

    def pulse(self) -> Pulse:
        """How the stream does, as far as this process can know."""
        if len(self._read) < 2:
            return Pulse()
        (then, before), (now, after) = self._read[0], self._read[-1]
        return Pulse(
            mentions_per_second=(after - before) / (now - then) if now > then else None,
            seconds_behind=self._seconds_behind(),
        )

    async def _look(self) -> None:
        found: Counter[Severity] = Counter()
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._store.find(_ACTIVE, cursor=cursor, limit=_PAGE)
            found.update(incident.severity for incident in page.incidents)
            cursor = page.next_cursor
            if cursor is None:
                break
        self._metrics.count_open(found)
        pending, age = await self._store.outbox_age(self._clock.now())
        self._metrics.outbox_pending.set(pending)
        self._metrics.outbox_age.set(age)

    def _sample(self) -> None:
        total = self._registry.get_sample_value("tocsin_mentions_read_total")
        if total is None:
            return
        now = self._clock.monotonic()
        self._read.append((now, total))
        while self._read[0][0] < now - RATE_SECONDS:
            self._read.popleft()

    def _seconds_behind(self) -> float | None:
        delays = [
            sample.value
            for family in self._registry.collect()
            if family.name == "tocsin_watermark_delay_seconds"
            for sample in family.samples
            if sample.labels["group"].endswith("-score")
        ]
        return max(0.0, max(delays) - self._wait_seconds) if delays else None
