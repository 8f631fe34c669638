"""Exactly once: a Kafka transaction per commit, a transactional id per input partition."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from streams.broker.base import Outgoing, Partition
from streams.broker.kafka_calls import answering, sending_seconds, transaction_timeout_seconds
from streams.broker.kafka_producer import KafkaProducer
from streams.errors import BrokerUnavailable, Fenced, RecordTooLarge
from streams.settings import KafkaSettings

log = structlog.get_logger()

Committed = Callable[[str, Partition], Awaitable[int | None]]


class KafkaWriter:
    """Writes records and position in one transaction. After any error `open` has to be called again.

    Kafka answers a commit once it is decided, shortly before readers can see it; `open` waits until they can. Of the
    4.x line at least 4.4 forgets what was decided but not yet visible when no partition has a leader, as after a kill
    of a cluster's only node (KAFKA-20734): exactly_once needs replicas, or a Kafka without that fault.

    Args:
        committed: Answers the committed next offset of a group's partition.
        open_writers: Holds every writer that still has a connection to close.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        partition: Partition,
        *,
        committed: Committed,
        open_writers: "set[KafkaWriter]",
    ) -> None:
        self._open_writers = open_writers
        self._settings = settings
        self._group = group
        self._partition = partition
        self._committed = committed
        self._producer: KafkaProducer | None = None

    async def open(self) -> int | None:
        """Fence every older writer, then answer the committed next offset; None when there is none.

        The order matters: read before the fence, the position could still be moved by the old writer.
        """
        await self.close()
        producer = KafkaProducer(self._settings, transactional_id=f"{self._group}-{self._partition}")
        await producer.start()
        try:
            position = await self._committed(self._group, self._partition)
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        self._open_writers.add(self)
        return position

    async def commit(
        self, outgoing: Sequence[Outgoing], next_offset: int, *, changelog: Sequence[Outgoing] = ()
    ) -> int | None:
        """Make the records and the input position durable, all or nothing; see the contract.

        Raises:
            RecordTooLarge: A record exceeds its topic's limit; nothing of this call counts.
        """
        producer = self._producer
        if producer is None:
            raise BrokerUnavailable(f"the writer of {self._partition} has to be opened again")
        self._producer = None
        try:
            seconds = self._longest_commit_seconds([*outgoing, *changelog])
            async with answering(self._settings, f"commit {self._partition}", seconds=seconds):
                last = await producer.transact([*outgoing, *changelog], self._group, self._partition, next_offset)
        except (BrokerUnavailable, RecordTooLarge):
            await self._abort(producer)
            raise
        except BaseException:
            await producer.abandon()
            raise
        self._producer = producer
        return last if changelog else None

    def _longest_commit_seconds(self, outgoing: Sequence[Outgoing]) -> float:
        """In time for Kafka not to abort it first."""
        return min(sending_seconds(self._settings, outgoing), transaction_timeout_seconds(self._settings) - 1.0)

    async def _abort(self, producer: KafkaProducer) -> None:
        # Readers wait for open transactions, so ending it here spares them the time until the next `open` ends it.
        try:
            async with answering(self._settings, "abort", seconds=min(2.0, self._settings.request_timeout_seconds)):
                await producer.abort()
        except (BrokerUnavailable, RecordTooLarge, Fenced) as exc:
            log.info("broker.abort_left_to_kafka", partition=str(self._partition), error=str(exc))
        finally:
            await producer.abandon()  # also when cancelled, because another partition failed first

    async def close(self) -> None:
        """Give the connection back."""
        self._open_writers.discard(self)
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
