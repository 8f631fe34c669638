"""How often each feature of a topic's mentions usually comes: words, phrases, links, places."""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

from streams.errors import StateCorrupted

HALF_LIFE_SECONDS: Final = 7 * 86_400
_MOST_HALVINGS: Final = 64.0
_NO_KEYS: Final = array("I")
_NO_COUNTS: Final = array("f")


class Rates:
    """Fading counts of a topic's most frequent features, a bounded number, the rarest forgotten first.

    Counts are kept as if all came at the beginning of the count, so that time passing changes none of them: what came
    later weighs more. Features are kept by a 32-bit hash: of 512, two are taken for one in one of 30,000 topics.

    Args:
        kept: At most this many features.
    """

    __slots__ = ("_at", "_began", "_counts", "_kept", "_keys", "_mentions", "_watched")

    def __init__(self, kept: int = 512) -> None:
        self._kept = kept
        self._keys, self._counts = _NO_KEYS, _NO_COUNTS  # replaced, never changed
        self._watched = 0.0
        self._mentions = 0.0
        self._began: int | None = None
        self._at = 0

    @property
    def mentions(self) -> float:
        """Mentions learned from, faded; 0 before the first."""
        return self._mentions / self._grown()

    def learn(self, start: int, seconds: int, mentions: float, features: Mapping[str, float]) -> None:
        """A stretch without an event in it: how many mentions, and in how many of them each feature was."""
        if self._began is None:
            self._began = start
        self._at = start + seconds
        if self._halvings() > _MOST_HALVINGS:
            self._begin_again()
        grown = self._grown()
        self._watched += seconds * grown
        self._mentions += mentions * grown
        if features:
            counts = dict(zip(self._keys, self._counts, strict=True))
            for feature, count in features.items():
                key = crc32(feature.encode())
                counts[key] = counts.get(key, 0.0) + count * grown
            self._keep(counts)

    def _keep(self, counts: dict[int, float]) -> None:
        if len(counts) > self._kept:
            counts = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: self._kept])
        self._keys = array("I", sorted(counts))
        self._counts = array("f", [counts[key] for key in self._keys])

    def _begin_again(self) -> None:
        faded = 0.5 ** self._halvings()
        self._counts = array("f", [count * faded for count in self._counts])
        self._watched, self._mentions = self._watched * faded, self._mentions * faded
        self._began = self._at

    def count(self, feature: str) -> float:
        """Mentions with the feature, faded like `mentions`; 0 for one never seen or forgotten."""
        key = crc32(feature.encode())
        at = bisect_left(self._keys, key)
        return self._counts[at] / self._grown() if at < len(self._keys) and self._keys[at] == key else 0.0

    def share(self, feature: str) -> float:
        """The usual share of mentions that have the feature, [0, 1]; 0 before anything was learned."""
        return min(self.count(feature) / self.mentions, 1.0) if self._mentions > 0 else 0.0

    def _halvings(self) -> float:
        return 0.0 if self._began is None else (self._at - self._began) / HALF_LIFE_SECONDS

    def _grown(self) -> float:
        return float(2.0 ** self._halvings())

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "keys": list(self._keys),
            "counts": list(self._counts),
            "watched": self._watched,
            "mentions": self._mentions,
            "began": self._began,
            "at": self._at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of rates.
        """
        try:
            keys, counts = array("I", state["keys"]), array("f", state["counts"])
            if len(keys) != len(counts):
                raise StateCorrupted(f"a snapshot of rates has {len(keys)} keys for {len(counts)} counts")
            self._keys, self._counts = keys, counts
            self._watched, self._mentions = float(state["watched"]), float(state["mentions"])
            self._began, self._at = state["began"], int(state["at"])
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise StateCorrupted(f"the snapshot of rates cannot be read: {exc!r}") from exc
