import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from streams.broker.kafka_producer import KafkaProducer
from streams.settings import KafkaSettings

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


async def producer_of(client: Client) -> KafkaProducer:
    producer = KafkaProducer(KafkaSettings())
    await producer.stop()  # the real client, which was never started
    producer._producer = client
    return producer


async def cancelled_in_the_middle(closing: Awaitable[None]) -> "asyncio.Task[None]":
    async def close() -> None:
        await closing

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(close(), name="closing")
        await asyncio.sleep(0)  # noqa: TID251  # one turn, so that it has begun
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
