"""A request's body on its way in: slow senders are bounded, announced sizes are believed."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

STALL_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 30.0


class BodyTooSlow(HTTPException):
    """The body did not arrive in time; the connection ends with the answer."""

    def __init__(self, detail: str) -> None:
        # FastAPI lets only its own kind of error through from where it reads a body; everything else becomes a 400.
        super().__init__(408, detail, headers={"Connection": "close"})


class Arrival:
    """What a request is received through (ASGI): a body that stands still, or takes too long as a whole, is given up.

    Args:
        receive: The server's side.
        stall_seconds: Longest wait for the next piece, > 0.
        whole_seconds: Longest time from the first read to the last piece, > 0.
    """

    def __init__(
        self, receive: Receive, *, stall_seconds: float = STALL_SECONDS, whole_seconds: float = WHOLE_SECONDS
    ) -> None:
        self._receive = receive
        self._stall_seconds = stall_seconds
        self._whole_seconds = whole_seconds
        self._ends_at: float | None = None
        self._complete = False
        self._answered = False

    def answered(self) -> None:
        """The answer has begun: from now on only a hang-up is waited for, and that without bound."""
        self._answered = True

    async def __call__(self) -> Message:
        """The next message.

        Raises:
            BodyTooSlow: It did not come in time.
        """
        if self._complete or self._answered:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        if self._ends_at is None:
            self._ends_at = now + self._whole_seconds
        try:
            async with asyncio.timeout_at(min(now + self._stall_seconds, self._ends_at)):
                message = await self._receive()
        except TimeoutError as exc:
            if self._answered:
                return await self._receive()
            raise BodyTooSlow(
                f"The body must not pause for {self._stall_seconds:g} seconds, nor take {self._whole_seconds:g} in all."
            ) from exc
        self._complete = not message.get("more_body", False)
        return message


def announces_more_than(request: Request, most_bytes: int) -> bool:
    """Does Content-Length promise a body beyond the bound? False where nothing readable is promised.

    >>> request = Request({"type": "http", "headers": [(b"content-length", b"1025")]})
    >>> announces_more_than(request, 1024), announces_more_than(request, 1025)
    (True, False)
    """
    promised = request.headers.get("content-length", "")
    return promised.isascii() and promised.isdigit() and (len(promised) > 18 or int(promised) > most_bytes)
