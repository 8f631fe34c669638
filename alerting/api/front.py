"""Where requests come in: they are passed on to the API that is in force."""

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from alerting.api.live import LiveTimeline


class Front:
    """Stays while what answers behind it is replaced (ASGI). A request is answered by whoever took it, to its end.

    Args:
        live: Followed as long as the server runs.
    """

    def __init__(self, live: LiveTimeline) -> None:
        self.state = State({"live": live})
        self._live = live
        self._app: ASGIApp | None = None

    def pass_on_to(self, app: ASGIApp) -> None:
        """This one answers from now on."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "lifespan":
            await self._live_on(receive, send)
            return
        assert self._app is not None  # noqa: S101  # nothing is served before something is in force
        await self._app(scope, receive, send)

    async def _live_on(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._live.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
