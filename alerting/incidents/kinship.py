"""What the definitions of topics say about one another: parents, brands, and the words that are their own. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

import msgspec

from streams.topic import Topic

NO_BRAND: Final = ""

_DEEPEST: Final = 32
_WORD: Final = re.compile(r"[^\W\d_][\w']+")
_SHORTEST_STEM: Final = 4
_REMEMBERED: Final = 100_000


class Kinship:
    """Reads the definitions once; a topic that is not among them has no kin.

    Args:
        topics: By id.
    """

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self._topics = topics
        self._words: dict[str, frozenset[str]] = {}
        self._owned: dict[tuple[str, str], bool] = {}

    def brand(self, topic: str) -> str:
        """The brand of the topic or of what stands above it; `NO_BRAND` where none is declared."""
        for name in (topic, *self.above(topic)):
            known = self._topics.get(name)
            if known is not None and known.brand:
                return known.brand
        return NO_BRAND

    def branded(self) -> tuple[Topic, ...]:
        """Every topic, with the brand of what stands above it where it names none itself."""
        return tuple(
            topic if topic.brand else msgspec.structs.replace(topic, brand=self.brand(topic.id) or None)
            for topic in self._topics.values()
        )

    def above(self, topic: str) -> tuple[str, ...]:
        """Its declared parents, the nearest first."""
        found: list[str] = []
        known = self._topics.get(topic)
        while known is not None and known.parent and known.parent not in found and len(found) < _DEEPEST:
            found.append(known.parent)
            known = self._topics.get(known.parent)
        return tuple(found)

    def is_above(self, one: str, other: str) -> bool:
        """Whether `one` is declared a parent, near or far, of `other`."""
        return one in self.above(other)

    def related(self, one: str, other: str) -> str:
        """How they are declared to be related, in a word: `parent`, `child`, `sibling`; empty where they are not."""
        if self.is_above(one, other):
            return "parent"
        if self.is_above(other, one):
            return "child"
        mine, theirs = self.above(one)[:1], self.above(other)[:1]
        return "sibling" if mine and mine == theirs else ""

    def owns(self, topic: str, term: str) -> bool:
        """Whether the term is among the topic's own words: its name, its brand, its query. It tells of no event."""
        known = self._owned.get((topic, term))
        if known is None:
            if len(self._owned) >= _REMEMBERED:
                self._owned.clear()
            known = self._owned[topic, term] = self._owns(topic, term)
        return known

    def _owns(self, topic: str, term: str) -> bool:
        words = self._words.get(topic)
        if words is None:
            words = self._words[topic] = self._own_words(topic)
        folded = _folded(term).lstrip("@#")
        return folded in words or any(len(word) >= _SHORTEST_STEM and folded.startswith(word) for word in words)

    def _own_words(self, topic: str) -> frozenset[str]:
        known = self._topics.get(topic)
        if known is None:
            return frozenset(_WORD.findall(_folded(topic)))
        texts = (known.id, known.name, known.query, self.brand(topic))
        return frozenset(word for text in texts for word in _WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
