"""Apache Kafka, and whatever speaks its protocol, through aiokafka."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

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
from streams.broker.kafka_access import access, access_again
from streams.broker.kafka_calls import RETRY_SECONDS, answering, milliseconds, sending_seconds, stop_consumer, within
from streams.broker.kafka_consumer import KafkaConsumer
from streams.broker.kafka_follow import follow
from streams.broker.kafka_plain_writer import KafkaPlainWriter
from streams.broker.kafka_producer import KafkaProducer
from streams.broker.kafka_scan import scan
from streams.broker.kafka_start import start_client
from streams.broker.kafka_writer import KafkaWriter
from streams.clock import Clock, SystemClock
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings

_NO_ERROR: Final = 0
_LEADER_NOT_AVAILABLE: Final = 5
_CLOSE_SECONDS: Final = 2.0


class KafkaBroker:
    """A connection to one Kafka cluster. Leaving it leaves the groups and closes the writers.

    Entering it raises BrokerUnavailable, with the address, when nobody answers there. The guarantee is the one of the
    settings; a cluster without transactions refuses `exactly_once` instead of quietly doing less.
    """

    def __init__(self, settings: KafkaSettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock: Clock = clock or SystemClock()
        self._admin: Any = None
        self._producer: KafkaProducer | None = None
        self._producer_starts = asyncio.Lock()
        self._consumers: list[KafkaConsumer] = []
        self._members: dict[str, KafkaConsumer] = {}
        self._open_writers: set[KafkaWriter] = set()

    @property
    def guarantee(self) -> Guarantee:
        """What the settings ask for."""
        return self._settings.guarantee

    async def __aenter__(self) -> Self:
        admin: Any = AIOKafkaAdminClient(
            request_timeout_ms=milliseconds(self._settings.request_timeout_seconds), **access(self._settings)
        )
        try:
            await start_client(self._settings, "answer", admin.start)
        except BaseException:
            await within(_CLOSE_SECONDS, admin.close())
            raise
        self._admin = admin
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in tuple(self._open_writers):
            await writer.close()
        for consumer in self._consumers:
            await consumer.close()
        self._consumers.clear()
        self._members.clear()
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
        admin, self._admin = self._admin, None
        if admin is not None:
            await within(_CLOSE_SECONDS, admin.close())

    async def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing; leave alone what exists. Returns when every topic can be written.

        Raises:
            BrokerUnavailable: Kafka did not answer or refused.
        """
        existing, leaderless = await self._shapes([spec.name for spec in specs])
        missing = [spec for spec in specs if spec.name not in existing and spec.name not in leaderless]
        if not missing:
            return
        async with answering(self._settings, "create topics"):
            response = await self._admin.create_topics(
                [
                    NewTopic(
                        name=spec.name,
                        num_partitions=spec.partitions,
                        replication_factor=spec.replication,
                        topic_configs=dict(spec.config),
                    )
                    for spec in missing
                ]
            )
            for name, code, *reason in response.topic_errors:
                error = for_code(code)
                if code != _NO_ERROR and error is not TopicAlreadyExistsError:
                    raise error(f"{name}: {reason[0] if reason else error.__name__}")
            names = [spec.name for spec in missing]
            while set(names) - set((await self._shapes(names))[0]):
                await self._clock.sleep(RETRY_SECONDS)

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicDescription]:
        """The topics that exist, by name.

        Raises:
            BrokerUnavailable: Kafka did not answer.
        """
        shapes, leaderless = await self._shapes(names)
        if leaderless:
            raise BrokerUnavailable(f"{', '.join(leaderless)}: not every partition has a leader just now")
        if not shapes:
            return {}
        configs: dict[str, dict[str, str]] = {name: {} for name in shapes}
        async with answering(self._settings, "describe topics"):
            responses = await self._admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name) for name in shapes]
            )
        for response in responses:
            for code, message, _, name, entries in response.resources:
                if code != _NO_ERROR:
                    raise BrokerUnavailable(f"Kafka did not describe {name}: {message or for_code(code).__name__}")
                configs[name] = {entry[0]: entry[1] for entry in entries if entry[1] is not None}
        return {
            name: TopicDescription(name=name, partitions=partitions, replication=replication, config=configs[name])
            for name, (partitions, replication) in shapes.items()
        }

    async def _shapes(self, names: Sequence[str]) -> tuple[dict[str, tuple[int, int]], tuple[str, ...]]:
        """Partitions and replication of what exists; and what exists, but with a partition that has no leader."""
        if not names:
            return {}, ()
        async with answering(self._settings, "describe topics"):
            described = await self._admin.describe_topics()  # asking by name may create what is missing
        shapes: dict[str, tuple[int, int]] = {}
        leaderless: list[str] = []
        for topic in described:
            name, partitions = topic["topic"], topic["partitions"]
            if name not in names or topic["error_code"] not in {_NO_ERROR, _LEADER_NOT_AVAILABLE}:
                continue
            if partitions and all(partition["leader"] >= 0 for partition in partitions):
                shapes[name] = (len(partitions), len(partitions[0]["replicas"]))
            else:
                leaderless.append(name)
        return shapes, tuple(leaderless)

    async def consumer(self, group: str, kafka_topics: Sequence[str]) -> Consumer:
        """Join `group` and read `kafka_topics`; the first polls tell what was assigned."""
        consumer = KafkaConsumer(self._settings, self._clock, group, kafka_topics)
        await consumer.connect()
        self._consumers.append(consumer)
        self._members[group] = consumer
        return consumer

    def writer(self, group: str, partition: Partition) -> PartitionWriter:
        """The writer for one input partition of `group`; call `open` before anything else."""
        if self.guarantee is Guarantee.EXACTLY_ONCE:
            return KafkaWriter(
                self._settings, group, partition, committed=self._committed, open_writers=self._open_writers
            )
        return KafkaPlainWriter(
            group, partition, send=self.send, committed=self._committed, commit=self._commit_position
        )

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Write records outside any group; durable and in order when this returns.

        Raises:
            BrokerUnavailable: Some may have been written.
            RecordTooLarge: A record exceeds its topic's limit; others may have been written.
        """
        producer = await self._shared_producer()
        try:
            seconds = sending_seconds(self._settings, outgoing)
            async with answering(self._settings, f"take {len(outgoing)} records", seconds=seconds):
                await producer.send(outgoing)
        except BaseException:
            if self._producer is producer:
                self._producer = None
            await producer.abandon()
            raise

    async def _shared_producer(self) -> KafkaProducer:
        async with self._producer_starts:
            if self._producer is None:
                producer = KafkaProducer(self._settings, idempotent=self.guarantee is Guarantee.EXACTLY_ONCE)
                await producer.start()
                self._producer = producer
            return self._producer

    def scan(
        self, partition: Partition, start: int | None, stop: int | None = None
    ) -> AsyncIterator[tuple[Record, ...]]:
        """Committed records with `start <= offset < stop`, in packs, oldest first; see the contract."""
        return scan(self._settings, self._clock, partition, start, stop)

    def follow(self, partition: Partition, start: int | None) -> AsyncIterator[tuple[Record, ...]]:
        """Committed records from `start` on, in packs, oldest first, without end; see the contract."""
        return follow(self._settings, self._clock, partition, start)

    async def _committed(self, group: str, partition: Partition) -> int | None:
        source = TopicPartition(*partition)
        async with answering(self._settings, f"tell the position of {group} in {partition}"):
            while True:
                try:
                    found = await self._admin.list_consumer_group_offsets(group, partitions=[source])
                except KafkaError:  # the coordinator is moving or loading; bounded by the timeout around us
                    found = {}
                if source in found:  # its absence hides an error, not "never committed"
                    offset: int = found[source].offset
                    return None if offset < 0 else offset
                await self._clock.sleep(RETRY_SECONDS)

    async def _commit_position(self, group: str, partition: Partition, next_offset: int) -> None:
        member = self._members.get(group)
        if member is not None:
            await member.commit(partition, next_offset)
            return
        kafka: Any = AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **access_again(self._settings))
        source = TopicPartition(*partition)
        try:
            await start_client(self._settings, "accept a consumer", kafka.start)
            async with answering(self._settings, f"commit the position of {partition}"):
                kafka.assign([source])
                await kafka.commit({source: next_offset})
        finally:
            await stop_consumer(kafka, seconds=self._settings.request_timeout_seconds)
