"""Connections that ask for nothing do not stay."""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0


class HeadDeadline(H11Protocol):
    """Closes a connection whose next request has not begun, head and all, `head_seconds` after the last was answered.

    The first one counts from connecting. Bytes that trickle in do not prolong it; a client that sends nothing at all
    after an answer is closed earlier, by uvicorn's keep-alive.
    """

    head_seconds: float = HEAD_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start waiting for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
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

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.head_seconds, self._close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()  # it had its time to read the rest of the answer
            return
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)
        self.transport.close()


def head_deadline(seconds: float) -> type[asyncio.Protocol]:
    """The protocol with this bound, > 0, for `uvicorn.Config`."""
    return cast("type[asyncio.Protocol]", type("HeadDeadline", (HeadDeadline,), {"head_seconds": seconds}))
