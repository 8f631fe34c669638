"""Which themes a text speaks of."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

Themes = tuple[tuple[str, tuple[str, ...]], ...]


class _Part(NamedTuple):
    """Words that have to follow one another, each with whether any ending will do."""

    words: tuple[tuple[str, bool], ...]

    @classmethod
    def told(cls, phrase: str) -> "_Part":
        return cls(tuple((word.removesuffix("*"), word.endswith("*")) for word in phrase.split()))

    def stands_at(self, tokens: Sequence[str], place: int) -> bool:
        """Whether it begins there."""
        if place + len(self.words) > len(tokens):
            return False
        return all(
            token.startswith(word) if open_ended else token == word
            for (word, open_ended), token in zip(self.words, tokens[place:], strict=False)
        )


class _Sign(NamedTuple):
    """Parts that speak of a theme where all of them stand in a text."""

    theme: int
    parts: tuple[_Part, ...]


class ThemeWords:
    """Finds themes in the words of a text, in the order in which they were given.

    Args:
        themes: Names with folded phrases. A word may end with `*` for any ending; parts joined by ` + ` have to stand
            in the same text, in any order.
    """

    def __init__(self, themes: Themes) -> None:
        self._names = tuple(name for name, _ in themes)
        self._by_word: dict[str, list[_Sign]] = {}
        self._by_beginning: dict[str, list[_Sign]] = {}
        for number, (_, phrases) in enumerate(themes):
            for phrase in phrases:
                parts = tuple(_Part.told(part) for part in phrase.split(" + ") if part.strip())
                if not parts:
                    continue
                word, open_ended = parts[0].words[0]
                index = self._by_beginning if open_ended else self._by_word
                index.setdefault(word, []).append(_Sign(number, parts))
        self._lengths = tuple(sorted({len(word) for word in self._by_beginning}))

    def found_in(self, tokens: Sequence[str]) -> list[str]:
        """The names of the themes that these words speak of.

        >>> ThemeWords((("bags", ("bag* + lost",)), ("late", ("delay*",)))).found_in(["lost", "my", "bags"])
        ['bags']
        """
        found: set[int] = set()
        for place, token in enumerate(tokens):
            for sign in self._signs(token):
                if sign.theme not in found and _stands(sign, tokens, place):
                    found.add(sign.theme)
        return [self._names[number] for number in sorted(found)]

    def _signs(self, token: str) -> list[_Sign]:
        signs = self._by_word.get(token, [])
        for length in self._lengths:
            if length > len(token):
                break
            signs = signs + self._by_beginning.get(token[:length], [])
        return signs


@lru_cache(maxsize=4)
def theme_words(themes: Themes) -> ThemeWords:
    """One for all topics that have the same themes."""
    return ThemeWords(themes)


def _stands(sign: _Sign, tokens: Sequence[str], place: int) -> bool:
    if not sign.parts[0].stands_at(tokens, place):
        return False
    return all(any(part.stands_at(tokens, at) for at in range(len(tokens))) for part in sign.parts[1:])
