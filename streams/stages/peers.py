"""Of whom a new topic learns: the topics around it in its partition, those of its own brand first."""

from bisect import bisect_left, insort
from collections.abc import Callable, Container
from typing import Final

from streams.detectors.prior import FEWEST_PEERS, Lesson, Prior, prior_of

MOST_ASKED: Final = 32  # of each kind, so that ten thousand new topics cost no more than each its own share
_UNNAMED: Final = ""


class Peers:
    """Every watched topic by its brand, in alphabetical order, so that the answer depends on who is there alone.

    Args:
        lesson: What a topic teaches; None where its past is not proven.
        silent: Who is known to teach nothing as things stand, and need not be asked: most, while many are new.
    """

    def __init__(self, lesson: Callable[[str], Lesson | None], *, silent: Container[str] = ()) -> None:
        self._lesson = lesson
        self._silent = silent
        self._all: list[str] = []
        self._brands: dict[str, list[str]] = {}
        self._brand_of: dict[str, str] = {}

    def add(self, topic: str, brand: str | None) -> None:
        """It is watched from now on, or its brand has changed."""
        self.remove(topic)
        self._brand_of[topic] = brand or _UNNAMED
        insort(self._all, topic)
        insort(self._brands.setdefault(brand or _UNNAMED, []), topic)

    def remove(self, topic: str) -> None:
        """It is watched no more."""
        brand = self._brand_of.pop(topic, None)
        if brand is not None:
            self._all.remove(topic)
            self._brands[brand].remove(topic)

    def prior(self, topic: str, brand: str | None) -> Prior | None:
        """What topics of the same brand teach, or where they are few those of the partition; None of hardly any."""
        own = self._lessons(self._brands.get(brand, []) if brand else [], topic)
        return prior_of(own if len(own) >= FEWEST_PEERS else self._lessons(self._all, topic))

    def _lessons(self, topics: list[str], around: str) -> list[Lesson]:
        """Of those next to it in the alphabet: ids of one kind begin alike."""
        middle = bisect_left(topics, around)
        first = max(0, min(middle - MOST_ASKED // 2, len(topics) - MOST_ASKED))
        asked = topics[first : first + MOST_ASKED]
        silent = self._silent
        found = [self._lesson(topic) for topic in asked if topic != around and topic not in silent]
        return [lesson for lesson in found if lesson is not None]
