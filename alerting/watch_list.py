"""Which topics rise and do not page, as the detect stage says."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final

import structlog

from alerting.incidents.wording import odds, plain
from alerting.log_reader import Heard, LogReader
from streams.broker.base import Broker, Partition, Record
from streams.clock import Clock
from streams.codec import decode_watched
from streams.errors import StateCorrupted
from streams.settings import KafkaSettings
from streams.topic import Declared
from streams.watched import Watched

MOST_WATCHED: Final = 20_000

log = structlog.get_logger(__name__)


class WatchList:
    """Follows the compacted list; what it shows is a moment behind what was decided.

    Outside any group and without the database: every alerting process knows the whole list, a moment after it started.
    Nothing here tells anybody anything.
    """

    def __init__(self, broker: Broker, kafka: KafkaSettings, clock: Clock) -> None:
        self._broker = broker
        self._partition = Partition(kafka.watch, 0)
        self._watched: dict[str, Watched] = {}
        self._reader = LogReader("watch_list", clock, then="retrying, the list stays as it is")

    @property
    def watched(self) -> Mapping[str, Watched]:
        """What rises, by topic."""
        return self._watched

    def in_words(self, declared: Mapping[str, Declared]) -> tuple[str, ...]:
        """The tracked topics that rise, by name and with their odds, the rarest first."""
        found = [one for one in self._watched.values() if one.topic in declared]
        found.sort(key=lambda one: (one.false_pages_per_week, one.topic))
        often = [odds(one.false_pages_per_week).removesuffix(" for this topic") for one in found]
        names = [plain(declared[one.topic].topic.name) for one in found]
        return tuple(f"{name} ({chance})" for name, chance in zip(names, often, strict=True))

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; while the broker is away the list stays as it was."""
        await self._reader.run(self._follow, stop)

    async def _follow(self, heard: Heard) -> None:
        """From the oldest record each time: the list is whole again, whatever happened to the log."""
        fresh: dict[str, Watched] = {}
        position = None
        async for records in self._broker.scan(self._partition, None):
            for record in records:
                self._take(fresh, record)
            position = records[-1].offset + 1
        self._watched = fresh
        async with aclosing(self._broker.follow(self._partition, position)) as packs:  # type: ignore[type-var]
            async for records in packs:
                heard()
                for record in records:
                    self._take(fresh, record)

    @staticmethod
    def _take(watched: dict[str, Watched], record: Record) -> None:
        topic = (record.key or b"").decode(errors="replace")
        if record.value is None:
            watched.pop(topic, None)
            return
        try:
            value = decode_watched(record.value)
        except StateCorrupted as exc:
            log.warning("watch_list.unreadable", offset=record.offset, reason=str(exc))
            return
        if value.topic == topic and (topic in watched or len(watched) < MOST_WATCHED):
            watched[topic] = value
