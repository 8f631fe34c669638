"""How posts spread: who was passed on how often, minute by minute."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from streams.errors import StateCorrupted
from streams.tone import NEGATIVE, NEUTRAL, POSITIVE

MINUTE: Final = 60
_POSTS: Final = 6
_MINUTES: Final = 240
_RECENT: Final = 30
_MOST: Final = 0xFFFF


class Spread(NamedTuple):
    """One post: how often it was passed on in each minute since the first time, and in which tone by most."""

    key: str
    counts: Sequence[int]
    tone: str


class _Post:
    __slots__ = ("begin", "counts", "negative", "positive")

    def __init__(self, begin: int, counts: Sequence[int] = (), negative: int = 0, positive: int = 0) -> None:
        self.begin = begin
        self.counts = array("H", counts)
        self.negative = negative
        self.positive = positive

    def add(self, minute: int, mentions: int) -> None:
        place = minute - self.begin
        if not 0 <= place < _MINUTES:
            return
        self.counts.extend([0] * (place + 1 - len(self.counts)))
        self.counts[place] = min(self.counts[place] + mentions, _MOST)

    def lately(self, minute: int) -> int:
        """How often it was passed on within the last half hour."""
        return sum(self.counts[max(minute - _RECENT - self.begin, 0) :]) if minute >= self.begin else 0


_NOTHING: Final[dict[str, _Post]] = {}  # shared by all topics in which nobody passes anything on


class Cascades:
    """The six posts of a topic that are passed on most, each for four hours; the least active gives way to a new one.

    Source:
        Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in data streams", ICDT
        2005, with what was passed on within half an hour as the count.
    """

    __slots__ = ("_posts",)

    def __init__(self) -> None:
        self._posts = _NOTHING

    def add(self, second: int, shares: Mapping[str, Sequence[int]]) -> None:
        """What was passed on in one second: mentions, negative and positive ones of them, by post."""
        minute = second // MINUTE
        if self._posts is _NOTHING:
            self._posts = {}
        for key, (mentions, negative, positive) in shares.items():
            post = self._posts.get(key)
            if post is None or minute >= post.begin + _MINUTES:
                post = self._posts[key] = _Post(minute)
                self._make_room(key, minute)
            post.add(minute, mentions)
            post.negative += negative
            post.positive += positive

    def _make_room(self, fresh: str, minute: int) -> None:
        if len(self._posts) > _POSTS:
            del self._posts[min((key for key in self._posts if key != fresh), key=self._rank(minute))]

    def _rank(self, minute: int) -> Any:
        return lambda key: (self._posts[key].lately(minute), self._posts[key].begin, key)

    def largest(self, at: int, most: int) -> list[Spread]:
        """Up to so many posts that were passed on most within four hours before second `at`."""
        now = at // MINUTE
        live = {key: post for key, post in self._posts.items() if post.begin <= now < post.begin + _MINUTES}
        ranked = sorted(live, key=lambda key: (-sum(live[key].counts), key))
        return [
            Spread(
                key, [*live[key].counts, *[0] * (now + 1 - live[key].begin - len(live[key].counts))], _tone(live[key])
            )
            for key in ranked[:most]
        ]

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [[key, post.begin, list(post.counts), post.negative, post.positive] for key, post in self._posts.items()]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is none.
        """
        try:
            posts = {
                str(key): _Post(int(begin), counts, int(negative), int(positive))
                for key, begin, counts, negative, positive in state
            }
            self._posts = posts or _NOTHING
        except (TypeError, ValueError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of spreading posts cannot be read: {exc!r}") from exc


def _tone(post: _Post) -> str:
    half = sum(post.counts) / 2
    return NEGATIVE if post.negative > half else POSITIVE if post.positive > half else NEUTRAL
