"""The writer of one input partition on a memory cluster."""

from collections.abc import Sequence

from streams.broker.base import Outgoing, Partition
from streams.broker.memory_cluster import MemoryCluster
from streams.broker.memory_consumer import breathe
from streams.errors import Fenced


class MemoryWriter:
    """Writes records and position in one step that nothing can interrupt."""

    def __init__(self, cluster: MemoryCluster, group: str, partition: Partition) -> None:
        self._cluster = cluster
        self._group = group
        self._partition = partition
        self._epoch = 0

    async def open(self) -> int | None:
        """Become the partition's only writer and answer the committed next offset; None when there is none."""
        await breathe()
        self._cluster.log(self._partition)
        self._epoch = self._cluster.next_epoch(self._group, self._partition)
        return self._cluster.committed(self._group, self._partition)

    async def commit(
        self, outgoing: Sequence[Outgoing], next_offset: int, *, changelog: Sequence[Outgoing] = ()
    ) -> int | None:
        """Make the records and the input position visible, all or nothing; see the contract."""
        await breathe()
        if self._epoch == 0:
            raise RuntimeError("open the writer before the first commit")
        if self._epoch != self._cluster.epoch(self._group, self._partition):
            raise Fenced(f"a newer writer of group {self._group} has {self._partition}")
        self._cluster.append([*outgoing, *changelog])
        self._cluster.commit(self._group, self._partition, next_offset)
        if not changelog or changelog[-1].partition is None:
            return None
        return self._cluster.log(Partition(changelog[-1].kafka_topic, changelog[-1].partition)).end - 1

    async def close(self) -> None:
        """Nothing is held open."""
