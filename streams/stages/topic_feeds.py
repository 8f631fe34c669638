"""Which feeds bring a topic its mentions, and what their silence means for it."""

from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import PartialCount
from streams.feed_gaps import MAX_FEEDS
from streams.feeds import Feeds
from streams.windows import Slot

_LEAST_SHARE: Final = 0.05  # a feed that brings less of a topic than this is not missed there


class TopicFeeds:
    """One topic's view of the feeds."""

    __slots__ = ("_brought", "_feeds")

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._brought: dict[str, int] = {}

    def is_old_news(self, partial: PartialCount) -> bool:
        """Whether it is what a feed held back while it was silent; remembers who brought it."""
        brought = self._brought
        for platform, count in partial.platforms.items():
            if platform in brought or len(brought) < MAX_FEEDS:
                brought[platform] = brought.get(platform, 0) + count
        delayed = partial.tally.delayed != 0 and partial.tally.delayed == partial.tally.mentions
        return delayed and self._feeds.catching_up(partial.platforms, partial.second)

    def is_unheard(self, slot: Slot) -> bool:
        """Whether a feed that the topic depends on was silent then."""
        if not self._brought:
            return False
        least = sum(self._brought.values()) * _LEAST_SHARE
        return self._feeds.missing((name for name, count in self._brought.items() if count >= least), slot.start)

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [[name, count] for name, count in self._brought.items()]

    def restore(self, state: list[Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a topic's feeds.
        """
        try:
            self._brought = {str(name): int(count) for name, count in state}
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a topic's feeds cannot be read: {exc!r}") from exc
