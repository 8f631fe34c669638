"""Looks at the database and the stream every few seconds, for the gauges and for the line atop the console."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry

from alerting.console.pulse import Pulse
from alerting.incidents.feed_status import FeedStatus
from alerting.incidents.model import IncidentState, Severity
from alerting.incidents.silent_feed import SilentFeed
from alerting.incidents.store import IncidentFilter, Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from streams.clock import Clock
from streams.feed_report import FeedKind, FeedState

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
RATE_SECONDS: Final = 10.0
_ACTIVE: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200
_MOST_PAGES: Final = 50


class KnowsFeeds(Protocol):
    """Keeps what the stream side reports of every feed."""

    def statuses(self, silent: Iterable[SilentFeed] = ()) -> tuple[FeedStatus, ...]:
        """Every feed that is reported, by name."""
        ...


class Observer:
    """Keeps gauges current that nobody else sets: open incidents, the outbox, mentions a second.

    Args:
        registry: Where the stream side counts in this process; one without that side knows what feeds report.
        wait_seconds: How far watermarks stay behind on purpose.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: AlertingMetrics,
        registry: CollectorRegistry,
        *,
        feeds: KnowsFeeds,
        wait_seconds: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._registry = registry
        self._feeds = feeds
        self._wait_seconds = wait_seconds
        self._read: deque[tuple[float, float]] = deque()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        # The line atop the console has to be current also when the database is away: the waits do not grow.
        await Lookout("observer", self._clock, every_seconds=LOOK_SECONDS, cap_seconds=LOOK_SECONDS).run(
            self._look, stop
        )

    def pulse(self) -> Pulse:
        """How the stream does, as far as this process can know."""
        feeds = self._feeds.statuses()
        known = [feed for feed in feeds if feed.state is not FeedState.UNKNOWN]
        return Pulse(
            mentions_per_second=self._per_second(feeds),
            seconds_behind=self._seconds_behind(feeds),
            feeds_well=sum(feed.state is FeedState.DELIVERING for feed in known) if known else None,
            feeds_silent=tuple(feed.name for feed in known if feed.state is not FeedState.DELIVERING),
        )

    async def _look(self) -> None:
        self._sample()
        self._metrics.show_feeds(self._feeds.statuses())
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

    def _per_second(self, feeds: Sequence[FeedStatus]) -> float | None:
        """Of the last seconds where this process counts them, else of the last minutes as reported."""
        if len(self._read) < 2:
            rates = [feed.per_minute for feed in feeds if feed.kind is FeedKind.PARTITION]
            known = [rate for rate in rates if rate is not None]
            return sum(known) / 60 if known else None
        (then, before), (now, after) = self._read[0], self._read[-1]
        return (after - before) / (now - then) if now > then else None

    def _seconds_behind(self, feeds: Sequence[FeedStatus]) -> float | None:
        delays = [
            sample.value
            for family in self._registry.collect()
            if family.name == "tocsin_watermark_delay_seconds"
            for sample in family.samples
            if sample.labels["group"].endswith("-score")
        ] or [feed.behind_seconds for feed in feeds if feed.behind_seconds is not None]
        return max(0.0, max(delays) - self._wait_seconds) if delays else None
