"""What the store keeps of what is said in answer to something: by us, to us, and by customers to one another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from streams.public_reply import PublicReply


class Drawn(msgspec.Struct, frozen=True):
    """What others said in answer to one mention.

    Attributes:
        answers: How many there are: exact up to 256, an estimate of more, off by less than 13 % in 95 of 100 cases.
        read: How many of them were kept and read; `scored` have a mood, `negative` of those are negative.
        exact: All of them were read.
    """

    answers: int
    read: int
    scored: int
    negative: int
    exact: bool = True


class OwnReplies(msgspec.Struct, frozen=True):
    """Our own replies of a time: how many, and at most as many of them as were asked for, a fair sample."""

    total: int
    read: tuple[PublicReply, ...] = ()


class ReplyStore(Protocol):
    """What is read of answers; one that was taken back is none."""

    async def any_own(self) -> bool:
        """Whether an answer of the brand's own was ever seen."""
        ...

    async def to(self, mentions: Sequence[str], *, limit: int) -> tuple[PublicReply, ...]:
        """Answers to these mentions, the brand's own also in threads that these began; a fair sample of more."""
        ...

    async def own(self, brand: str | None, accounts: Sequence[int], *, since: datetime, limit: int) -> OwnReplies:
        """The brand's own replies since then, by accounts of that brand or by these accounts."""
        ...

    async def drawn(self, mentions: Sequence[str]) -> Mapping[str, Drawn]:
        """What others said to each of these mentions, of those that drew anything."""
        ...
