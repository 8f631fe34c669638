"""The words of a text that may tell why people talk."""

import re
from itertools import chain, islice
from typing import Final

from streams.fold import UNSPACED, fold, script_of
from streams.remembered import Remembered

MAX_CHARACTERS: Final = 2000
MAX_TERMS: Final = 64
MAX_TERM_CHARACTERS: Final = 40

_LINK: Final = re.compile(r"(?:https?://|www\.)\S+")
_ADDRESS: Final = re.compile(r"(?:https?://(?:www\.)?|www\.)(\S+)")
_ADDRESS_CHARACTERS: Final = 60
_TERM: Final = re.compile(r"@?[^\W\d_][\w']*[^\W_]")
# With what is left of HTML entities, which some platforms send.
STOP_WORDS: Final = frozenset(
    """
    about above after again all also am amp an and any are aren't as at back be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each even
    ever every few for from further get gets getting go goes going gonna got had hadn't has hasn't have haven't
    having he her here hers herself him himself his how i'd i'll i'm i've if im in into is isn't it it's its itself
    ive just let let's like made make many may me might more most much must my myself nbsp need never no nor not now
    of off ok on once one only or other our ours ourselves out over own please put quot really rt said same say says
    see she should shouldn't so some still such take than thanks that that's the their theirs them themselves then
    there there's these they they're they've this those through to today too under until up us very via want was
    wasn't way we we'll we're we've well were weren't what what's when where which while who who's whom why will
    with won't would wouldn't yes yet you you'd you'll you're you've your yours yourself yourselves
    """.split()  # noqa: SIM905 - two hundred quotation marks help nobody
)


def terms(text: str) -> list[str]:
    """The distinct folded terms of a text in order of appearance, at most 64 from its first 2,000 characters.

    Links, numbers, stop words and words of one or two letters are left out; hashtags count as words, handles keep their
    `@`. Scripts without spaces yield pairs of characters.

    >>> terms("Still no REFUND, @AcmeAir?! #refund https://x.co/1")
    ['refund', '@acmeair']
    """
    found = dict.fromkeys(chain.from_iterable(map(_terms_by_token.__getitem__, text[:MAX_CHARACTERS].split())))
    return list(found) if len(found) <= MAX_TERMS else list(islice(found, MAX_TERMS))


def links(text: str) -> list[str]:
    """What follows the scheme of each link in a text.

    >>> links("see https://news.example/a?x=1 and www.b.example")
    ['news.example/a?x=1', 'b.example']
    """
    return _ADDRESS.findall(text)


def address(link: str) -> str:
    """Host and path of a link, without what only counts clicks.

    >>> address("https://www.News.example/a?utm_source=x#top")
    'news.example/a'
    """
    bare = link.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return bare.partition("?")[0].partition("#")[0].rstrip("/.,;:!)…")[:_ADDRESS_CHARACTERS].lower()


def _terms_of(token: str) -> tuple[str, ...]:
    """Of a run without white space: no term reaches across it, nor does folding."""
    folded = fold(token)
    if "://" in folded or "www." in folded:
        folded = _LINK.sub(" ", folded)
    kept: list[str] = []
    for found in _TERM.findall(folded):
        word = found.removesuffix("'s")
        if not word.isascii() and any(script_of(char) == UNSPACED for char in word):
            kept += [word[i : i + 2] for i in range(len(word) - 1)]
        elif 2 < len(word) <= MAX_TERM_CHARACTERS and word not in STOP_WORDS:
            kept.append(word)
    return tuple(kept)


_terms_by_token: Final = Remembered(_terms_of, entries=32_768, longest=40)
