"""One producer of the Kafka client, with an end to everything."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, MessageSizeTooLargeError

from streams.broker.base import Outgoing, Partition
from streams.broker.kafka_access import access_again
from streams.broker.kafka_calls import is_cancelled, look_at_error, milliseconds, transaction_timeout_seconds, within
from streams.broker.kafka_start import start_client
from streams.errors import RecordTooLarge
from streams.settings import KafkaSettings

_LINGER_MS: Final = 2
_BATCH_BYTES: Final = 256 * 1024
_REQUEST_BYTES: Final = 64 * 1024 * 1024  # the broker's own limit per topic decides, not the client
_RETRY_BACKOFF_MS: Final = 100
_STOP_SECONDS: Final = 3.0
_ABANDON_SECONDS: Final = 1.0


class KafkaProducer:
    """Sends records and waits until Kafka has them.

    After any error the producer is used up: its sequence numbers and its transaction may have holes. Make a new one.

    Args:
        idempotent: No record twice however often the client repeats a request. Tansu cannot do it.
        transactional_id: Makes `transact` possible, and fences every older producer of the same id on `start`.
    """

    def __init__(
        self, settings: KafkaSettings, *, idempotent: bool = False, transactional_id: str | None = None
    ) -> None:
        self._settings = settings
        self._producer: Any = AIOKafkaProducer(
            **access_again(settings),
            acks="all",
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            compression_type="zstd",
            retry_backoff_ms=_RETRY_BACKOFF_MS,
            request_timeout_ms=milliseconds(settings.request_timeout_seconds),
            enable_idempotence=idempotent or transactional_id is not None,
            transactional_id=transactional_id,
            transaction_timeout_ms=milliseconds(transaction_timeout_seconds(settings)),
        )

    async def start(self) -> None:
        """Connect, and fence older producers of the same transactional id.

        Raises:
            BrokerUnavailable: Kafka did not answer; the producer is used up.
        """
        try:
            await start_client(self._settings, "accept a producer", self._producer.start)
        except BaseException:
            await self.abandon()
            raise

    async def send(self, outgoing: Sequence[Outgoing]) -> int | None:
        """Send the records, wait for each and answer the last one's offset; the client's errors pass through."""
        futures: list[asyncio.Future[Any]] = []
        try:
            for record in outgoing:
                futures.append(  # noqa: PERF401 - a comprehension would lose the futures when a send fails
                    await self._producer.send(
                        record.kafka_topic,
                        value=record.value,
                        key=record.key,
                        partition=record.partition,
                        timestamp_ms=record.timestamp_ms,
                        headers=list(record.headers),
                    )
                )
            if futures:
                await asyncio.wait(futures)
        except BaseException:
            for future in futures:
                future.add_done_callback(look_at_error)
            raise
        failed = [
            (record, error)
            for record, future in zip(outgoing, futures, strict=True)
            if (error := future.exception()) is not None
        ]
        if failed:
            _raise(failed)
        return futures[-1].result().offset if futures else None

    async def transact(
        self, outgoing: Sequence[Outgoing], group: str, partition: Partition, next_offset: int
    ) -> int | None:
        """Send the records and commit the position in one transaction; answers and errors as of `send`.

        The client commits a transaction although a send in it failed, so every send is awaited first.
        """
        await self._producer.begin_transaction()
        try:
            last = await self.send(outgoing)
            await self._producer.send_offsets_to_transaction({TopicPartition(*partition): next_offset}, group)
        except IllegalOperation as exc:
            raise self._refusal() from exc
        await self._producer.commit_transaction()
        return last

    def _refusal(self) -> BaseException:
        """Why the transaction was over before we ended it: between two sends the client only says that it is."""
        ended = self._producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001
        error: BaseException | None = ended.exception() if ended.done() and not ended.cancelled() else None
        return error or KafkaError("the transaction was ended by Kafka")

    async def abort(self) -> None:
        """Undo the open transaction; the client's errors pass through."""
        await self._producer.abort_transaction()

    async def stop(self) -> None:
        """Send what is pending and close; give up after three seconds."""
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._producer.stop()
        except (TimeoutError, KafkaError):
            await self.abandon()
        except asyncio.CancelledError:
            await self.abandon()
            if is_cancelled():
                raise

    async def abandon(self) -> None:
        """Close without waiting for anything: nothing pending will be sent later. Takes at most three seconds.

        Whoever is cancelled meanwhile still closes everything, and is cancelled then.
        """
        # The client has no such call: left alone it would try for ever and write once Kafka is back. So its sending
        # task ends first; then whatever waits for it is told, and nothing holds up the ordinary stop any more.
        interrupted: asyncio.CancelledError | None = None
        for close in (self._producer._sender.close, self._stop_anyway, self._producer.client.close):  # noqa: SLF001
            try:
                await within(_ABANDON_SECONDS, close())
            except asyncio.CancelledError as exc:
                interrupted = exc
        if interrupted is not None and is_cancelled():
            raise interrupted

    async def _stop_anyway(self) -> None:
        accumulator = self._producer._message_accumulator  # noqa: SLF001
        transactions = self._producer._txn_manager  # noqa: SLF001
        accumulator.fail_all(KafkaError("given up"))
        waiters = [batch._drain_waiter for batches in accumulator._batches.values() for batch in batches]  # noqa: SLF001
        if transactions is not None and transactions.wait_for_transaction_end() is not None:
            waiters.append(transactions.wait_for_transaction_end())
        for waiter in waiters:
            waiter.add_done_callback(look_at_error)
        await self._producer.stop()


def _raise(failed: list[tuple[Outgoing, BaseException]]) -> NoReturn:
    """The first error, or which record was too large: one refusal fails everything that travelled with it."""
    refused = [record for record, error in failed if isinstance(error, MessageSizeTooLargeError)]
    if not refused:
        raise failed[0][1]
    largest = max(refused, key=lambda record: len(record.value or b""))
    raise RecordTooLarge(
        f"Kafka refuses a record of {len(largest.value or b'')} bytes with key {(largest.key or b'')[:80]!r} for "
        f"{largest.kafka_topic}, whose max.message.bytes is smaller"
    ) from failed[0][1]
