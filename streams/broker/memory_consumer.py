"""A member of a consumer group on a memory cluster."""

import asyncio
from collections.abc import Generator
from types import coroutine

from streams.broker.base import Batch, Partition, Poll
from streams.broker.memory_cluster import MemoryCluster


@coroutine
def breathe() -> Generator[None, None, None]:
    """Let every other task have one turn."""
    yield


class MemoryConsumer:
    """Reads the partitions its group gave it. A rebalance revokes everything first, as Kafka's eager protocol does."""

    def __init__(self, cluster: MemoryCluster, group: str, kafka_topics: frozenset[str]) -> None:
        self.kafka_topics = kafka_topics
        self._cluster = cluster
        self._group = group
        self._given: frozenset[Partition] = frozenset()
        self._told: frozenset[Partition] = frozenset()
        self._rebalanced = False
        self._positions: dict[Partition, int] = {}
        self._started: list[Partition] = []
        self._changed = asyncio.Event()
        self._closed = False
        cluster.join(group, self)

    def reassign(self, partitions: frozenset[Partition]) -> None:
        """Everything held before is revoked; `partitions` are ours from the next poll on."""
        self._given = partitions
        self._rebalanced = True
        self._changed.set()

    def wake(self, partition: Partition) -> None:
        """Something new stands in `partition`."""
        if partition in self._started:
            self._changed.set()

    async def poll(self, *, max_records: int, wait_seconds: float) -> Poll:
        """Up to `max_records` records, waiting at most `wait_seconds` for the first; see the contract."""
        await breathe()
        found = self._look(max_records)
        if found is None:
            try:
                async with asyncio.timeout(wait_seconds):
                    while found is None and not self._closed:
                        self._changed.clear()
                        await self._changed.wait()
                        found = self._look(max_records)
            except TimeoutError:
                pass
        return found or Poll(at_end=self._at_end())

    def _look(self, max_records: int) -> Poll | None:
        if self._rebalanced:
            revoked, self._told = self._told, self._given
            self._rebalanced = False
            self._positions.clear()
            self._started.clear()
            if revoked or self._told:
                return Poll(revoked=tuple(sorted(revoked)), assigned=tuple(sorted(self._told)))
        batches: list[Batch] = []
        left = max_records
        for partition in tuple(self._started):
            records = self._cluster.log(partition).read(self._positions[partition], left) if left else ()
            if records:
                left -= len(records)
                self._positions[partition] = records[-1].offset + 1
                batches.append(Batch(partition, records))
                self._started.remove(partition)  # to the end of the queue, so that a busy partition starves nobody
                self._started.append(partition)
        return Poll(batches=tuple(batches), at_end=self._at_end()) if batches else None

    def _at_end(self) -> frozenset[Partition]:
        if self._rebalanced:
            return frozenset()
        return frozenset(partition for partition in self._started if not self._rest(partition))

    def _rest(self, partition: Partition) -> int:
        log = self._cluster.log(partition)
        position = self._positions[partition]
        return log.end - position if log.read(position, 1) else 0

    async def start(self, partition: Partition, offset: int | None) -> None:
        """Let the partition's records flow, from `offset`; None is the oldest record there is."""
        if self._closed or self._rebalanced or partition not in self._told:
            return
        log = self._cluster.log(partition)
        inside = offset is not None and log.oldest <= offset <= log.end
        self._positions[partition] = offset if offset is not None and inside else log.oldest
        if partition not in self._started:
            self._started.append(partition)
        self._changed.set()

    def pause(self, partition: Partition) -> None:
        """Read nothing more of the partition until `start`."""
        if partition in self._started:
            self._started.remove(partition)

    def lag(self, partition: Partition) -> int | None:
        """Records between our position and the log's end; None while unknown."""
        return self._rest(partition) if partition in self._positions else None

    async def rejoin(self) -> None:
        """Leave the group and join it again."""
        if not self._closed:
            self._cluster.leave(self._group, self)
            self._cluster.join(self._group, self)

    async def close(self) -> None:
        """Leave the group; a waiting poll ends."""
        if self._closed:
            return
        self._closed = True
        self._cluster.leave(self._group, self)
        self._given = self._told = frozenset()
        self._positions.clear()
        self._started.clear()
        self._changed.set()
