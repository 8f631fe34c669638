"""A request's body on its way in: it is bounded in time and size, and announced sizes are believed."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

STALL_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 30.0


class BodyRefused(HTTPException):
    """The body is not read to its end; the connection ends with the answer.

    Attributes:
        name: Of the problem that it is answered with.
    """

    status: int
    name: str

    def __init__(self, detail: str) -> None:
        # FastAPI lets only its own kind of error through from where it reads a body; everything else becomes a 400.
        super().__init__(self.status, detail, headers={"Connection": "close"})


class BodyTooSlow(BodyRefused):
    """It did not arrive in time."""

    status, name = 408, "too-slow"


class BodyTooLarge(BodyRefused):
    """It has more bytes than are read here."""

    status, name = 413, "too-large"


class Arrival:
    """What a request is received through (ASGI): a body that stands still, takes too long or is too large is given up.

    Args:
        receive: The server's side.
        announced: How many bytes the sender promises; None where nothing is known.
        most_bytes: Of the body, > 0; None where whoever reads it bounds it.
        stall_seconds: Longest wait for the next piece, > 0.
        whole_seconds: Longest time from the first read to the last piece, > 0.
    """

    def __init__(
        self,
        receive: Receive,
        *,
        announced: int | None = None,
        most_bytes: int | None = None,
        stall_seconds: float = STALL_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._receive = receive
        self._announced = announced
        self._most_bytes = most_bytes
        self._received = 0
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
            BodyTooLarge: It is larger than it may be, or promises to be.
        """
        if self._complete or self._answered:
            return await self._receive()
        self._bound(self._announced or 0)
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
        self._received += len(message.get("body", b""))
        self._bound(self._received)
        return message

    def _bound(self, size: int) -> None:
        if self._most_bytes is not None and size > self._most_bytes:
            raise BodyTooLarge(f"The body has more than {self._most_bytes} bytes.")


def announced(length: str) -> int | None:
    """How many bytes a Content-Length promises; None where it says nothing readable.

    >>> announced("1025"), announced(""), announced("many")
    (1025, None, None)
    """
    return int(length[:18]) if length.isascii() and length.isdigit() else None


def announces_more_than(request: Request, most_bytes: int) -> bool:
    """Does Content-Length promise a body beyond the bound? False where nothing readable is promised.

    >>> request = Request({"type": "http", "headers": [(b"content-length", b"1025")]})
    >>> announces_more_than(request, 1024), announces_more_than(request, 1025)
    (True, False)
    """
    promised = announced(request.headers.get("content-length", ""))
    return promised is not None and promised > most_bytes
