"""Thins what is old and forgets what is older, a little at a time."""

import asyncio
from typing import Final, Protocol

import structlog

from alerting.incidents.retention import Cutoffs, Removed, cutoffs
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.settings import RetentionSettings
from streams.backoff import sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 3600.0
BETWEEN_SECONDS: Final = 0.2
AGAIN_SECONDS: Final = 30.0


class Retains(Protocol):
    """A store that forgets."""

    async def retain(self, before: Cutoffs) -> Removed:
        """Thin or forget one bounded batch of each kind.

        Raises:
            DatabaseUnavailable: Whatever was not committed is as it was.
        """
        ...


class Retention:
    """Goes through what is kept every hour, in batches so small that a page waits for none of them noticeably.

    A batch replaces or removes within one transaction: a crash between two loses nothing and the next pass goes on
    where it was. Several processes may do it at once; each takes what no other one has locked.
    """

    def __init__(self, store: Retains, settings: RetentionSettings, clock: Clock, metrics: AlertingMetrics) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Go through it until `stop`; while the database does not answer, look again after half a minute."""
        lookout = Lookout(
            "retention", self._clock, every_seconds=EVERY_SECONDS, first_seconds=AGAIN_SECONDS, outlives=True
        )
        await lookout.run(lambda: self.go_through(stop), stop)

    async def go_through(self, stop: asyncio.Event) -> None:
        """Batch after batch, until nothing is left to do or `stop`.

        Raises:
            DatabaseUnavailable: The rest is still to do.
        """
        before = cutoffs(self._settings, self._clock.now())
        while not stop.is_set():
            removed = await self._store.retain(before)
            for kind in ("windows", "samples", "deliveries", "incidents", "replies", "contacts"):
                self._metrics.retained.labels(kind).inc(getattr(removed, kind))
            if not removed:
                self._metrics.retention_finished.set(self._clock.now().timestamp())
                return
            await sleep_unless(stop, BETWEEN_SECONDS, self._clock)
