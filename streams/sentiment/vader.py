"""VADER: an English lexicon with rules for negation, emphasis and emoji."""

import re
from functools import lru_cache
from typing import Final

from streams.remembered import Remembered
from streams.sentiment.tongue import ENGLISH, tongue_of
from streams.sentiment.vader_engine import VaderEngine
from streams.sentiment.vader_lexicon import VaderLexicon

MAX_CHARACTERS: Final = 2000
REMEMBERED_TEXTS: Final = 2048
_LATIN: Final = re.compile("[A-Za-z]")


class VaderScorer:
    """Polarity of English text by lexicon and rules; other languages are not scored.

    A text whose language nobody stated counts as English if its function words are not those of another language and it
    has a Latin letter or an emoji that the lexicon knows.
    Only the first 2,000 characters are read. Equal texts, such as reposts, are scored once while they are among the
    2,048 most recent.

    Source:
        Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", 2014.
    """

    name = "vader"

    def __init__(self) -> None:
        self._engine = VaderEngine(VaderLexicon())
        self._is_english = Remembered(_is_english, entries=1024, longest=16)
        self._remembered = lru_cache(maxsize=REMEMBERED_TEXTS)(self._compound)
        self._unstated = lru_cache(maxsize=REMEMBERED_TEXTS)(self._if_english)

    def score(self, text: str, lang: str | None) -> float | None:
        """Polarity in [-1, 1], VADER's `compound`; None for languages other than English and for nothing to read."""
        if lang is None:
            return self._unstated(text[:MAX_CHARACTERS])
        return self._remembered(text[:MAX_CHARACTERS]) if self._is_english[lang] else None

    def _if_english(self, text: str) -> float | None:
        return self._compound(text) if tongue_of(text) in {None, ENGLISH} else None

    def _compound(self, text: str) -> float | None:
        compound = self._engine.compound(text)
        if compound == 0.0 and not _LATIN.search(text):
            return None
        return compound


def _is_english(lang: str) -> bool:
    return lang[:2].lower() == "en" and lang[2:3] in {"", "-", "_"}
