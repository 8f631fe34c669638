"""What a fake vendor does wrong next."""

from collections import deque
from enum import StrEnum
from typing import Final

import msgspec

MAX_ACTS: Final = 1000


class Trouble(StrEnum):
    """How a call goes wrong."""

    ANSWER = "answer"
    DROP = "drop"
    DELAY = "delay"


class Act(msgspec.Struct, frozen=True):
    """One call that goes wrong.

    Attributes:
        call: The API call it waits for (`chat.postMessage`); None takes the next one, whatever it is.
        accepted: Whether the call has its effect before it goes wrong.
        status: For ANSWER, the HTTP status.
        error: For ANSWER, the vendor's error code or text.
        retry_after: For ANSWER, the header as it is sent.
        seconds: For DELAY, how long the answer waits on the fake's clock.
    """

    trouble: Trouble
    call: str | None = None
    accepted: bool = False
    status: int = 500
    error: str = ""
    retry_after: str | None = None
    seconds: float = 0.0


class Script:
    """The troubles to come, in order; without any the vendor behaves."""

    def __init__(self) -> None:
        self._acts: deque[Act] = deque(maxlen=MAX_ACTS)

    def limit(self, retry_after: str | float, *, call: str | None = None) -> None:
        """Answer the next call with 429 and this `Retry-After`: seconds, or text as it stands."""
        self._acts.append(Act(Trouble.ANSWER, call, status=429, error="ratelimited", retry_after=str(retry_after)))

    def fail(self, status: int = 500, *, call: str | None = None, error: str = "internal_error") -> None:
        """Answer the next call with this status; nothing of it counts."""
        self._acts.append(Act(Trouble.ANSWER, call, status=status, error=error))

    def refuse(self, error: str, *, call: str | None = None, status: int = 200) -> None:
        """Answer the next call with the vendor's own kind of refusal."""
        self._acts.append(Act(Trouble.ANSWER, call, status=status, error=error))

    def drop(self, *, call: str | None = None, accepted: bool = True) -> None:
        """Close the connection without an answer to the next call, which has had its effect if `accepted`."""
        self._acts.append(Act(Trouble.DROP, call, accepted=accepted))

    def delay(self, seconds: float, *, call: str | None = None) -> None:
        """Take the next call, and answer only after `seconds` on the fake's clock."""
        self._acts.append(Act(Trouble.DELAY, call, accepted=True, seconds=seconds))

    def take(self, call: str) -> Act | None:
        """The trouble for this call, which is used up by asking; None where all is well."""
        for act in self._acts:
            if act.call in {None, call}:
                self._acts.remove(act)
                return act
        return None
