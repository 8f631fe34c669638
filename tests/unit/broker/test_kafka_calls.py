import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from streams.broker.kafka_calls import stop_consumer

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


async def test_our_own_cancel_goes_through_and_still_leaves_nothing_behind(group: asyncio.TaskGroup) -> None:
    client = Client(group, stop=never)
    stopping = group.create_task(stop_consumer(client, seconds=60), name="stop")
    await asyncio.sleep(0)  # noqa: TID251  # one turn, so that it has begun

    stopping.cancel()
    await asyncio.wait({stopping})

    assert stopping.cancelled()
    assert all(task.cancelled() for task in client.tasks.all())
    assert client.connections.closed
