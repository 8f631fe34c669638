"""What a mention has that an event may be about: words, phrases, hashtags, links, media, what it answers, themes."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from streams.evidence.theme_words import ThemeWords
from streams.excerpt import Excerpt
from streams.fold import UNSPACED, fold, script_of
from streams.remembered import Remembered
from streams.terms import STOP_WORDS, address, links

_LINK: Final = re.compile(r"(?:https?://|www\.)(\S+)")
_TOKEN: Final = re.compile(r"[#@]?[^\W_](?:[\w']*[^\W_])?|[.!?;:…]")
_MOST_TOKENS: Final = 80
_MOST_CHARACTERS: Final = 40
_LONGEST_PHRASE: Final = 3
# Words that mean nothing alone but make a phrase: "charged back", "not working", "shut down".
_JOINING: Final = frozenset({"back", "down", "off", "out", "not", "no", "never", "over", "up", "won't", "can't"})
_PUNCTUATION: Final = frozenset(".!?;:…")

WORD, PHRASE, HASHTAG, LINK, POST, MEDIA, THEME = "word", "phrase", "hashtag", "link", "post", "media", "theme"


class OwnWords(msgspec.Struct, frozen=True):
    """Words, and beginnings of words, that the topic's query names."""

    whole: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    @classmethod
    def told(cls, words: Sequence[str]) -> "OwnWords":
        """As they stand in a definition, where a `*` ends a beginning.

        >>> OwnWords.told(("refund*", "acme")).have("refunds"), OwnWords.told(("acme",)).have("@acme")
        (True, True)
        """
        return cls(
            frozenset(word for word in words if not word.endswith("*")),
            tuple(word[:-1] for word in words if word.endswith("*")),
        )

    def have(self, token: str) -> bool:
        """Whether it is one of them, as a hashtag or a handle too."""
        bare = token.lstrip("#@").removesuffix("'s")
        return bare in self.whole or bool(self.beginnings and bare.startswith(self.beginnings))


def features(excerpt: Excerpt, own: OwnWords, themes: ThemeWords | None = None) -> dict[str, None]:
    """The distinct features of an excerpt as `kind:value`, folded, in order of appearance.

    >>> list(features(Excerpt(0, "x:1", "Card charged twice!"), OwnWords()))[:4]
    ['word:card', 'word:charged', 'phrase:card charged', 'word:twice']
    """
    found = dict.fromkeys(_of_text(excerpt.text, own))
    for label in excerpt.labels:
        if label.startswith("#"):
            tag = fold(label)
            if not own.have(tag):
                found[f"{HASHTAG}:{tag}"] = None
        else:
            found[f"{LINK}:{address(label)}"] = None
    for digest in excerpt.media:
        found[f"{MEDIA}:{digest}"] = None
    if excerpt.of is not None:
        found[f"{POST}:{excerpt.of}"] = None
    elif not excerpt.repeats:
        found[f"{POST}:{excerpt.key}"] = None  # the origin belongs to what answers it
    if themes is not None:
        found |= dict.fromkeys(f"{THEME}:{theme}" for theme in themes_of(excerpt.text, themes))
    return found


def themes_of(text: str, themes: ThemeWords) -> list[str]:
    """The themes that a text speaks of, in their order."""
    return themes.found_in([token.lstrip("#") for token in tokens(text)])  # a hashtag is a word too


def tokens(text: str) -> list[str]:
    """The folded words of a text in their order, at most 80, links left out, sentence ends kept as they are."""
    folded = fold(text)
    if "http" in folded or "www." in folded:
        folded = _LINK.sub(" ", folded)
    return _TOKEN.findall(folded)[:_MOST_TOKENS]


def _of_text(text: str, own: OwnWords) -> Iterator[str]:
    for found in links(text):
        yield f"{LINK}:{address(found)}"
    words = tokens(text)
    kinds = list(map(_kinds.__getitem__, words))
    telling = [tells and not own.have(word) for word, (_, tells, _) in zip(words, kinds, strict=True)]
    for at, token in enumerate(words):
        if token in _PUNCTUATION:
            continue
        tells = telling[at]
        if token.startswith("#"):
            if not own.have(token) and len(token) <= _MOST_CHARACTERS:
                yield f"{HASHTAG}:{token}"
            token = token[1:]  # noqa: PLW2901 - a hashtag is a word too
            tells = _tells(token) and not own.have(token)
        if not token.isascii() and any(script_of(char) == UNSPACED for char in token):
            for start in range(len(token) - 1):
                yield f"{WORD}:{token[start : start + 2]}"
            continue
        if tells:
            yield f"{WORD}:{token}"
        if not kinds[at][2]:
            continue  # no phrase ends so
        for start in range(at - 1, max(at - _LONGEST_PHRASE, -1), -1):
            within, _, is_edge = kinds[start]
            if not within:
                break  # nor does any stand around it
            if is_edge and any(telling[start : at + 1]):
                yield f"{PHRASE}:{' '.join(words[start : at + 1])}"


def _kind_of(word: str) -> tuple[bool, bool, bool]:
    """Whether it may stand within a phrase, tells something by itself, and may begin or end a phrase."""
    within = word not in _PUNCTUATION and word[0] not in "#@" and len(word) <= _MOST_CHARACTERS
    tells = _tells(word)
    return within, tells, within and (tells or word in _JOINING)


def _tells(token: str) -> bool:
    return (
        2 < len(token) <= _MOST_CHARACTERS
        and token.removesuffix("'s") not in STOP_WORDS
        and not token.replace(",", "").isdigit()
    )


_kinds: Final = Remembered(_kind_of, entries=32_768, longest=_MOST_CHARACTERS)
