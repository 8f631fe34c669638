"""A lexicon of any language, read from a file that the operator names."""

import math
import string
from collections.abc import Mapping
from typing import Final

from streams.errors import InvalidConfig
from streams.lexicon_settings import LexiconSettings
from streams.sentiment.vader_lexicon import VaderLexicon
from streams.sentiment.vader_word import Word

MAX_BYTES: Final = 32 * 2**20
MAX_VALENCE: Final = 4.0
_TOLD: Final = 10
_SHORT: Final = 2
_EDGES: Final = string.punctuation + "\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2026\u00ab\u00bb\u00a1\u00bf"


class FileLexicon:
    """Single words with valences, and the words that turn, strengthen, weaken and contrast them; emoji as in English.

    Entries of several words are not used; `unused` counts them.

    Args:
        language: As it stands in the configuration, for messages.
        english: Knows what emoji are worth, and by how much a rule changes a valence.

    Raises:
        InvalidConfig: The file cannot be read, is larger than 32 MiB, holds no word, or has lines that are no entry.
    """

    def __init__(self, language: str, settings: LexiconSettings, english: VaderLexicon) -> None:
        self._valences, self.unused = _read(f"score.lexicons.{language}.file: {settings.file}", settings)
        self._english = english
        self._emoji = {
            emoji: valence
            for emoji, shown in english.emoji.items()
            if (valence := math.fsum(english.word(token).valence or 0.0 for token in shown.split()))
        }
        self._negations = _folded(settings.negations)
        self._contrasts = _folded(settings.contrasts)
        self._boosts = dict.fromkeys(_folded(settings.boosters), english.boost)
        self._boosts.update(dict.fromkeys(_folded(settings.dampeners), -english.boost))

    @property
    def emoji(self) -> Mapping[str, str]:
        """Those that mean something, each a word of its own."""
        return {emoji: f"{emoji} " for emoji in self._emoji}

    @property
    def phrases(self) -> Mapping[str, float]:
        """None."""
        return {}

    @property
    def boosters(self) -> Mapping[str, float]:
        """None of several words."""
        return {}

    @property
    def negation_factor(self) -> float:
        """As in English."""
        return self._english.negation_factor

    @property
    def capitals_boost(self) -> float:
        """As in English."""
        return self._english.capitals_boost

    def word(self, token: str) -> Word:
        """What the rules see in a token: a run of characters without white space."""
        stripped = token.strip(_EDGES)
        lower, is_upper = (stripped if len(stripped) > _SHORT else token).lower(), token.isupper()
        if lower not in self._valences and len(stripped) <= _SHORT:
            lower = stripped.lower()
        valence = self._emoji.get(token, self._valences.get(lower))
        boost = self._boosts.get(lower)
        negates = lower in self._negations
        return Word(
            is_upper=is_upper,
            in_lexicon=valence is not None,
            valence=valence if boost is None and not negates else None,
            boost=boost,
            negates=negates,
            steers=boost is not None or negates,
            counts=(valence is not None and boost is None and not negates) or lower in self._contrasts,
        )


def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _read(where: str, settings: LexiconSettings) -> tuple[dict[str, float], int]:
    try:
        with settings.file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as exc:
        raise InvalidConfig((f"{where}: cannot be read: {exc.strerror}",)) from exc
    if len(content) > MAX_BYTES:
        raise InvalidConfig((f"{where}: is larger than {MAX_BYTES} bytes; is it the right file?",))
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as exc:
        raise InvalidConfig((f"{where}: is not UTF-8 text (byte {exc.start})",)) from exc
    valences: dict[str, float] = {}
    problems: list[str] = []
    unused = 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("# "):
            continue
        word, _, rest = line.partition("\t")
        valence = _valence(rest.partition("\t")[0])
        if valence is None or not word.strip():
            problems.append(f"{where}:{number}: wants a word, a tab and a valence from -4 to 4, not {line[:80]!r}")
        elif len(word.split()) > 1:
            unused += 1
        else:
            valences[word.strip().lower()] = valence
    if problems:
        raise InvalidConfig((*problems[:_TOLD], *([f"{where}: {len(problems)} such lines"] * (len(problems) > _TOLD))))
    if not valences:
        raise InvalidConfig((f"{where}: holds no word",))
    return valences, unused


def _valence(cell: str) -> float | None:
    """The valence in a cell; None for what is none.

    >>> _valence("-2.5"), _valence("7"), _valence("sad")
    (-2.5, None, None)
    """
    try:
        valence = float(cell)
    except ValueError:
        return None
    return valence if abs(valence) <= MAX_VALENCE else None
