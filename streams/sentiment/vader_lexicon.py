"""Everything that VADER knows about words, read from the published package."""

import string
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final

from vaderSentiment.vaderSentiment import B_INCR, BOOSTER_DICT, C_INCR, N_SCALAR, NEGATE, SPECIAL_CASES

from streams.sentiment.vader_word import Word

# The words that the rules name, beside those in the package's tables.
_NO: Final = "no"
_BUT: Final = "but"
_NAMED: Final = frozenset(
    {_NO, _BUT, "or", "nor", "kind", "of", "never", "so", "this", "without", "doubt", "least", "at", "very"}
)
_STEERING: Final = frozenset({_NO, "kind", "so", "this", "least"})
_SHORT: Final = 2


class VaderLexicon:
    """VADER's lexicon, emoji, boosters, negations and phrases. Pure: the same token is always the same word."""

    def __init__(self) -> None:
        self._valences = {word: float(valence) for word, valence in _rows("vader_lexicon.txt")}
        self._boosters: Mapping[str, float] = BOOSTER_DICT
        self._negations = frozenset[str](NEGATE)
        self._specials: Mapping[str, float] = SPECIAL_CASES
        phrases = [words for phrase in (*BOOSTER_DICT, *SPECIAL_CASES) if len(words := phrase.split()) > 1]
        self._spelled = frozenset(word for words in phrases for word in words)
        # A phrase either holds a valence, or its longest word stands near one: "the" and "of" alone mean nothing.
        self._telling = frozenset(max(words, key=len) for words in phrases)
        self._ruled = self._negations | self._spelled | _NAMED | set(self._boosters)
        self._known: dict[tuple[str, bool], Word] = {}  # bounded by the vocabulary
        self._others = tuple(
            Word(is_upper=is_upper, negates=negates, steers=negates)
            for negates in (False, True)
            for is_upper in (False, True)
        )

    @property
    def emoji(self) -> Mapping[str, str]:
        """What each emoji of one code point shows, in English; longer ones are never looked up."""
        return {emoji: shown for emoji, shown in _rows("emoji_utf8_lexicon.txt") if len(emoji) == 1}

    @property
    def phrases(self) -> Mapping[str, float]:
        """The valence of each phrase that counts as a whole."""
        return self._specials

    @property
    def boosters(self) -> Mapping[str, float]:
        """What each booster (> 0) or dampener (< 0) adds; some have two words."""
        return self._boosters

    @property
    def negation_factor(self) -> float:
        """What a negation multiplies a valence with."""
        return float(N_SCALAR)

    @property
    def boost(self) -> float:
        """What a booster adds to the strength of a valence, and a dampener takes away."""
        return float(B_INCR)

    @property
    def capitals_boost(self) -> float:
        """What capitals add to the strength of a valence."""
        return float(C_INCR)

    def word(self, token: str) -> Word:
        """What the rules see in a token: a run of characters without white space."""
        stripped = token.strip(string.punctuation)
        if len(stripped) > _SHORT:  # else it is perhaps an emoticon
            token = stripped
        lower, is_upper = token.lower(), token.isupper()
        if lower not in self._valences and lower not in self._ruled:
            return self._others[2 * ("n't" in lower) + is_upper]
        word = self._known.get((lower, is_upper))
        if word is None:
            word = self._known[lower, is_upper] = self._read(lower, is_upper=is_upper)
        return word

    def _read(self, lower: str, *, is_upper: bool) -> Word:
        in_lexicon = lower in self._valences
        boost = self._boosters.get(lower)
        valence = self._valences.get(lower) if boost is None else None
        negates = lower in self._negations or "n't" in lower
        in_phrase = lower in self._telling or (in_lexicon and lower in self._spelled)
        return Word(
            lower=lower,
            is_upper=is_upper,
            in_lexicon=in_lexicon,
            valence=valence,
            boost=boost,
            negates=negates,
            in_phrase=in_phrase,
            steers=boost is not None or negates or in_phrase or lower in _STEERING,
            counts=valence is not None or lower == _BUT,
        )


def _rows(name: str) -> Iterator[tuple[str, str]]:
    for line in files("vaderSentiment").joinpath(name).read_text(encoding="utf-8").split("\n"):
        cells = line.strip().split("\t", 2)
        if len(cells) > 1:
            yield cells[0], cells[1]
