"""An HTTP server on a free loopback port, whose calls can go wrong by a script."""

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from alerting.fakes.script import Script, Trouble
from streams.clock import Clock

MAX_BODY_BYTES: Final = 1_000_000

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refuse = Callable[[int, str], web.Response]


class LoopbackServer:
    """Listens on 127.0.0.1 from `start` to `stop`.

    Args:
        calls: What each path does, by path.
        name_of: The name of a path's call in the script.
        refuse: A refusal in the vendor's own form, from HTTP status and error.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        calls: Mapping[str, Handle],
        *,
        name_of: Callable[[str], str],
        refuse: Refuse,
        clock: Clock,
        script: Script,
        port: int = 0,
    ) -> None:
        self._calls = calls
        self._name_of = name_of
        self._refuse = refuse
        self._clock = clock
        self._script = script
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen; returns when calls are answered."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        for path, handle in self._calls.items():
            application.router.add_route("*", path, self._answering(handle))
        # A client that gave up must not leave a delayed answer behind that holds the server open.
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _answering(self, handle: Handle) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, handle)

        return answer

    async def _answer(self, request: web.Request, handle: Handle) -> web.StreamResponse:
        act = self._script.take(self._name_of(request.path))
        if act is None:
            return await handle(request)
        if act.trouble is Trouble.ANSWER:
            refused = self._refuse(act.status, act.error)
            if act.retry_after is not None:
                refused.headers["Retry-After"] = act.retry_after
            return refused
        answer = await handle(request) if act.accepted else web.Response()
        if act.trouble is Trouble.DELAY:
            await self._clock.sleep(act.seconds)
        elif request.transport is not None:
            request.transport.abort()
        return answer


class OnLoopback:
    """Whoever is served on loopback: listens while entered."""

    _server: LoopbackServer

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop()
