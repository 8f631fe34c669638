"""Read a partition from one offset to another, outside any group."""

from collections.abc import AsyncIterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from streams.broker.base import Partition, Record
from streams.broker.kafka_access import access_again
from streams.broker.kafka_calls import (
    GOODBYE_SECONDS,
    answering,
    milliseconds,
    stop_consumer,
    transaction_timeout_seconds,
)
from streams.broker.kafka_records import records_of
from streams.broker.kafka_start import start_client
from streams.clock import Clock
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings

_WAIT_MS: Final = 20
_FETCH_BYTES: Final = 4 * 1024 * 1024
_PACK_RECORDS: Final = 2000


async def scan(
    settings: KafkaSettings, clock: Clock, partition: Partition, start: int | None, stop: int | None
) -> AsyncIterator[tuple[Record, ...]]:
    """Committed records with `start <= offset < stop`, in packs; see the contract of `Broker.scan`.

    The end is the high watermark that comes with the first fetch: `ListOffsets` answers the last stable offset, which
    hides records that are committed behind somebody else's open transaction, and on Tansu it answers wrongly. So the
    scan waits for transactions that were open when it began, at most until Kafka aborts them.

    Raises:
        BrokerUnavailable: Kafka does not answer, or a foreign transaction stays open for longer than ours may.
    """
    kafka: Any = AIOKafkaConsumer(
        **access_again(settings),
        enable_auto_commit=False,
        auto_offset_reset="none",  # "earliest" would restart a scan that begins behind the end
        isolation_level="read_committed",
        fetch_max_wait_ms=_WAIT_MS,
        max_partition_fetch_bytes=_FETCH_BYTES,
        request_timeout_ms=milliseconds(settings.request_timeout_seconds),
    )
    try:
        source = TopicPartition(*partition)
        await start_client(settings, "accept a consumer", kafka.start)
        async with answering(settings, f"open {partition}"):
            kafka.assign([source])
            oldest: int = (await kafka.beginning_offsets([source]))[source]
            kafka.seek(source, oldest if start is None else max(start, oldest))
        before_end = -start if start is not None and start < 0 else None
        first, end = 0, stop
        position = -1
        moved = clock.monotonic()
        while True:
            async with answering(settings, f"read {partition}"):
                try:
                    found = await kafka.getmany(timeout_ms=_WAIT_MS, max_records=_PACK_RECORDS)
                except OffsetOutOfRangeError:
                    return  # it begins behind the end of the log
                reached: int = await kafka.position(source)
                high: int | None = kafka.highwater(source)
            if high is not None and (end is None or high < end):
                end = high
            if high is not None and before_end is not None:
                first, before_end = max(oldest, high - before_end), None
                if reached < first:  # only now it is known where the end is; what was fetched lies before
                    kafka.seek(source, first)
                    continue
            pack = tuple(
                record
                for record in records_of(partition, found.get(source, ()))
                if first <= record.offset and (end is None or record.offset < end)
            )
            if pack:
                yield pack
            if end is not None and reached >= end:
                return
            if reached != position:
                position, moved = reached, clock.monotonic()
                continue
            _give_up_when_stalled(settings, clock, partition, moved, kafka.last_poll_timestamp(source))
    finally:
        await stop_consumer(kafka, seconds=GOODBYE_SECONDS)


def _give_up_when_stalled(
    settings: KafkaSettings, clock: Clock, partition: Partition, moved: float, answered_ms: int | None
) -> None:
    still = clock.monotonic() - moved
    silent = None if answered_ms is None else clock.now().timestamp() - answered_ms / 1000
    if still > settings.request_timeout_seconds and (silent is None or silent > settings.request_timeout_seconds):
        raise BrokerUnavailable(f"Kafka at {settings.bootstrap_servers} stopped answering while {partition} was read")
    if still > transaction_timeout_seconds(settings) + settings.request_timeout_seconds:
        raise BrokerUnavailable(f"a transaction in {partition} has stayed open for {still:.0f} seconds")
