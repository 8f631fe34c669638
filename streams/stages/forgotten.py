"""Authors who asked to be forgotten, as one score stage knows them."""

import msgspec

from streams.events import Watermark


class Forgotten:
    """Whom nobody is to see any more, and whom the next stage has to be told of."""

    def __init__(self) -> None:
        self.authors: frozenset[int] = frozenset()
        self._untold: frozenset[int] = frozenset()

    def learn(self, authors: frozenset[int], fresh: frozenset[int]) -> None:
        """These are all, by their 64-bit hashes; of the fresh ones somebody may know something yet."""
        self._untold |= fresh - self.authors
        self.authors = authors

    def told_with(self, watermark: Watermark) -> Watermark:
        """The watermark with those whom nobody was told of so far."""
        if not self._untold:
            return watermark
        untold, self._untold = self._untold, frozenset()
        return msgspec.structs.replace(watermark, erased=tuple(sorted(untold)))
