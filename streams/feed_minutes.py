"""How many mentions of each feed arrived in each of the last minutes."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

_MINUTE: Final = 60
_MINUTES: Final = 5


class FeedMinutes:
    """Counts arrivals by feed and minute of event time; remembers five full minutes.

    A minute in which nothing was observed at all is skipped: nobody looked, so nothing is known of it.
    """

    def __init__(self) -> None:
        self._minute: int | None = None
        self._counts: dict[str, int] = {}
        self._full: deque[dict[str, int]] = deque(maxlen=_MINUTES)

    def turn(self, second: int) -> int | None:
        """Time has come to `second`; answers where the minute began that is over with it, None between."""
        minute = second - second % _MINUTE
        before = self._minute
        if before is None:
            self._minute = minute
        if before is None or minute <= before:
            return None
        self._minute = minute
        self._full.append(self._counts)
        self._counts = {}
        return before

    def arrived(self, feed: str, mentions: int) -> None:
        """So many more of the feed arrived."""
        self._counts[feed] = self._counts.get(feed, 0) + mentions

    def last(self, feed: str) -> int:
        """How many arrived in the last full minute."""
        return self._full[-1].get(feed, 0) if self._full else 0

    def per_minute(self, feed: str) -> float:
        """Mean over the full minutes since it was first heard of in one of them."""
        counts = [minute.get(feed) for minute in self._full]
        while counts and counts[0] is None:
            del counts[0]
        return sum(count or 0 for count in counts) / len(counts) if counts else 0.0

    def forget(self, feed: str) -> None:
        """The feed is watched no more."""
        for counts in (self._counts, *self._full):
            counts.pop(feed, None)

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [self._minute, list(self._counts.items()), [list(counts.items()) for counts in self._full]]

    def restore(self, state: Iterable[Any]) -> None:
        """Take over a snapshot.

        Raises:
            TypeError: It is none.
            ValueError: It is none.
        """
        minute, counts, full = state
        self._minute = None if minute is None else int(minute)
        self._counts = {str(feed): int(count) for feed, count in counts}
        self._full.clear()
        self._full.extend({str(feed): int(count) for feed, count in one} for one in full)
