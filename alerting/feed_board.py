"""What the stream side reports of every feed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import structlog

from alerting.incidents.feed_status import FeedStatus, feed_statuses
from alerting.incidents.silent_feed import SilentFeed
from alerting.log_reader import Heard, LogReader
from streams.broker.base import Broker, Partition, Record
from streams.clock import Clock
from streams.codec import decode_feed_report
from streams.errors import StateCorrupted
from streams.feed_report import FeedReport
from streams.settings import KafkaSettings

FRESH_SECONDS: Final = 180.0  # reports come once a minute

log = structlog.get_logger(__name__)


class FeedBoard:
    """Follows the reports and keeps the newest; each is at most a minute behind what it tells.

    Outside any group and without the database: every alerting process knows them all, a moment after it started.

    Args:
        lags: Records that wait to be read by the score role of this process, by partition.
    """

    def __init__(
        self, broker: Broker, kafka: KafkaSettings, clock: Clock, lags: Callable[[], Mapping[str, int]]
    ) -> None:
        self._broker = broker
        self._partition = Partition(kafka.feeds, 0)
        self._clock = clock
        self._lags = lags
        self._report: FeedReport | None = None
        self._written_at: datetime | None = None
        self._reader = LogReader("feeds", clock, then="retrying, feeds become unknown")

    @property
    def written_at(self) -> datetime | None:
        """When the newest report was written; None before the first."""
        return self._written_at

    def statuses(self, silent: Iterable[SilentFeed] = ()) -> tuple[FeedStatus, ...]:
        """Every feed that is reported or has an open incident, by name.

        Args:
            silent: Those with an open incident.
        """
        written_at = self._written_at
        is_fresh = written_at is not None and (self._clock.now() - written_at).total_seconds() <= FRESH_SECONDS
        return feed_statuses(self._report, silent, written_at=written_at if is_fresh else None, lags=self._lags())

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; while the broker is away the newest report grows old."""
        await self._reader.run(self._follow, stop)

    async def _follow(self, heard: Heard) -> None:
        async with aclosing(self._broker.follow(self._partition, None)) as packs:  # type: ignore[type-var]
            async for records in packs:
                heard()
                if any(self._take(record) for record in reversed(records)):
                    log.debug("feeds.reported", offset=records[-1].offset)

    def _take(self, record: Record) -> bool:
        try:
            self._report = decode_feed_report(record.value)
        except StateCorrupted as exc:
            log.warning("feeds.unreadable", offset=record.offset, reason=str(exc))
            return False
        self._written_at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        return True
