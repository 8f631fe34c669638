import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka.errors import IllegalOperation, KafkaTimeoutError, ProducerFenced

from streams.broker.base import Outgoing, Partition
from streams.broker.kafka_calls import answering
from streams.broker.kafka_producer import KafkaProducer
from streams.errors import BrokerUnavailable, Fenced
from streams.settings import KafkaSettings
from tests.fakes.hurrying_clock import rounds_of_the_loop

Act = Callable[[], Awaitable[None]]


async def at_once() -> None:
    pass


async def never() -> None:
    await asyncio.Event().wait()


async def awaits_a_cancelled_task() -> None:
    raise asyncio.CancelledError


class Part:
    """Of the client: its sender, its connections, or what it has gathered."""

    def __init__(self, close: Act = at_once) -> None:
        self._close = close
        self._batches: dict[str, Any] = {}
        self.closed = False
        self.failed = False

    async def close(self) -> None:
        self.closed = True
        await self._close()

    def fail_all(self, error: Exception) -> None:
        del error
        self.failed = True


class Transaction:
    """The client's account of a transaction that Kafka ended before we did."""

    def __init__(self, error: Exception | None) -> None:
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if error is not None:
            self._ended.set_exception(error)

    def wait_for_transaction_end(self) -> "asyncio.Future[None]":
        return self._ended


class Ended:
    """A producer of the client that hears from Kafka that its transaction is over, between two sends."""

    def __init__(self, error: Exception | None) -> None:
        self._txn_manager = Transaction(error)
        self._sends = 0

    async def begin_transaction(self) -> None: ...

    async def send(self, kafka_topic: str, **record: object) -> "asyncio.Future[None]":
        del kafka_topic, record
        self._sends += 1
        if self._sends > 1:
            raise IllegalOperation("Can't send messages while not in transaction")
        return self._txn_manager.wait_for_transaction_end()


class Client:
    """A producer of the client whose closing goes as a test says."""

    _txn_manager = None

    def __init__(self, *, end_sending: Act = at_once, stop: Act = at_once) -> None:
        self._sender = Part(end_sending)
        self._message_accumulator = self.gathered = Part()
        self.client = Part()
        self._stop = stop
        self.stopped = False

    async def stop(self) -> None:
        self.stopped = True
        await self._stop()


async def producer_of(client: Client | Ended) -> KafkaProducer:
    producer = KafkaProducer(KafkaSettings())
    await producer.stop()  # the real client, which was never started
    producer._producer = client
    return producer


async def cancelled_in_the_middle(closing: Awaitable[None]) -> "asyncio.Task[None]":
    async def close() -> None:
        await closing

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(close(), name="closing")
        await rounds_of_the_loop(1)  # it has begun
        task.cancel()
    return task


async def test_whoever_is_cancelled_while_giving_up_still_closes_everything() -> None:
    client = Client(end_sending=never)

    task = await cancelled_in_the_middle((await producer_of(client)).abandon())

    assert task.cancelled()
    assert client.gathered.failed
    assert client.stopped
    assert client.client.closed


async def test_whoever_is_cancelled_while_stopping_still_closes_everything() -> None:
    client = Client(stop=never)

    task = await cancelled_in_the_middle((await producer_of(client)).stop())

    assert task.cancelled()
    assert client.client.closed


@pytest.mark.parametrize("closing", ["abandon", "stop"])
async def test_a_cancelled_task_of_the_client_does_not_cancel_us(closing: str) -> None:
    client = Client(end_sending=awaits_a_cancelled_task, stop=awaits_a_cancelled_task)

    producer = await producer_of(client)

    await getattr(producer, closing)()

    assert client.client.closed


@pytest.mark.parametrize(
    ("error", "raised"),
    [(ProducerFenced(), Fenced), (KafkaTimeoutError(), BrokerUnavailable), (None, BrokerUnavailable)],
)
async def test_a_transaction_that_ends_between_two_sends_tells_why(
    error: Exception | None, raised: type[Exception]
) -> None:
    settings = KafkaSettings()
    producer = await producer_of(Ended(error))

    with pytest.raises(raised):
        async with answering(settings, "commit"):
            await producer.transact([Outgoing("partials", b"a", b"b")] * 2, "score", Partition("mentions", 0), 7)
