"""A wire between a client and a server that can be cut: bytes pass in both directions until then."""

import asyncio
from asyncio import StreamReader, StreamWriter
from types import TracebackType
from typing import Self


class Wire:
    """Listens on a free port of loopback and leads to `host:port`.

    A cut is one of the kind that says nothing: connections stay open, and no byte passes; `mend` closes those and lets
    new ones through.
    """

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._whole = asyncio.Event()
        self._whole.set()

    @property
    def port(self) -> int:
        """Where to connect to."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        await self._server.wait_closed()

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._whole.clear()

    def mend(self) -> None:
        """What was connected is lost; new connections pass."""
        for writer in self._writers:
            writer.transport.abort()
        self._whole.set()

    async def _connect(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._whole.wait()
            theirs, ours = await asyncio.open_connection(*self._behind)
            self._writers.add(ours)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pass(reader, ours), name="wire.there")
                    group.create_task(self._pass(theirs, writer), name="wire.back")
            finally:
                self._writers.discard(ours)
                ours.close()
        except* OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()
        writer.close()
