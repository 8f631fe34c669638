import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from streams.broker.kafka_calls import answering, stop_consumer
from streams.errors import BrokerUnavailable
from streams.settings import KafkaSettings
from tests.fakes.hurrying_clock import rounds_of_the_loop

Act = Callable[[], Awaitable[None]]


async def at_once() -> None:
    pass


async def never() -> None:
    await asyncio.Event().wait()


class Connections:
    def __init__(self, close: Act) -> None:
        self._close = close
        self.closed = False

    async def close(self) -> None:
        self.closed = True
        await self._close()


class Tasks:
    """The client keeps its tasks in private places; these are theirs."""

    _heartbeat_task = None

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._fetch_task = group.create_task(never(), name="fetch")
        self._pending_tasks = {group.create_task(never(), name="pending")}
        self._coordination_task = group.create_task(never(), name="coordination")

    def all(self) -> set["asyncio.Task[None]"]:
        return {self._fetch_task, self._coordination_task, *self._pending_tasks}


class Client:
    """A consumer of the client whose closing goes as a test says."""

    def __init__(self, group: asyncio.TaskGroup, *, stop: Act = at_once, close: Act = at_once) -> None:
        self.stop = stop
        self._client = self.connections = Connections(close)
        self._fetcher = self._coordinator = self.tasks = Tasks(group)


@pytest.fixture
async def group() -> AsyncIterator[asyncio.TaskGroup]:
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        yield group


async def test_a_consumer_that_cannot_say_goodbye_leaves_no_task_behind(group: asyncio.TaskGroup) -> None:
    client = Client(group, stop=never)

    reason = await stop_consumer(client, seconds=0.01)

    assert reason == "TimeoutError()"
    assert all(task.cancelled() for task in client.tasks.all())
    assert client.connections.closed


async def test_connections_that_never_close_are_left(group: asyncio.TaskGroup) -> None:
    client = Client(group, close=never)

    async with asyncio.timeout(3):
        assert await stop_consumer(client, seconds=0.01) is None


async def test_a_cancelled_task_of_the_client_does_not_cancel_us(group: asyncio.TaskGroup) -> None:
    async def awaits_a_cancelled_task() -> None:
        raise asyncio.CancelledError

    client = Client(group, stop=awaits_a_cancelled_task)

    assert await stop_consumer(client, seconds=1) == "one of its tasks was cancelled"


async def test_connections_that_were_given_up_once_do_not_cancel_us(group: asyncio.TaskGroup) -> None:
    """Stopping takes too long, so its futures are cancelled; who closes again awaits what is cancelled already."""
    closed = asyncio.get_running_loop().create_future()

    async def close() -> None:
        await asyncio.gather(closed)  # noqa: TID251  # as the client does

    client = Client(group, stop=close, close=close)

    assert await stop_consumer(client, seconds=0.01) == "TimeoutError()"
    assert closed.cancelled()


async def test_a_call_that_the_client_gives_up_is_an_unavailable_broker_and_ends_no_task() -> None:
    given_up = asyncio.get_running_loop().create_future()
    given_up.cancel()

    with pytest.raises(BrokerUnavailable, match="did not answer: the client gave up on it"):
        async with answering(KafkaSettings(), "answer"):
            await given_up


async def test_our_own_cancel_goes_through_a_call(group: asyncio.TaskGroup) -> None:
    async def call() -> None:
        async with answering(KafkaSettings(), "answer"):
            await never()

    calling = group.create_task(call(), name="call")
    await rounds_of_the_loop(1)  # it has begun
    calling.cancel()
    await asyncio.wait({calling})

    assert calling.cancelled()


async def test_our_own_cancel_goes_through_and_and_still_leaves_nothing_behind(group: asyncio.TaskGroup) -> None:
    client = Client(group, stop=never)
    stopping = group.create_task(stop_consumer(client, seconds=60), name="stop")
    await rounds_of_the_loop(1)  # it has begun

    stopping.cancel()
    await asyncio.wait({stopping})

    assert stopping.cancelled()
    assert all(task.cancelled() for task in client.tasks.all())
    assert client.connections.closed
