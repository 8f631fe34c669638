"""What a text that speaks of several topics says of each of them."""

import re
from collections.abc import Sequence
from typing import Final

from streams.matching import TopicMatcher
from streams.sentiment.base import Scorer
from streams.topic import Topic

MAX_CHARACTERS: Final = 2000
MAX_CLAUSES: Final = 50

_CONTRASTS: Final = "but|while|whereas|unlike|although|though|however|aber|pero|mais|men|maar"
_JOINS: Final = "and|und|et|y|och|en"
# Every end begins with one of three: asked first, it spares most characters the three ways to end.
_CLAUSE_ENDS: Final = re.compile(
    rf"(?=[\s,;])(?:(?<=[.!?\u2026])\s+|\s*[\n;]\s*|,?\s+(?=(?:{_CONTRASTS})\b))", re.IGNORECASE
)
_MAY_END: Final = (*".!?\n;,", *_CONTRASTS.split("|"))
_JOINING: Final = frozenset(_JOINS.split("|"))
_PART_ENDS: Final = re.compile(rf",\s+|\s+(?=(?:{_JOINS})\s)", re.IGNORECASE)

Owners = frozenset[int]
_NOBODY: Final = Owners()


def polarities(
    text: str, lang: str | None, topics: Sequence[Topic], *, matcher: TopicMatcher, scorer: Scorer
) -> tuple[float | None, ...] | None:
    """The polarity of what stands around each topic's own words; None where the text says the same of all of them.

    A topic owns the clauses in which words of its query stand that no other of these topics has, and those that follow
    until another one is spoken of; so "Acme was great. They rebooked me. Globex lost my bag." praises one and blames
    the other. A clause that several own is shared out at its commas and "and" where that tells them apart and every
    share has a mood: "Acme and Globex are terrible" blames both. A topic without a word of its own is meant by the
    whole text, and so is one whose words stand in the title only.

    Args:
        topics: All that the mention matches, two at least.
        matcher: Holds them.
    """
    if _is_one_piece(text[:MAX_CHARACTERS]):
        return None
    clauses = _CLAUSE_ENDS.split(text[:MAX_CHARACTERS].strip(), MAX_CLAUSES)
    words = [matcher.words_of(topic) for topic in topics]
    own = [
        mine.difference(*(others for other, others in enumerate(words) if other != at)) for at, mine in enumerate(words)
    ]
    parts: list[tuple[str, Owners]] = []
    for clause in clauses:
        parts += _shared_out(clause, lang, own, matcher=matcher, scorer=scorer)
    told = {owners for _, owners in parts if owners}
    if len(told) < 2:
        return None
    whole = scorer.score(text, lang)
    said: list[list[str]] = [[] for _ in topics]
    last = next(owners for _, owners in parts if owners)
    for part, owners in parts:
        last = owners or last
        for at in last:
            said[at].append(part)
    found = tuple(scorer.score(" ".join(heard), lang) if heard else whole for heard in said)
    return None if all(polarity == whole for polarity in found) else found


def _is_one_piece(text: str) -> bool:
    """Whether it surely has neither an end of a clause nor of a part, told without a regular expression."""
    if not text.isascii():
        return False
    lower = text.lower()
    return not any(map(lower.__contains__, _MAY_END)) and _JOINING.isdisjoint(lower.split())


def _shared_out(
    clause: str, lang: str | None, own: Sequence[frozenset[int]], *, matcher: TopicMatcher, scorer: Scorer
) -> list[tuple[str, Owners]]:
    owners = _owners(clause, own, matcher)
    if len(owners) > 1:
        parts = [(part, _owners(part, own, matcher)) for part in _PART_ENDS.split(clause)]
        if len({of for _, of in parts if of}) > 1 and all(scorer.score(part, lang) for part, of in parts if of):
            return parts
    return [(clause, owners)]


def _owners(text: str, own: Sequence[frozenset[int]], matcher: TopicMatcher) -> Owners:
    stand = matcher.words_in(text)
    return Owners(at for at, words in enumerate(own) if not words.isdisjoint(stand)) if stand else _NOBODY
