"""A member of a consumer group on Kafka."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from streams.broker.base import Batch, Partition, Poll
from streams.broker.kafka_access import access_again
from streams.broker.kafka_assignor import RendezvousAssignor
from streams.broker.kafka_calls import CLIENT_ERRORS, answering, is_cancelled, milliseconds, stop_consumer
from streams.broker.kafka_records import records_of
from streams.broker.kafka_start import start_client
from streams.clock import Clock
from streams.errors import BrokerUnavailable, Fenced
from streams.settings import KafkaSettings

log = structlog.get_logger()

_FETCH_WAIT_MS: Final = 50
_METADATA_MAX_AGE_MS: Final = 30_000
_PROOF_SECONDS: Final = 2.0
_PROBE_SECONDS: Final = 5.0


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]  # the client carries no types
    """Reads the partitions its group gave it, committed records only.

    A rebalance revokes everything first (Kafka's eager protocol), so a member that was thought dead never goes on with
    a partition that somebody else had meanwhile.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock, group: str, kafka_topics: Iterable[str]) -> None:
        self._settings = settings
        self._clock = clock
        self._group = group
        self._kafka_topics = tuple(kafka_topics)
        self._kafka: Any = None
        self._closed = False
        self._waiting: asyncio.Timeout | None = None
        self._rebalanced = False
        self._given: frozenset[Partition] = frozenset()
        self._told: frozenset[Partition] = frozenset()
        self._started: dict[Partition, int | None] = {}  # with the stamp of the last fetch before the start
        self._positions: dict[Partition, int] = {}
        self._alive = clock.monotonic()

    async def connect(self) -> None:
        """Join the group; partitions come with a later poll.

        Raises:
            BrokerUnavailable: Kafka did not answer.
        """
        session = self._settings.session_timeout_seconds
        kafka: Any = AIOKafkaConsumer(
            **access_again(self._settings),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # only where retention overtook us; otherwise `start` says from where
            isolation_level="read_committed",
            partition_assignment_strategy=(RendezvousAssignor,),
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            metadata_max_age_ms=_METADATA_MAX_AGE_MS,
            session_timeout_ms=milliseconds(session),
            heartbeat_interval_ms=milliseconds(min(3.0, session / 3)),
            rebalance_timeout_ms=milliseconds(session),
            request_timeout_ms=milliseconds(max(self._settings.request_timeout_seconds, session + 5)),
        )
        try:
            await start_client(self._settings, "accept a consumer", kafka.start)
        except BaseException:
            await self._stop(kafka)
            raise
        kafka.subscribe(self._kafka_topics, listener=self)
        self._kafka = kafka
        self._alive = self._clock.monotonic()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """The client's call at the beginning of a rebalance."""
        del revoked
        self._change(frozenset())

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """The client's call at the end of a rebalance."""
        partitions = tuple(assigned)
        if self._kafka is not None and partitions:
            self._kafka.pause(*partitions)
        self._change(frozenset(Partition(one.topic, one.partition) for one in partitions))

    def _change(self, given: frozenset[Partition]) -> None:
        self._given = given
        self._rebalanced = True
        self._alive = self._clock.monotonic()
        self._interrupt()

    def _interrupt(self) -> None:
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def poll(self, *, max_records: int, wait_seconds: float) -> Poll:
        """Up to `max_records` records, waiting at most `wait_seconds` for the first; see the contract."""
        if self._closed:
            return Poll()
        if self._kafka is None:
            await self.connect()
        found: dict[TopicPartition, list[Any]] = {}
        if not self._rebalanced:
            try:
                async with asyncio.timeout(wait_seconds) as self._waiting:
                    found = await self._kafka.getmany(timeout_ms=milliseconds(wait_seconds), max_records=max_records)
            except TimeoutError:
                pass  # nothing came, or a rebalance interrupted us
            except (*CLIENT_ERRORS, asyncio.CancelledError) as exc:
                if isinstance(exc, asyncio.CancelledError) and is_cancelled():
                    raise
                await self._start_over()
                raise BrokerUnavailable(
                    f"Kafka at {self._settings.bootstrap_servers} stopped group {self._group}: {exc or exc!r}"
                ) from exc
            finally:
                self._waiting = None
        if self._rebalanced:
            return self._take_change()
        at_end = await self._look()
        batches = tuple(
            Batch(partition, records_of(partition, records))
            for source, records in found.items()
            if records and (partition := Partition(source.topic, source.partition)) in self._started
        )
        if not batches:
            await self._probe()
        return Poll(batches=batches, at_end=at_end)

    def _take_change(self) -> Poll:
        revoked, self._told = self._told, self._given
        self._rebalanced = False
        self._started.clear()
        self._positions.clear()
        return Poll(revoked=tuple(sorted(revoked)), assigned=tuple(sorted(self._told)))

    async def _look(self) -> frozenset[Partition]:
        """Note all positions and answer which partitions the newest fetch proves caught up.

        The position passes transaction markers and aborted records as soon as they are fetched, so it meets the high
        watermark exactly when nothing is left. While somebody's transaction is open it does not, and rightly so.
        """
        at_end = set()
        now = self._clock.now().timestamp()
        try:
            async with asyncio.timeout(0):  # `position` waits where the client looks for a new one
                for partition, before_ms in tuple(self._started.items()):
                    source = TopicPartition(*partition)
                    self._positions[partition] = await self._kafka.position(source)
                    answered_ms: int | None = self._kafka.last_poll_timestamp(source)
                    if answered_ms is None or answered_ms == before_ms:
                        continue
                    if abs(now - answered_ms / 1000) < _PROOF_SECONDS and self._positions[
                        partition
                    ] >= self._kafka.highwater(source):
                        at_end.add(partition)
        except (TimeoutError, KafkaError, AssertionError):
            return frozenset()
        return frozenset(at_end)

    async def _probe(self) -> None:
        """The client retries in silence; after some silence ask Kafka whether it is there.

        Raises:
            BrokerUnavailable: It is not.
        """
        now = self._clock.monotonic()
        if now - self._alive < min(_PROBE_SECONDS, self._settings.request_timeout_seconds):
            return
        today = self._clock.now().timestamp()
        stamps = [self._kafka.last_poll_timestamp(TopicPartition(*partition)) for partition in self._started]
        if not any(stamp is not None and abs(today - stamp / 1000) < _PROOF_SECONDS for stamp in stamps):
            async with answering(self._settings, "answer"):
                await self._kafka.topics()
        self._alive = self._clock.monotonic()

    async def start(self, partition: Partition, offset: int | None) -> None:
        """Let the partition's records flow, from `offset`; None is the oldest record there is."""
        if not self._holds(partition):
            return
        source = TopicPartition(*partition)
        self._started.pop(partition, None)
        try:
            async with answering(self._settings, f"find the start of {partition}"):
                if offset is not None:
                    self._kafka.seek(source, offset)
                elif not await self._kafka.seek_to_beginning(source):
                    raise TimeoutError
                if not self._holds(partition):
                    return
                self._kafka.resume(source)
        except Fenced:
            return  # the client knows of a rebalance that the next poll will tell
        self._started[partition] = self._kafka.last_poll_timestamp(source)

    def _holds(self, partition: Partition) -> bool:
        return not self._rebalanced and partition in self._told

    def pause(self, partition: Partition) -> None:
        """Read nothing more of the partition until `start`."""
        if self._started.pop(partition, None) is None or self._rebalanced:
            return
        try:
            self._kafka.pause(TopicPartition(*partition))
        except IllegalStateError:
            log.debug("broker.pause_after_rebalance", partition=str(partition))

    def lag(self, partition: Partition) -> int | None:
        """Records and transaction markers between our position and the log's end; None while unknown."""
        position = self._positions.get(partition)
        if self._rebalanced or position is None or self._kafka is None:
            return None
        try:
            high: int | None = self._kafka.highwater(TopicPartition(*partition))
        except AssertionError:  # not assigned any more
            return None
        return None if high is None else max(0, high - position)

    async def commit(self, partition: Partition, next_offset: int) -> None:
        """Commit a position as this member.

        Raises:
            Fenced: The partition is not ours any more.
            BrokerUnavailable: Kafka did not answer; whether it counts is unknown.
        """
        if self._kafka is None or not self._holds(partition):
            raise Fenced(f"{partition} was revoked from this member of {self._group}")
        async with answering(self._settings, f"commit the position of {partition}"):
            await self._kafka.commit({TopicPartition(*partition): next_offset})

    async def rejoin(self) -> None:
        """Leave the group; the next poll makes a new connection and joins it again."""
        await self._start_over()

    async def close(self) -> None:
        """Leave the group; a waiting poll ends."""
        self._closed = True
        self._interrupt()
        await self._start_over()

    async def _start_over(self) -> None:
        kafka, self._kafka = self._kafka, None
        if self._told or self._given:
            self._change(frozenset())
        if kafka is not None:
            await self._stop(kafka)

    async def _stop(self, kafka: Any) -> None:
        reason = await stop_consumer(kafka, seconds=min(5.0, self._settings.request_timeout_seconds))
        if reason is not None:
            log.warning("broker.left_without_goodbye", group=self._group, error=reason)
