"""When feeds were known to be silent, and for how long what they bring afterwards tells of that."""

from collections.abc import Iterable
from typing import Any, Final

MAX_FEEDS: Final = 64  # platform names come in mentions: whoever invents many must not cost more than this
SHORTEST_CATCH_UP: Final = 1800
LONGEST_CATCH_UP: Final = 6 * 3600


class FeedGaps:
    """The last gap of each feed, of the 64 that came back last. Times are event seconds."""

    def __init__(self) -> None:
        self._gaps: dict[str, tuple[int, int, int]] = {}

    def ended(self, feed: str, since: int, back: int) -> None:
        """The feed was silent from `since` until `back`."""
        self._gaps.pop(feed, None)
        self._gaps[feed] = since, back, back + min(max(back - since, SHORTEST_CATCH_UP), LONGEST_CATCH_UP)
        if len(self._gaps) > MAX_FEEDS:
            del self._gaps[next(iter(self._gaps))]

    def catching_up(self, feeds: Iterable[str], second: int) -> bool:
        """Whether one of them came back so lately that what is delayed tells of its absence."""
        gaps = self._gaps
        return bool(gaps) and any(feed in gaps and gaps[feed][1] <= second < gaps[feed][2] for feed in feeds)

    def anybody_catching_up(self, second: int) -> bool:
        """Whether any came back so lately."""
        return bool(self._gaps) and self.catching_up(tuple(self._gaps), second)

    def silent(self, feed: str, second: int) -> bool:
        """Whether the feed was known to be silent then."""
        gap = self._gaps.get(feed)
        return gap is not None and gap[0] <= second < gap[1]

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [[feed, *gap] for feed, gap in self._gaps.items()]

    def restore(self, state: Iterable[Any]) -> None:
        """Take over a snapshot.

        Raises:
            TypeError: It is none.
            ValueError: It is none.
        """
        self._gaps = {str(feed): (int(since), int(back), int(until)) for feed, since, back, until in state}
