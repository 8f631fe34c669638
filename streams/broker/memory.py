"""A broker inside this process: for tests, and for the demo where no embedded broker runs."""

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Final, Self

from streams.broker.base import (
    Consumer,
    Guarantee,
    Outgoing,
    Partition,
    PartitionWriter,
    Record,
    TopicDescription,
    TopicSpec,
)
from streams.broker.memory_cluster import MemoryCluster
from streams.broker.memory_consumer import MemoryConsumer, breathe
from streams.broker.memory_writer import MemoryWriter
from streams.errors import BrokerUnavailable

_SCAN_RECORDS: Final = 500
_LOOK_SECONDS: Final = 0.5


class MemoryBroker:
    """A connection to a memory cluster. Leaving it leaves the groups; what was written stays in the cluster.

    Commits are atomic and older writers are fenced, yet nothing outlives the process, so the promise is at_least_once.

    Args:
        cluster: Share one to have several connections; None makes a new cluster that keeps everything.
    """

    def __init__(self, cluster: MemoryCluster | None = None) -> None:
        self.cluster = cluster or MemoryCluster()
        self._consumers: list[MemoryConsumer] = []

    @property
    def guarantee(self) -> Guarantee:
        """at_least_once: memory does not survive a kill."""
        return Guarantee.AT_LEAST_ONCE

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for consumer in self._consumers:
            await consumer.close()
        self._consumers.clear()

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing; leave alone what exists. Everything has one replica."""
        for spec in specs:
            self.cluster.create(spec)

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicDescription]:
        """The topics that exist, by name."""
        return {name: self.cluster.topics[name] for name in names if name in self.cluster.topics}

    async def consumer(self, group: str, kafka_topics: Sequence[str]) -> Consumer:
        """Join `group` and read `kafka_topics`; topics created later are joined when they appear."""
        consumer = MemoryConsumer(self.cluster, group, frozenset(kafka_topics))
        self._consumers.append(consumer)
        return consumer

    def writer(self, group: str, partition: Partition) -> PartitionWriter:
        """The writer for one input partition of `group`; call `open` before anything else."""
        return MemoryWriter(self.cluster, group, partition)

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Write records outside any group; all of them or, when one cannot be written, none."""
        await breathe()
        self.cluster.append(outgoing)

    async def scan(
        self, partition: Partition, start: int | None, stop: int | None = None
    ) -> AsyncIterator[tuple[Record, ...]]:
        """Records with `start <= offset < stop`, in packs of up to 500, oldest first; see the contract."""
        log = self.cluster.log(partition)
        end = log.end if stop is None else min(stop, log.end)
        position = log.oldest if start is None else start if start >= 0 else max(log.oldest, log.end + start)
        while position < end:
            await breathe()
            pack = tuple(record for record in log.read(position, _SCAN_RECORDS) if record.offset < end)
            if not pack:
                return
            position = pack[-1].offset + 1
            yield pack

    async def follow(self, partition: Partition, start: int | None) -> AsyncIterator[tuple[Record, ...]]:
        """Records from `start` on, in packs of up to 500, without end; see the contract."""
        log = self.cluster.log(partition)
        position = log.oldest if start is None else start
        if position > log.end:
            raise BrokerUnavailable(f"{partition} ends at {log.end}; there is no offset {position}")
        while True:
            await breathe()
            pack = log.read(position, _SCAN_RECORDS)
            if pack:
                position = pack[-1].offset + 1
            yield pack
            if not pack:
                await self.cluster.clock.sleep(_LOOK_SECONDS)
