"""Whoever waits for heartbeats outside, on loopback."""

from aiohttp import web

from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock


class Watchdog(OnLoopback):
    """Notes when each heartbeat came, in seconds since 1970, and by what method.

    Attributes:
        script: What goes wrong with its calls, by the name `ping`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.script = Script()
        self.heard: list[float] = []
        self.methods: list[str] = []
        self._server = LoopbackServer(
            {"/ping": self._ping},
            name_of=lambda _: "ping",
            refuse=lambda status, error: web.Response(status=status, text=error),
            clock=clock,
            script=self.script,
        )

    @property
    def url(self) -> str:
        """Where heartbeats go."""
        return f"{self._server.url}/ping"

    async def _ping(self, request: web.Request) -> web.Response:
        self.heard.append(self._clock.now().timestamp())
        self.methods.append(request.method)
        return web.Response(text="ok")
