"""The source contract."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from streams.errors import InvalidMention
from streams.mention import Mention


class Source(Protocol):
    """Yields mentions in the order in which they were recorded; what cannot be read comes as the error itself."""

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions, oldest first; an `InvalidMention` is yielded, not raised, so one bad line stops nothing."""
        ...


class LiveSource(Protocol):
    """Yields mentions as they happen, without end."""

    def mentions(self) -> AsyncIterator[Mention]:
        """Mentions as they happen."""
        ...
