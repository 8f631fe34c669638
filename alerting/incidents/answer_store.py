"""What a request was answered that may come again."""

from datetime import datetime
from typing import Protocol

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """The whole of an answer, as it was given."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Asked(msgspec.Struct, frozen=True):
    """A request that may come again.

    Attributes:
        caller: The name of the key.
        key: Chosen by the caller, new for each intention.
        fingerprint: Of everything that was asked.
        answer: None while the first of them is being worked on.
    """

    caller: str
    key: str
    fingerprint: str
    at: datetime
    answer: Answer | None = None


class AnswerStore(Protocol):
    """Remembers answers; every process that shares the database knows them."""

    async def claim(self, asked: Asked, *, forget_before: datetime) -> Asked | None:
        """None where nobody asked this before: it is ours now. Else what is known of it.

        What is older than `forget_before` is forgotten.

        Raises:
            DatabaseUnavailable: Nothing was claimed.
        """
        ...

    async def answered(self, asked: Asked) -> None:
        """Remember the answer.

        Raises:
            DatabaseUnavailable: It was not remembered.
        """
        ...

    async def release(self, asked: Asked) -> None:
        """It was not answered for good: the next one with this key is the first.

        Raises:
            DatabaseUnavailable: It stays claimed.
        """
        ...
