"""The broker contract: read with a group, write with the input position, scan to restore.

The order of a takeover is part of the contract: `writer.open()` fences whoever had the partition before and answers
the committed position; only then is state restored; only then does `consumer.start` let records flow.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import msgspec


class Guarantee(StrEnum):
    """What a broker promises about `PartitionWriter.commit`."""

    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"


class Partition(NamedTuple):
    """One partition of one Kafka topic."""

    kafka_topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.kafka_topic}-{self.number}"


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it was read. `timestamp_ms` is the broker's or producer's, milliseconds since 1970."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record to be written. Without `partition` the key decides, as Kafka's default partitioner does (murmur2)."""

    kafka_topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


class Batch(msgspec.Struct, frozen=True, gc=False):
    """Records of one partition, oldest first, never empty."""

    partition: Partition
    records: tuple[Record, ...]


class Poll(msgspec.Struct, frozen=True):
    """What one `Consumer.poll` saw, to be treated in this order: revoked, assigned, batches.

    Attributes:
        revoked: No longer ours; what was not committed will be done again by the new owner.
        assigned: Newly ours and paused until `Consumer.start`.
        at_end: Started partitions that are proven caught up: nothing stands between our position and the log's end.
    """

    revoked: tuple[Partition, ...] = ()
    assigned: tuple[Partition, ...] = ()
    batches: tuple[Batch, ...] = ()
    at_end: frozenset[Partition] = frozenset()


class TopicSpec(msgspec.Struct, frozen=True):
    """How a Kafka topic has to be. `config` are Kafka's own topic settings."""

    name: str
    partitions: int
    replication: int = 1
    config: Mapping[str, str] = {}


class TopicDescription(msgspec.Struct, frozen=True):
    """How a Kafka topic is."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


class Consumer(Protocol):
    """One member of a consumer group. Reads committed records only."""

    async def poll(self, *, max_records: int, wait_seconds: float) -> Poll:
        """Up to `max_records` records, waiting at most `wait_seconds` for the first.

        Raises:
            BrokerUnavailable: The broker does not answer; polling again later is safe.
        """
        ...

    async def start(self, partition: Partition, offset: int | None) -> None:
        """Let the partition's records flow, from `offset`; None is the oldest record there is.

        Without effect if the partition was revoked meanwhile.
        """
        ...

    def pause(self, partition: Partition) -> None:
        """Read nothing more of the partition until `start`."""
        ...

    def lag(self, partition: Partition) -> int | None:
        """Records between our position and the log's end; None while unknown."""
        ...

    async def rejoin(self) -> None:
        """Leave the group and start from scratch; the next polls tell everything as revoked, then as assigned."""
        ...

    async def close(self) -> None:
        """Leave the group."""
        ...


class PartitionWriter(Protocol):
    """Writes what one input partition led to, together with how far that partition was read."""

    async def open(self) -> int | None:
        """Become the partition's only writer and answer the committed next offset; None when none was ever committed.

        Raises:
            BrokerUnavailable: Try again.
        """
        ...

    async def commit(
        self, outgoing: Sequence[Outgoing], next_offset: int, *, changelog: Sequence[Outgoing] = ()
    ) -> int | None:
        """Make the records, the state that follows from them and the input position durable.

        Answers the offset of the last changelog record; None where there is none, or nobody knows it.

        exactly_once: all of it or nothing. at_least_once: first every record, then the changelog, then the position:
        state must never say that something was written which was not.

        Raises:
            Fenced: Somebody newer opened this partition; nothing of this call counts.
            BrokerUnavailable: Whether it counts is unknown: `open` again, restore, and go on from its answer.
        """
        ...

    async def close(self) -> None:
        """Give the connection back; an open transaction is aborted."""
        ...


class Broker(Protocol):
    """A connection to one cluster; an async context manager."""

    @property
    def guarantee(self) -> Guarantee:
        """What `PartitionWriter.commit` promises here."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing; leave alone what exists."""
        ...

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicDescription]:
        """The topics that exist, by name."""
        ...

    async def consumer(self, group: str, kafka_topics: Sequence[str]) -> Consumer:
        """Join `group` and read `kafka_topics`."""
        ...

    def writer(self, group: str, partition: Partition) -> PartitionWriter:
        """The writer for one input partition of `group`; call `open` before anything else."""
        ...

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Write records outside any group; durable and in order when this returns.

        Raises:
            BrokerUnavailable: Some may have been written: sending all again is the caller's choice.
        """
        ...

    def scan(
        self, partition: Partition, start: int | None, stop: int | None = None
    ) -> AsyncIterator[tuple[Record, ...]]:
        """Committed records with `start <= offset < stop`, in packs, oldest first.

        None for `start` is the oldest record, for `stop` the end of the log when the scan began. A negative `start` is
        so many offsets before the end of the log. Ends by itself.
        """
        ...

    def follow(self, partition: Partition, start: int | None) -> AsyncIterator[tuple[Record, ...]]:
        """Committed records from `start` on, in packs, oldest first, without end and outside any group.

        None for `start` is the oldest record. New records come within a second of their commit; an empty pack, about
        once a second at the end of the log, lets the caller look at something else.

        Raises:
            BrokerUnavailable: The broker does not answer, or `start` does not lie in the log; follow anew.
        """
        ...
