"""A proxy between Kafka clients and one node: it sees every request, and it can be cut."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import TracebackType
from typing import Final, Self

from tests.kafka.apache import HOST, Ports

_SIZE_BYTES: Final = 4
_CORRELATION: Final = slice(4, 8)


class Api(IntEnum):
    """What a client asks for, of what a role asks for.

    Source:
        https://kafka.apache.org/protocol#protocol_api_keys
    """

    PRODUCE = 0
    FETCH = 1
    OFFSET_FETCH = 9
    JOIN_GROUP = 11
    SYNC_GROUP = 14
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


class Moment(Enum):
    """Where an exchange stands."""

    ASKED = "before Kafka hears it"
    ANSWERED = "before the client hears the answer"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A request or its answer in the proxy's hands.

    Attributes:
        port: The client's end of the connection on loopback.
        api: The number of what is asked for, as in `Api`.
    """

    port: int
    api: int
    moment: Moment


Watcher = Callable[[Crossing], Awaitable[object] | None]
"""Called at every crossing; what it awaits holds up this connection alone."""


def nobody(_: Crossing) -> None:
    """Watches nothing."""


class KafkaProxy:
    """Passes bytes between clients and a node's `behind` port, listening at its `door`.

    Args:
        watch: Sees every crossing, in order for each connection.
    """

    def __init__(self, ports: Ports, *, watch: Watcher = nobody) -> None:
        self._ports = ports
        self._watch = watch
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._whole = asyncio.Event()
        self._whole.set()

    @property
    def address(self) -> str:
        """Where clients find it, host:port."""
        return f"{HOST}:{self._ports.door}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, HOST, self._ports.door)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mend()
        if self._server is not None:
            self._server.close()
        self.reset()
        if self._server is not None:
            await self._server.wait_closed()

    def cut(self) -> None:
        """Let nothing through from now on, in no direction, as with a pulled cable."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through again, what waits first."""
        self._whole.set()

    def reset(self) -> None:
        """Break every connection; new ones are welcome."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _connected(self, client_reads: StreamReader, client: StreamWriter) -> None:
        port: int = client.get_extra_info("peername")[1]
        self._writers.add(client)
        try:
            node_reads, node = await asyncio.open_connection(HOST, self._ports.behind)
        except OSError:
            client.transport.abort()
            self._writers.discard(client)
            return
        self._writers.add(node)
        asked: dict[bytes, int] = {}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_requests(client_reads, node, port, asked), name="requests")
                group.create_task(self._pass_answers(node_reads, client, port, asked), name="answers")
        except* (OSError, asyncio.IncompleteReadError):
            pass  # one side is gone, and now the other is told
        finally:
            for writer in (client, node):
                self._writers.discard(writer)
                writer.transport.abort()

    async def _pass_requests(self, reads: StreamReader, node: StreamWriter, port: int, asked: dict[bytes, int]) -> None:
        while True:
            size, frame = await _frame(reads)
            api = int.from_bytes(frame[:2], "big")
            asked[frame[_CORRELATION]] = api
            await self._cross(Crossing(port, api, Moment.ASKED))
            node.writelines((size, frame))
            await node.drain()

    async def _pass_answers(
        self, reads: StreamReader, client: StreamWriter, port: int, asked: dict[bytes, int]
    ) -> None:
        while True:
            size, frame = await _frame(reads)
            api = asked.pop(frame[:4], -1)
            await self._cross(Crossing(port, api, Moment.ANSWERED))
            client.writelines((size, frame))
            await client.drain()

    async def _cross(self, crossing: Crossing) -> None:
        held = self._watch(crossing)
        if held is not None:
            await held
        await self._whole.wait()


async def _frame(reads: StreamReader) -> tuple[bytes, bytes]:
    size = await reads.readexactly(_SIZE_BYTES)
    return size, await reads.readexactly(int.from_bytes(size, "big"))
