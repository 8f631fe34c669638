"""Read a partition on and on, outside any group."""

from collections.abc import AsyncIterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from streams.broker.base import Partition, Record
from streams.broker.kafka_access import access_again
from streams.broker.kafka_calls import GOODBYE_SECONDS, answering, milliseconds, stop_consumer
from streams.broker.kafka_records import records_of
from streams.broker.kafka_start import start_client
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings

_WAIT_MS: Final = 500  # Kafka answers at once where there is something, and else so seldom that waiting costs nothing
_PACK_RECORDS: Final = 2000


async def follow(
    settings: KafkaSettings, clock: Clock, partition: Partition, start: int | None
) -> AsyncIterator[tuple[Record, ...]]:
    """Committed records from `start` on, in packs, without end; see the contract of `Broker.follow`.

    Raises:
        BrokerUnavailable: Kafka stopped answering, or `start` does not lie in the log.
    """
    kafka: Any = AIOKafkaConsumer(
        **access_again(settings),
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        fetch_max_wait_ms=_WAIT_MS,
        request_timeout_ms=milliseconds(settings.request_timeout_seconds),
    )
    source = TopicPartition(*partition)
    try:
        await start_client(settings, "accept a consumer", kafka.start)
        async with answering(settings, f"open {partition}"):
            kafka.assign([source])
            oldest: int = (await kafka.beginning_offsets([source]))[source]
            kafka.seek(source, oldest if start is None else max(start, oldest))
        opened_ms = clock.now().timestamp() * 1000  # who never asks is as silent as who never answers
        while True:
            async with answering(settings, f"read {partition}"):
                try:
                    found = await kafka.getmany(timeout_ms=_WAIT_MS, max_records=_PACK_RECORDS)
                except OffsetOutOfRangeError as exc:
                    raise BrokerUnavailable(f"{partition} does not reach to offset {start}; was it made anew?") from exc
            yield records_of(partition, found.get(source, ()))
            answered_ms: int | None = kafka.last_poll_timestamp(source)
            silent = clock.now().timestamp() - (answered_ms or opened_ms) / 1000
            if silent > settings.request_timeout_seconds:
                raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} stopped answering about {partition}")
    finally:
        await stop_consumer(kafka, seconds=GOODBYE_SECONDS)
