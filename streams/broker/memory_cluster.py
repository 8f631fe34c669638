"""What several memory brokers share: topics, committed positions, groups."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final, Protocol

from streams.broker.base import Outgoing, Partition, Record, TopicDescription, TopicSpec
from streams.broker.memory_log import MemoryLog
from streams.broker.partitioner import partition_for
from streams.clock import Clock, SystemClock
from streams.errors import BrokerUnavailable, RecordTooLarge

MAX_RECORD_BYTES: Final = 1_048_576


class Member(Protocol):
    """A consumer as its cluster sees it."""

    kafka_topics: frozenset[str]

    def reassign(self, partitions: frozenset[Partition]) -> None:
        """Everything held before is revoked; `partitions` are ours now."""
        ...

    def wake(self, partition: Partition) -> None:
        """Something new stands in `partition`."""
        ...


class MemoryCluster:
    """Kafka topics and consumer groups in this process, gone with it.

    Give the same cluster to several brokers to have several connections to it: what one writes the others read, and
    what a closed one committed the next one finds.

    Attributes:
        clock: Its brokers wait on it.

    Args:
        clock: Gives a record its time where the sender does not.
        keep_records: At least this many of the newest records of each partition stay; None keeps all. Compacted
            topics keep the newest record of every key instead.
    """

    def __init__(self, *, clock: Clock | None = None, keep_records: int | None = None) -> None:
        if keep_records is not None and keep_records < 1:
            raise ValueError(f"keep_records is {keep_records}; it has to be at least 1")
        self.clock: Clock = clock or SystemClock()
        self._keep_records = keep_records
        self._topics: dict[str, TopicDescription] = {}
        self._logs: dict[Partition, MemoryLog] = {}
        self._groups: dict[str, list[Member]] = {}
        self._readers: dict[Partition, list[Member]] = {}
        self._committed: dict[tuple[str, Partition], int] = {}
        self._epochs: dict[tuple[str, Partition], int] = {}
        self._keyless = count()

    def create(self, spec: TopicSpec) -> None:
        """Create the topic unless it exists."""
        if spec.name in self._topics:
            return
        self._topics[spec.name] = TopicDescription(
            name=spec.name, partitions=spec.partitions, replication=1, config=dict(spec.config)
        )
        compacted = "compact" in spec.config.get("cleanup.policy", "")
        for number in range(spec.partitions):
            self._logs[Partition(spec.name, number)] = MemoryLog(keep=self._keep_records, compacted=compacted)
        for group, members in self._groups.items():
            if any(spec.name in member.kafka_topics for member in members):
                self._rebalance(group)

    @property
    def topics(self) -> Mapping[str, TopicDescription]:
        """All topics by name."""
        return self._topics

    def log(self, partition: Partition) -> MemoryLog:
        """The records of `partition`.

        Raises:
            BrokerUnavailable: There is no such partition.
        """
        log = self._logs.get(partition)
        if log is None:
            raise BrokerUnavailable(f"there is no Kafka partition {partition}")
        return log

    def append(self, outgoing: Sequence[Outgoing]) -> None:
        """Write all records or, when one cannot be written, none.

        Raises:
            BrokerUnavailable: A topic or partition does not exist.
            RecordTooLarge: A record has more than 1,048,576 bytes.
        """
        placed = [(self._place(record), record) for record in outgoing]
        now_ms = int(self.clock.now().timestamp() * 1000)
        for partition, record in placed:
            log = self._logs[partition]
            log.append(
                Record(
                    partition=partition,
                    offset=log.end,
                    key=record.key,
                    value=record.value,
                    timestamp_ms=now_ms if record.timestamp_ms is None else record.timestamp_ms,
                    headers=record.headers,
                )
            )
        for partition in {partition for partition, _ in placed}:
            for member in self._readers.get(partition, ()):
                member.wake(partition)

    def _place(self, record: Outgoing) -> Partition:
        topic = self._topics.get(record.kafka_topic)
        if topic is None:
            raise BrokerUnavailable(f"there is no Kafka topic {record.kafka_topic!r}")
        size = len(record.key or b"") + len(record.value or b"")
        if size > MAX_RECORD_BYTES:
            raise RecordTooLarge(
                f"a record for {record.kafka_topic} has {size} bytes; at most {MAX_RECORD_BYTES} are allowed"
            )
        number = record.partition
        if number is None and record.key is None:
            number = next(self._keyless) % topic.partitions
        elif number is None:
            number = partition_for(record.key or b"", topic.partitions)
        partition = Partition(record.kafka_topic, number)
        self.log(partition)
        return partition

    def committed(self, group: str, partition: Partition) -> int | None:
        """The next offset `group` has to read; None when it never committed one."""
        return self._committed.get((group, partition))

    def commit(self, group: str, partition: Partition, next_offset: int) -> None:
        """Remember the next offset `group` has to read."""
        self._committed[group, partition] = next_offset

    def epoch(self, group: str, partition: Partition) -> int:
        """How often the partition's writer was opened; only the newest may write."""
        return self._epochs.get((group, partition), 0)

    def next_epoch(self, group: str, partition: Partition) -> int:
        """Fence every writer opened so far and answer the epoch of the new one."""
        self._epochs[group, partition] = self.epoch(group, partition) + 1
        return self._epochs[group, partition]

    def join(self, group: str, member: Member) -> None:
        """Take a new member in; everybody's partitions are dealt out anew."""
        self._groups.setdefault(group, []).append(member)
        self._rebalance(group)

    def leave(self, group: str, member: Member) -> None:
        """Let the member go; its partitions go to those who stay."""
        members = self._groups.get(group, [])
        if member not in members:
            return
        members.remove(member)
        for readers in self._readers.values():
            if member in readers:
                readers.remove(member)
        self._rebalance(group)

    def _rebalance(self, group: str) -> None:
        members = self._groups[group]
        shares: dict[int, set[Partition]] = {index: set() for index in range(len(members))}
        for partition in sorted(self._logs):
            readers = self._readers.setdefault(partition, [])
            readers[:] = [reader for reader in readers if reader not in members]
            wanting = [index for index, member in enumerate(members) if partition.kafka_topic in member.kafka_topics]
            if wanting:
                chosen = wanting[partition.number % len(wanting)]
                shares[chosen].add(partition)
                readers.append(members[chosen])
        for index, member in enumerate(members):
            member.reassign(frozenset(shares[index]))
