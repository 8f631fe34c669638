"""Which language a text is in, told by its function words: those that hold a sentence together."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from streams.sentiment.function_words import FUNCTION_WORDS, WEAK_WORDS

ENGLISH: Final = "en"
_FIRST_WORDS: Final = 60
_SURE: Final = 2
_EDGES: Final = ".,;:!?\"'()[]{}*_~#-\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2026\u00ab\u00bb\u00a1\u00bf"


@cache
def _votes() -> Mapping[str, tuple[tuple[str, int], ...]]:
    # A word that English has too ("die", "war", "was") speaks for no other language, unless it is a weak one.
    english = FUNCTION_WORDS[ENGLISH]
    found: dict[str, list[tuple[str, int]]] = {}
    for language, words in FUNCTION_WORDS.items():
        for word in words:
            weak = word in WEAK_WORDS
            if weak or language == ENGLISH or word not in english:
                found.setdefault(word, []).append((language, 1 if weak else _SURE))
    return MappingProxyType({word: tuple(votes) for word, votes in found.items()})


def tongue_of(text: str) -> str | None:
    """The language, ISO 639-1, whose function words the text has most of; None where it has too few to tell.

    English wins a tie: its words stand in texts of all languages less often than names of places stand in English ones.
    Only the first 60 words are read. A short text often has no function word at all.

    >>> tongue_of("Mein Flug wurde schon wieder gestrichen"), tongue_of("my flight to Los Angeles"), tongue_of("refund")
    ('de', 'en', None)
    """
    by_word, votes = _votes(), dict[str, int]()
    for token in text.lower().replace("\u2019", "'").split(None, _FIRST_WORDS)[:_FIRST_WORDS]:
        for language, weight in by_word.get(token.strip(_EDGES), ()):
            votes[language] = votes.get(language, 0) + weight
    if not votes:
        return None
    most = max(votes.values())
    if votes.get(ENGLISH, 0) == most:
        return ENGLISH
    return min(language for language, count in votes.items() if count == most) if most >= _SURE else None
