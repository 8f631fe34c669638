"""People who talk about a brand: ordinary talk, and what an event adds to it."""

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from streams.mention import Author, Mention
from tests.bench.told import BRAND, at

DAY_SECONDS: Final = 86_400
_SYLLABLES: Final = (
    *("ba", "co", "di", "fu", "ga", "hel", "in", "jo", "ka", "lum", "mer", "no"),
    *("or", "pel", "qui", "ra", "sto", "tan", "ul", "ver", "wi", "xen", "yor", "zan"),
)
_GLUE: Final = ("the", "and", "with", "my", "for", "is", "was", "a", "to", "of", "in", "so", "but", "it", "at", "on")
_PLATFORMS: Final = ("x", "x", "x", "instagram", "reddit", "facebook", "trustpilot")
_COUNTRIES: Final = ("us", "us", "us", "gb", "de", "fr", "nl")
_PERSONS: Final = 4000


class Crowd:
    """Persons with accounts of their own, and a vocabulary of which few words are common and most are rare."""

    def __init__(self, random_: random.Random, words: int = 2500) -> None:
        self.random = random_
        self.words = [self.new_word() for _ in range(words)]
        self._weights = [1 / (rank + 6) for rank in range(words)]
        self._serial = 0
        self._followers = [int(random_.lognormvariate(5.2, 1.7)) for _ in range(_PERSONS)]
        self._ages = [int(random_.lognormvariate(7.0, 0.8)) + 20 for _ in range(_PERSONS)]

    def new_word(self) -> str:
        """A word that nobody used before, most probably."""
        return "".join(self.random.choice(_SYLLABLES) for _ in range(self.random.randint(2, 4)))

    def text(self, *said: str, length: int | None = None) -> str:
        """A sentence of ordinary talk about the brand with these phrases somewhere in it."""
        many = length or max(3, round(self.random.gauss(9, 3)))
        parts = self.random.choices(self.words, self._weights, k=many)
        for place in range(1, many):
            if self.random.random() < 0.4:
                parts[place] = self.random.choice(_GLUE)
        for phrase in (BRAND, *said):
            parts.insert(self.random.randrange(len(parts) + 1), phrase)
        return " ".join(parts) + self.random.choice((".", "!", "", "?"))

    def person(self) -> Author:
        """Somebody of the crowd."""
        who = self.random.randrange(_PERSONS)
        return Author(
            id=f"p{who}",
            name=f"person{who}",
            followers=self._followers[who],
            created_at=at(-self._ages[who] * DAY_SECONDS),
            posts_count=self._ages[who] * (1 + who % 5),
        )

    def mention(
        self, seconds: float, text: str, *, negative: float, author: Author | None = None, **more: Any
    ) -> Mention:
        """Somebody says it, negative with this chance."""
        self._serial += 1
        angry = self.random.random() < negative
        who = author or self.person()
        fields: dict[str, Any] = {
            "platform": self.random.choice(_PLATFORMS),
            "country": self.random.choice(_COUNTRIES),
            "lang": "en",
            "sentiment": -0.6 if angry else self.random.choice((0.0, 0.0, 0.5)),
            "content_type": "reply" if self.random.random() < 0.3 else "post",
            **more,
        }
        return Mention(
            id=f"m{self._serial}", published_at=at(seconds), text=text, author=who, reach=who.followers, **fields
        )

    def usual(self, begin: float, end: float, per_minute: float, *, negative: float = 0.2) -> Iterator[Mention]:
        """Ordinary talk: a rate that wanders, and moods of its own."""
        reached, level = begin, 0.0
        while True:
            level = 0.98 * level + 0.2 * self.random.gauss(0, 0.25)
            reached += self.random.expovariate(per_minute * math.exp(level) / 60)
            if reached >= end:
                return
            yield self.mention(reached, self.text(), negative=negative)

    def times(self, begin: float, end: float, per_minute: float, ramp: float) -> list[float]:
        """Moments of an event that takes `ramp` seconds to come to its full rate."""
        found, reached = [], begin
        while reached < end:
            height = min(1.0, 0.15 + 0.85 * (reached - begin) / ramp)
            reached += self.random.expovariate(per_minute * height / 60)
            found.append(reached)
        return [moment for moment in found if moment < end]


def in_order(*parts: Iterator[Mention] | Sequence[Mention]) -> list[Mention]:
    """All of them, by time."""
    return sorted((mention for part in parts for mention in part), key=lambda mention: mention.published_at)
