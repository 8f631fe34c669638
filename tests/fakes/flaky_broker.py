"""A broker that fails when a test says so."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from streams.broker.base import (
    Broker,
    Consumer,
    Guarantee,
    Outgoing,
    Partition,
    PartitionWriter,
    Record,
    TopicDescription,
    TopicSpec,
)

Hook = Callable[[Partition], Awaitable[None]]


async def nothing(_: Partition) -> None:
    """The hook that lets everything pass."""


class FlakyBroker:
    """Passes everything on to `broker`; the hooks may wait or raise at the moment they are named after."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.before_join: Callable[[], Awaitable[None]] | None = None
        self.before_open: Hook = nothing
        self.before_commit: Hook = nothing
        self.after_commit: Hook = nothing
        self.before_close: Hook = nothing
        self.commits: list[tuple[Partition, int, int]] = []
        self.consumers: list[Consumer] = []

    @property
    def guarantee(self) -> Guarantee:
        return self._broker.guarantee

    async def __aenter__(self) -> Self:
        await self._broker.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._broker.__aexit__(kind, error, trace)

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        await self._broker.create_topics(specs)

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicDescription]:
        return await self._broker.describe_topics(names)

    async def consumer(self, group: str, kafka_topics: Sequence[str]) -> Consumer:
        if self.before_join is not None:
            await self.before_join()
        consumer = await self._broker.consumer(group, kafka_topics)
        self.consumers.append(consumer)
        return consumer

    def writer(self, group: str, partition: Partition) -> PartitionWriter:
        return _FlakyWriter(self, self._broker.writer(group, partition), partition)

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        await self._broker.send(outgoing)

    def scan(
        self, partition: Partition, start: int | None, stop: int | None = None
    ) -> AsyncIterator[tuple[Record, ...]]:
        return self._broker.scan(partition, start, stop)

    def follow(self, partition: Partition, start: int | None) -> AsyncIterator[tuple[Record, ...]]:
        return self._broker.follow(partition, start)


class _FlakyWriter:
    def __init__(self, broker: FlakyBroker, writer: PartitionWriter, partition: Partition) -> None:
        self._broker = broker
        self._writer = writer
        self._partition = partition

    async def open(self) -> int | None:
        await self._broker.before_open(self._partition)
        return await self._writer.open()

    async def commit(
        self, outgoing: Sequence[Outgoing], next_offset: int, *, changelog: Sequence[Outgoing] = ()
    ) -> int | None:
        await self._broker.before_commit(self._partition)
        last = await self._writer.commit(outgoing, next_offset, changelog=changelog)
        self._broker.commits.append((self._partition, len(outgoing) + len(changelog), next_offset))
        await self._broker.after_commit(self._partition)
        return last

    async def close(self) -> None:
        await self._broker.before_close(self._partition)
        await self._writer.close()
