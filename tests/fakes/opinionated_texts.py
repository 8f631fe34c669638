"""Texts made of what VADER's rules react to, and of what they should not stumble over."""

import random
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    NEGATE,
    SENTIMENT_LADEN_IDIOMS,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

# One or a few words each that only the rules know, in the orders that they ask for and in those that they do not.
RULED: Final = (
    *("no", "or", "nor", "but", "BUT", "least", "at", "very", "so", "this", "doubt", "never", "without", "kind", "of"),
    *("never so", "never this", "never so very", "without doubt", "without a doubt", "without any doubt", "kind of"),
    *(
        "at least",
        "very least",
        "the least",
        "no good or bad",
        "not nor",
        "so this",
        "yeah",
        "right",
        "the",
        "to",
        "for",
    ),
)
NT_WORDS: Final = ("ain't", "DON'T", "shouldn't've", "xn't", "n't", "N'T", "don\u2019t", "can't stand", "isn't,")
PLAIN: Final = (
    *("the", "bus", "leaves", "at", "nine", "I", "a", "we're", "y'all's", "rock'n'roll", "o'clock", "co-op", "re-fund"),
    *(
        "#fail",
        "@brand",
        "#Winning!",
        "https://t.co/aB3?x=1&y=no",
        "http://good.example/bad",
        "www.love.example",
        "3.5",
    ),
    *("caf\u00e9", "cafe\u0301", "na\u00efve", "\u0130", "\u017fo", "gro\u00df", "GRO\u1e9e", "\u03a3\u03a3", "\u01c5"),
    *("\u0430bc", "\u0445\u043e\u0440\u043e\u0448\u043e", "\u0627\u0644\u0637\u064a\u0631\u0627\u0646", "\u6700\u9ad8"),
    *(
        "go\u200bod",
        "\u202ebad",
        "g\u0301o\u0301o\u0301d",
        "\ufe0f",
        "\u200d",
        "\ud800",
        "\0",
        "12:30",
        "\u2014",
        "...",
    ),
)
SPACES: Final = (*(" ",) * 24, "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\x1c", "\u3000", "", "-", "/", ",", "...")
TAILS: Final = (
    *("",) * 10,
    "!",
    "!!",
    "!!!!!!",
    "?",
    "??",
    "???",
    "?????",
    "?!",
    ".",
    "...",
    ",",
    ":)",
    '"',
    ")",
    "'s",
)
HEADS: Final = (*("",) * 16, "(", '"', "#", "'", "*", "...", "\u201c")


class OpinionatedTexts:
    """Endless texts from a seed. Every entry of the published lexicon, emoji, booster and negation gets its turn."""

    def __init__(self, seed: int) -> None:
        self._rng = rng = random.Random(seed)  # noqa: S311 - no secret
        published = SentimentIntensityAnalyzer()
        lexicon = self._dealt(list(published.lexicon))
        emoji = self._dealt(list(published.emojis))
        idioms = self._dealt([*SPECIAL_CASES, *SENTIMENT_LADEN_IDIOMS])
        # What to write next, each as often as it stands here.
        self._kinds: Sequence[Callable[[], str]] = (
            *(lambda: next(lexicon),) * 8,
            *(lambda: rng.choice(PLAIN),) * 7,
            *(lambda: rng.choice(RULED),) * 6,
            *(self._dealt(list(BOOSTER_DICT)).__next__,) * 3,
            *(self._dealt([*NEGATE, *NT_WORDS]).__next__,) * 3,
            *(lambda: next(idioms),) * 2,
            lambda: next(emoji),
            lambda: "".join(rng.choices(string.ascii_letters + string.punctuation, k=rng.randint(1, 6))),
        )

    def __iter__(self) -> Iterator[str]:
        while True:
            yield self.text()

    def text(self) -> str:
        """The next one, from empty to thousands of characters."""
        dice = self._rng.random()
        if dice < 0.005:
            return "".join(self._rng.choices(SPACES, k=3))
        words = self._rng.randint(150, 600) if dice < 0.007 else self._rng.randint(0, 6 if dice < 0.3 else 18)
        loud = self._rng.choice((0.0, 0.0, 0.1, 0.5, 1.0))
        return "".join(self._piece(loud) for _ in range(words))

    def _piece(self, loud: float) -> str:
        word = self._rng.choice(self._kinds)()
        if self._rng.random() < loud:
            word = word.upper()
        elif self._rng.random() < 0.1:
            word = self._rng.choice((word.title(), word.swapcase(), word.capitalize()))
        return self._rng.choice(HEADS) + word + self._rng.choice(TAILS) + self._rng.choice(SPACES)

    def _dealt(self, cards: list[str]) -> Iterator[str]:
        while True:
            self._rng.shuffle(cards)
            yield from cards
