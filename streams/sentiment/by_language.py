"""One scorer in front of several, each for texts of a language of its own."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from streams.remembered import Remembered
from streams.sentiment.base import Scorer
from streams.sentiment.file_lexicon import FileLexicon
from streams.sentiment.tongue import tongue_of
from streams.sentiment.vader_engine import VaderEngine

MAX_CHARACTERS: Final = 2000
REMEMBERED_TEXTS: Final = 2048


class ByLanguage:
    """Reads a text with the lexicon of its language; a language without one is left to the scorer of the configuration.

    The language is what the source says, else what the function words say. In a language with a lexicon a text without
    any word of it is neutral. Only the first 2,000 characters are read; equal texts are scored once while they are
    among the 2,048 most recent.

    Args:
        other: Answers for every language without a lexicon, and names this scorer.
        lexicons: By language, ISO 639.
    """

    def __init__(self, other: Scorer, lexicons: Mapping[str, FileLexicon]) -> None:
        self._other = other
        self._engines = {language: VaderEngine(lexicon) for language, lexicon in lexicons.items()}
        self._primary = Remembered(_primary, entries=1024, longest=16)
        self._remembered = lru_cache(maxsize=REMEMBERED_TEXTS)(self._compound)
        self._tongue = lru_cache(maxsize=REMEMBERED_TEXTS)(tongue_of)

    @property
    def name(self) -> str:
        """The name of the scorer behind it."""
        return self._other.name

    def score(self, text: str, lang: str | None) -> float | None:
        """Polarity in [-1, 1]; None where no lexicon reads the language or there is nothing to read."""
        language = self._tongue(text[:MAX_CHARACTERS]) if lang is None else self._primary[lang]
        if language not in self._engines:
            return self._other.score(text, language if lang is None else lang)
        return self._remembered(text[:MAX_CHARACTERS], language) if text.strip() else None

    def _compound(self, text: str, language: str) -> float:
        return self._engines[language].compound(text)


def _primary(lang: str) -> str:
    """The language without country and script.

    >>> _primary("de-CH"), _primary("PT_BR")
    ('de', 'pt')
    """
    return lang.replace("_", "-").partition("-")[0].lower()
