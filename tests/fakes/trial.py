"""One run of both stream roles over the turbulent stream on a real broker, and what it had to lead to."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry

from streams import codec
from streams.app import detect_role
from streams.broker.base import Broker, Outgoing, Partition, Record
from streams.clock import Clock
from streams.events import PartialCount, Tally, WindowCount
from streams.kafka_topics import specs
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.metrics import StreamMetrics
from streams.sentiment.vader import VaderScorer
from streams.settings import StreamSettings
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from streams.windows import MINUTE
from tests.fakes import turbulent_stream
from tests.fakes.declared import declared

SENT_AT_ONCE: Final = 5  # few, so that no partition is ahead of another by more than the grace period
_BETWEEN_SECONDS: Final = 0.01
_LOOK_SECONDS: Final = 0.5
_STILL_LOOKS: Final = 60  # a writer that was killed may have left a transaction open; its end takes a while
_REST_SECONDS: Final = 120.0

Sums = dict[tuple[str, int], Tally]
Values = dict[bytes | None, list[bytes | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run led to, and what it had to lead to.

    Attributes:
        sums: What the partial counts add up to, by topic and second.
        expected_sums: The same of a score stage that nobody disturbed.
        newest_windows: Mentions in the newest revision of every window that was told, by topic and first second.
        written: Detections and window counts, by Kafka topic and key, in order.
        expected_written: The same of a detect stage that nobody disturbed, over the partial counts that there are.
        dead_letters: How many.
    """

    sums: Sums
    expected_sums: Sums
    newest_windows: dict[tuple[str, int], int]
    written: dict[str, Values]
    expected_written: dict[str, Values]
    dead_letters: int

    @property
    def expected_windows(self) -> dict[tuple[str, int], int]:
        """What an undisturbed count finds in the windows that were told."""
        minutes: dict[tuple[str, int], int] = {}
        for (topic, second), tally in self.expected_sums.items():
            place = topic, second // MINUTE * MINUTE
            minutes[place] = minutes.get(place, 0) + tally.mentions
        return {place: minutes.get(place, 0) for place in self.newest_windows}


class Trial:
    """Feeds the roles' Kafka topics and compares what comes of it with what undisturbed stages make of the same.

    Args:
        broker: A way to Kafka that is not disturbed.
        settings: As the roles have them, apart from the way.
        aside: Topics that the test itself looks after: nothing is compared of them.
    """

    def __init__(
        self,
        broker: Broker,
        settings: StreamSettings,
        mentions: Sequence[Mention],
        clock: Clock,
        *,
        aside: frozenset[str] = frozenset(),
    ) -> None:
        self._broker = broker
        self._settings = settings
        self._records = turbulent_stream.outgoing(settings.kafka, mentions)
        self._clock = clock
        self._aside = aside
        self._numbers = range(settings.kafka.partitions)

    async def prepare(self) -> None:
        """Create the Kafka topics and declare what is watched."""
        await self.create()
        await self._broker.send(declared(self._settings))

    async def create(self) -> None:
        """Create the Kafka topics; the test declares what is watched."""
        await self._broker.create_topics(specs(self._settings))

    async def feed(self, parts: int, wanted: asyncio.Semaphore) -> None:
        """Send so many parts, each when it is wanted, a few records at a time."""
        await self._feed(self._records, parts, wanted)

    async def feed_halves(self, parts: Sequence[int], wanted: asyncio.Semaphore) -> None:
        """The first half in so many parts, the second in as many as that."""
        middle = len(self._records) // 2
        for records, number in zip((self._records[:middle], self._records[middle:]), parts, strict=True):
            await self._feed(records, number, wanted)

    async def _feed(self, records: Sequence[Outgoing], parts: int, wanted: asyncio.Semaphore) -> None:
        size = len(records) // parts
        for part in range(parts):
            await wanted.acquire()
            end = (part + 1) * size if part < parts - 1 else len(records)
            for start in range(part * size, end, SENT_AT_ONCE):
                await self._broker.send(records[start : min(start + SENT_AT_ONCE, end)])
                await self._clock.sleep(_BETWEEN_SECONDS)

    async def outcome(self, *, end_roles: Callable[[], None]) -> Outcome:
        """Wait until the roles have counted everything or do not get any further, end them, and tell."""
        kafka = self._settings.kafka
        expected = self._summed(
            record
            for number, records in enumerate(await self._read(kafka.mentions))
            for record in self._scored(number, records)
            if record.kafka_topic == kafka.partials
        )
        await self._until_counted(expected)
        end_roles()
        await self._let_detect_finish()
        partials = await self._read(kafka.partials)
        written = {name: _values(await self._read(name)) for name in (kafka.windows, kafka.detections)}
        told = [self._detected(number, records) for number, records in enumerate(partials)]
        return Outcome(
            sums=self._summed(record for records in partials for record in records),
            expected_sums=expected,
            newest_windows={
                place: mentions
                for place, mentions in _newest(v for values in written[kafka.windows].values() for v in values).items()
                if place[0] not in self._aside
            },
            written=written,
            expected_written={
                name: _values([[one for one in records if one.kafka_topic == name] for records in told])
                for name in written
            },
            dead_letters=sum(map(len, await self._read(kafka.dead_letters))),
        )

    def _summed(self, records: Iterable[Record | Outgoing]) -> Sums:
        return {place: tally for place, tally in summed(records).items() if place[0] not in self._aside}

    async def _read(self, kafka_topic: str) -> list[list[Record]]:
        """Everything that is committed, by partition."""
        return [
            [record async for pack in self._broker.scan(Partition(kafka_topic, number), None) for record in pack]
            for number in self._numbers
        ]

    def _scored(self, number: int, records: Sequence[Record]) -> list[Outgoing]:
        settings = self._settings
        stage = ScoreStage(
            matcher=TopicMatcher(settings.topic_values()),
            scorer=VaderScorer(),
            kafka=settings.kafka,
            time=settings.time,
            settings=settings.score,
            source=Partition(settings.kafka.mentions, number),
            sources=len(self._numbers),
            partials_partitions=len(self._numbers),
        )
        stage.fold(records, self._clock.now())
        return stage.flush(self._clock.now(), at_end=True)

    def _detected(self, number: int, records: Sequence[Record]) -> list[Outgoing]:
        settings = self._settings
        stage = DetectStage(
            number,
            kafka=settings.kafka,
            time=settings.time,
            detect=settings.detect,
        )
        stage.fold(records, self._clock.now())
        return stage.flush(self._clock.now(), at_end=True)

    async def _until_counted(self, expected: Sums) -> None:
        before: Sums = {}
        still = 0
        while still < _STILL_LOOKS:
            partials = await self._read(self._settings.kafka.partials)
            sums = self._summed(record for records in partials for record in records)
            if sums == expected:
                return
            still = still + 1 if sums == before else 0
            before = sums
            await self._clock.sleep(_LOOK_SECONDS)

    async def _let_detect_finish(self) -> None:
        """A detect role in this process reads to the end and stops in order."""
        registry, stop = CollectorRegistry(), asyncio.Event()
        role = detect_role(self._settings, self._broker, self._clock, StreamMetrics(registry))

        def is_behind(number: int) -> bool:
            labels = {"group": role.name, "kafka_topic": self._settings.kafka.partials, "partition": str(number)}
            return registry.get_sample_value("tocsin_lag_records", labels) != 0

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(_REST_SECONDS):
            tasks.create_task(role.run(stop), name=role.name)
            while any(is_behind(number) for number in self._numbers):
                await self._clock.sleep(_LOOK_SECONDS)
            stop.set()


def summed(records: Iterable[Record | Outgoing]) -> Sums:
    """What partial counts add up to, by topic and second; what cancels out is nothing."""
    sums: Sums = {}
    for record in records:
        for value in codec.decode_of_partials(record.value):
            if isinstance(value, PartialCount):
                place = value.topic, value.second
                sums[place] = sums.get(place, Tally()) + value.tally
    return {place: tally for place, tally in sums.items() if tally != Tally()}


def _values(partitions: Sequence[Sequence[Record | Outgoing]]) -> Values:
    """By key: what is told of a feed stands in another partition than the records that led to it."""
    found: Values = {}
    for records in partitions:
        for record in records:
            found.setdefault(record.key, []).append(record.value)
    return found


def _newest(values: Iterable[bytes | None]) -> dict[tuple[str, int], int]:
    windows: dict[tuple[str, int], WindowCount] = {}
    for value in values:
        window = codec.decode_window(value)
        known = windows.get((window.topic, window.start))
        if known is None or window.revision > known.revision:
            windows[window.topic, window.start] = window
    return {place: window.tally.mentions for place, window in windows.items()}
