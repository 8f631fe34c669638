"""Recorded mentions of several files as one past."""

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from streams import codec
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.base import Source
from streams.windows import KEPT_SECONDS

_KEPT: Final = timedelta(seconds=KEPT_SECONDS)
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_Placed = tuple[datetime, int, Mention | InvalidMention]


class RecordedPast:
    """Mentions of all files in order of time, whatever the order of files and of the mentions in them.

    Files are merged, so two platforms of the same weeks are heard together. A file in order is read as it stands, also
    where a mention came late, as its `ingested_at` tells. Any other, an export with the newest first for instance, is
    held in memory and sorted by `published_at`. Every file is read twice.

    Args:
        sources: One for each file; each gives the same mentions whenever it is read.
        grace_seconds: So much older than the newest before it a mention is still in order.
    """

    def __init__(self, sources: Sequence[Source], *, grace_seconds: float) -> None:
        self._sources = sources
        self._grace = timedelta(seconds=grace_seconds)

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions, oldest first; what cannot be read comes where it stands."""
        in_order = [self._is_in_order(source) for source in self._sources]
        streams = [
            _placed(number, source.read() if ordered else _sorted(source))
            for number, (source, ordered) in enumerate(zip(self._sources, in_order, strict=True))
        ]
        for _, _, item in heapq.merge(*streams, key=lambda placed: placed[:2]):
            yield item

    def _is_in_order(self, source: Source) -> bool:
        newest, in_order = _BEGINNING, True
        for mention in source.read():
            if isinstance(mention, InvalidMention) or mention.op == "delete":
                continue  # a deletion is dated as what it deletes, and comes when it comes
            if mention.published_at > newest:
                newest = mention.published_at
            elif mention.published_at < newest - self._grace and not self._came_late(mention, newest):
                in_order = False
        return in_order

    def _came_late(self, mention: Mention, newest: datetime) -> bool:
        """Whether it was heard when the newest before it was: what is late in the file was late when it happened."""
        ingested = mention.ingested_at
        return ingested is not None and newest - self._grace <= ingested <= newest + _KEPT


def _sorted(source: Source) -> Iterator[Mention | InvalidMention]:
    found: list[tuple[datetime, bytes]] = []  # encoded, since that takes a third of the memory
    for item in source.read():
        if isinstance(item, InvalidMention):
            yield item
        else:
            found.append((item.published_at, codec.encode_mention(item)))
    found.sort(key=lambda dated: dated[0])
    for _, encoded in found:
        yield codec.decode_mention(encoded)


def _placed(number: int, items: Iterator[Mention | InvalidMention]) -> Iterator[_Placed]:
    newest = _BEGINNING
    for item in items:
        if isinstance(item, Mention):
            newest = max(newest, item.published_at)
        yield newest, number, item
