"""An event in people's own words: a few mentions that tell most of it."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from streams.events import Sample
from streams.evidence.drivers import Part
from streams.evidence.features import tokens
from streams.evidence.minhash import Signature, likeness, signature
from streams.evidence.reading import Read
from streams.excerpt import Excerpt

MOST: Final = 6
_TOO_ALIKE: Final = 0.35
_FEWEST_WORDS: Final = 4
_SHORT: Final = 0.3
_WORDS_SHARED: Final = 0.5


class _Words(NamedTuple):
    all: frozenset[str]
    signature: Signature | None


def verbatims(reads: Sequence[Read], parts: Sequence[Part], *, most: int = MOST) -> tuple[Sample, ...]:
    """Mentions that show the drivers, the most telling first, no two alike.

    A mention tells as much as its drivers contribute; what a driver was shown by already counts a third. Repeats of
    another's text are left out where the text itself is there.
    """
    weights = {part.feature: max(part.contribution, 0.0) for part in parts}
    shown: dict[str, int] = {}
    chosen: list[Read] = []
    candidates = [read for read in reads if len(read.excerpt.text.split()) >= 1 and not read.excerpt.brand]
    words = {read.number: _words_of(read) for read in candidates}
    while candidates and len(chosen) < most:
        best = max(candidates, key=lambda read: (_tells(read, weights, shown), -read.number))
        candidates = [
            read for read in candidates if read is not best and not _alike(words[read.number], words[best.number])
        ]
        chosen.append(best)
        for feature in best.features:
            if feature in weights:
                shown[feature] = shown.get(feature, 0) + 1
    return tuple(sample_of(read) for read in chosen)


def sample_of(read: Read) -> Sample:
    """The mention as evidence."""
    excerpt = read.excerpt
    return Sample(
        key=excerpt.key,
        text=excerpt.text,
        published_at=moment_of(excerpt),
        polarity=excerpt.polarity,
        author=excerpt.author,
        followers=excerpt.followers,
        reach=excerpt.reach,
        url=excerpt.url,
        lang=excerpt.lang,
        content_type=excerpt.content_type,
        fate=read.fate,
        author_number=excerpt.author_number,
    )


def moment_of(excerpt: Excerpt) -> datetime:
    """When it counted."""
    return datetime.fromtimestamp(excerpt.at_ms / 1000, UTC)


def _tells(read: Read, weights: Mapping[str, float], shown: Mapping[str, int]) -> float:
    total = sum(weights.values()) or 1.0
    about = sum(weights[found] / 3.0 ** shown.get(found, 0) for found in read.features if found in weights) / total
    heard = math.log10(1 + max(read.excerpt.reach or 0, read.excerpt.followers or 0)) / 10
    brief = _SHORT if len(read.excerpt.text.split()) < _FEWEST_WORDS else 0.0
    passed_on = _SHORT if read.excerpt.repeats else 0.0
    angry = 0.1 * max(-(read.excerpt.polarity or 0.0), 0.0)
    return about + heard + angry - brief - passed_on


def _alike(one: _Words, other: _Words) -> bool:
    mine, its = one.signature, other.signature
    if mine is None or its is None:
        return bool(one.all & other.all) and len(one.all & other.all) / len(one.all | other.all) > _WORDS_SHARED
    return likeness(mine, its) > _TOO_ALIKE


def _words_of(read: Read) -> _Words:
    found = tokens(read.excerpt.text)
    return _Words(frozenset(found), signature(found))
