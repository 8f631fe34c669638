"""Connections that ask for nothing, or do not take their answer, do not stay."""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0
UNREAD_SECONDS: Final = 30.0


class BoundedHttp(H11Protocol):
    """Closes a connection whose next request has not begun, head and all, `head_seconds` after the last was answered.

    The first one counts from connecting. Bytes that trickle in do not prolong it; a client that sends nothing at all
    after an answer is closed earlier, by uvicorn's keep-alive. A client that leaves an answer in the buffer for
    `unread_seconds` is cut off; the request sees it as hung up.
    """

    head_seconds: float = HEAD_SECONDS
    unread_seconds: float = UNREAD_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start waiting for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._taken()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop waiting where a request has begun."""
        super().handle_events()
        cycle: RequestResponseCycle | None = self.cycle  # None until the first request, whatever its type says
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request; one that was sent ahead begins in here."""
        self._wait_for_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._taken()
        self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        self._taken()
        super().resume_writing()

    def _taken(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.head_seconds, self._close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self._deadline = self.loop.call_later(self.unread_seconds, self.transport.abort)
        self.transport.close()  # what the buffer still holds is sent, as far as the client takes it


def bounded_http(*, head_seconds: float, unread_seconds: float) -> type[asyncio.Protocol]:
    """The protocol with these bounds, > 0, for `uvicorn.Config`."""
    bounds = {"head_seconds": head_seconds, "unread_seconds": unread_seconds}
    return cast("type[asyncio.Protocol]", type("BoundedHttp", (BoundedHttp,), bounds))
