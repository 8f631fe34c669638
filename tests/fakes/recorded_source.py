"""A source that has its mentions already."""

from collections.abc import Iterator, Sequence

from streams.errors import InvalidMention
from streams.mention import Mention


class RecordedSource:
    """Yields what it was given, in that order."""

    def __init__(self, items: Sequence[Mention | InvalidMention]) -> None:
        self._items = items

    def read(self) -> Iterator[Mention | InvalidMention]:
        """What it was given."""
        yield from self._items
