"""VADER's rules, worked out only where a text has a word of the lexicon."""

import math
import re
from collections.abc import Sequence
from typing import Final

from streams.remembered import Remembered
from streams.sentiment.lexicon import Lexicon
from streams.sentiment.vader_word import Word

REMEMBERED_TOKENS: Final = 16_384
LONGEST_REMEMBERED: Final = 40

# The numbers of the rules, as published.
_SECOND_BEFORE: Final = 0.95
_THIRD_BEFORE: Final = 0.9
_NEVER_SO: Final = 1.25
_BEFORE_BUT: Final = 0.5
_AFTER_BUT: Final = 1.5
_EXCLAMATION: Final = 0.292
_EXCLAMATIONS: Final = 4
_QUESTION: Final = 0.18
_QUESTIONS: Final = 3
_MANY_QUESTIONS: Final = 0.96
_NORMALIZING: Final = 15

# Neighbours of the first and the last word. No rule asks for what stands before the first: as if it had been read.
_BEFORE: Final = (Word(in_lexicon=True),) * 3
_AFTER: Final = (Word(),) * 2
_PADDING: Final = len(_BEFORE) + len(_AFTER)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


class VaderEngine:
    """The compound score of a text; with VADER's lexicon that of the package `vaderSentiment`, to all four decimals.

    Also equal in what looks like a slip there: a text is judged as the published lexicon was validated. Up to 16,384
    tokens of up to 40 characters are remembered; what is remembered never changes a score.

    Source:
        Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", 2014.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = Remembered(lexicon.word, entries=REMEMBERED_TOKENS, longest=LONGEST_REMEMBERED)
        self._shown = {emoji: f" {shown}" for emoji, shown in lexicon.emoji.items()}
        self._phrases = lexicon.phrases
        self._boosters = lexicon.boosters
        self._negation = lexicon.negation_factor
        self._capitals = lexicon.capitals_boost

    def compound(self, text: str) -> float:
        """Polarity in [-1, 1], rounded to four decimals; 0 where the lexicon has none of the words."""
        if not text.isascii():
            text = _BEYOND_ASCII.sub(self._spelled_out, text)
        words = [*_BEFORE, *map(self._words.__getitem__, text.split()), *_AFTER]
        valences: list[float] = []
        but: int | None = None
        mixed: bool | None = None
        for at in [at for at, word in enumerate(words) if word.counts]:  # most words end here
            word, first, second, third = words[at], words[at - 1], words[at - 2], words[at - 3]
            valence = word.valence
            if valence is None:
                but = len(valences) if but is None else but
                continue
            if first.steers or second.steers or third.steers or word.steers or word.is_upper:
                if mixed is None and (word.is_upper or first.is_upper or second.is_upper or third.is_upper):
                    mixed = _mixes_case(words)
                valence = self._in_context(words, at, valence, mixed=mixed is True)
            valences.append(valence)
        if but is not None:
            _weigh(valences, but)
        return _normalized(float(sum(valences)), text)

    def _spelled_out(self, found: re.Match[str]) -> str:
        return "".join([self._shown.get(character, character) for character in found[0]])

    def _in_context(self, words: Sequence[Word], at: int, valence: float, *, mixed: bool) -> float:
        word, first, second, third = words[at], words[at - 1], words[at - 2], words[at - 3]
        if word.lower == "kind" and words[at + 1].lower == "of":
            return 0.0
        alone = valence
        if word.lower == "no" and words[at + 1].in_lexicon:
            valence = 0.0
        if first.lower == "no" or second.lower == "no" or (third.lower == "no" and first.lower in {"or", "nor"}):
            valence = alone * self._negation
        if word.is_upper and mixed:
            valence += self._capitals if valence > 0 else -self._capitals
        if not first.in_lexicon:
            valence += self._boost(first, valence, mixed=mixed)
            if first.negates:
                valence *= self._negation
        if not second.in_lexicon:
            valence += self._boost(second, valence, mixed=mixed) * _SECOND_BEFORE
            valence *= self._turned_two_before(second, first)
        if not third.in_lexicon:
            valence += self._boost(third, valence, mixed=mixed) * _THIRD_BEFORE
            valence *= self._turned_three_before(third, second, first)
            if word.in_phrase or first.in_phrase or second.in_phrase or third.in_phrase:
                valence = self._in_phrases(words, at, valence)
        if first.lower == "least" and not first.in_lexicon and second.lower not in {"at", "very"}:
            valence *= self._negation
        return valence

    def _boost(self, word: Word, valence: float, *, mixed: bool) -> float:
        if word.boost is None:
            return 0.0
        boost = -word.boost if valence < 0 else word.boost
        if word.is_upper and mixed:
            boost += self._capitals if valence > 0 else -self._capitals
        return boost

    def _turned_two_before(self, second: Word, first: Word) -> float:
        if second.lower == "never" and first.lower in {"so", "this"}:
            return _NEVER_SO
        if second.lower == "without" and first.lower == "doubt":
            return 1.0
        return self._negation if second.negates else 1.0

    def _turned_three_before(self, third: Word, second: Word, first: Word) -> float:
        # Here "so" and "this" right before the word count without a "never", as published.
        if (third.lower == "never" and second.lower in {"so", "this"}) or first.lower in {"so", "this"}:
            return _NEVER_SO
        if third.lower == "without" and "doubt" in {second.lower, first.lower}:
            return 1.0
        return self._negation if third.negates else 1.0

    def _in_phrases(self, words: Sequence[Word], at: int, valence: float) -> float:
        third, second, first, word, follows, then = (each.lower for each in words[at - 3 : at + 3])
        before = (f"{third} {second} {first}", f"{third} {second}", f"{second} {first}")
        for phrase in (f"{first} {word}", f"{second} {first} {word}", before[2], before[0], before[1]):
            if phrase in self._phrases:
                valence = self._phrases[phrase]
                break
        for phrase in (f"{word} {follows}", f"{word} {follows} {then}"):
            valence = self._phrases.get(phrase, valence)
        for phrase in before:
            valence += self._boosters.get(phrase, 0.0)
        return valence


def _mixes_case(words: Sequence[Word]) -> bool:
    """Whether some words but not all are in capitals; only then do capitals mean something."""
    in_capitals = sum(1 for word in words if word.is_upper)
    return 0 < in_capitals < len(words) - _PADDING


def _weigh(valences: list[float], but: int) -> None:
    """Less weight for what stands before "but", more for what follows; equal ones share it in their order's place."""
    for valence in valences:  # as published: the first that is equal is changed, and read on from there
        at = valences.index(valence)
        valences[at] *= _BEFORE_BUT if at < but else _AFTER_BUT


def _normalized(total: float, text: str) -> float:
    if total == 0:
        return 0.0
    exclamations, questions = text.count("!"), text.count("?")
    emphasis = exclamations * _EXCLAMATION if exclamations < _EXCLAMATIONS else _EXCLAMATIONS * _EXCLAMATION
    if questions > 1:
        emphasis += questions * _QUESTION if questions <= _QUESTIONS else _MANY_QUESTIONS
    total += emphasis if total > 0 else -emphasis
    return round(total / math.sqrt(total * total + _NORMALIZING), 4)
