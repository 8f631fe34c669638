"""Serves an app until told to stop, within five seconds of being told.

What is not HTTP/1.1, or has a head beyond `LONGEST_HEADER_BYTES`, never becomes a request: it is answered with a 400 in
plain text, not a problem document, the connection is closed, and no metric counts it.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from alerting.api.bounded_http import HEAD_SECONDS, UNREAD_SECONDS, bounded_http
from alerting.api.file_limit import raise_file_limit
from alerting.api.front import Front
from alerting.api.live import LiveTimeline
from streams.errors import InvalidConfig

GRACE_SECONDS: Final = 3
LONGEST_HEADER_BYTES: Final = 32_768

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to the process it runs in, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        except asyncio.CancelledError:
            # Somebody else in this process failed. The application's own task would be left behind, and cut down later
            # with a traceback that hides what really went wrong.
            if self.started:
                async with asyncio.timeout(GRACE_SECONDS):
                    await self.lifespan.shutdown()
            raise

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


Served = FastAPI | Front
"""What can be served, for those who know nothing of the library."""


async def serve_http(
    app: Served,
    *,
    host: str,
    port: int,
    stop: asyncio.Event,
    started: Callable[[str], None],
    name: str = "api.port",
    head_seconds: float = HEAD_SECONDS,
    unread_seconds: float = UNREAD_SECONDS,
) -> None:
    """Serve `app` until `stop`; then let requests finish, for three seconds, and return.

    Args:
        port: 0 takes a free one.
        started: Called once with the address, such as `http://127.0.0.1:8080`, when requests are answered.
        name: The setting to name where the port is taken.
        head_seconds: Longest wait for a request on an open connection, > 0.
        unread_seconds: Longest wait for a client to read its answer, > 0.

    Raises:
        InvalidConfig: The port is taken, or the host is none of this machine's.
    """
    raise_file_limit()
    listener = _listen(host, port, name)
    real = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        http=bounded_http(head_seconds=head_seconds, unread_seconds=unread_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LONGEST_HEADER_BYTES,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, lambda: started(f"http://{shown}:{real}"))
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve([listener]), name="http.serve")
            stopping = group.create_task(_stop(app, server, stop), name="http.stop")
            serving.add_done_callback(lambda _: stopping.cancel())
    finally:
        listener.close()


async def _stop(app: Served, server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    live = getattr(app.state, "live", None)
    if isinstance(live, LiveTimeline):
        live.close()
    server.should_exit = True


def _listen(host: str, port: int, name: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            reason = f"{name}: port {port} on {host} is taken by another process; name a free one, or 0 for any"
        else:
            reason = f"{name}: cannot listen on {host}, port {port}: {exc.strerror or exc}"
        raise InvalidConfig((reason,)) from exc
    listener.setblocking(False)  # noqa: FBT003  # positional only
    return listener
