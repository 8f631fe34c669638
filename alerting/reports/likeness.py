"""Which earlier incidents one is like: by what drives them, their topics and their kind. Pure."""

import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

import msgspec

from alerting.incidents.outline import Outline
from streams.events import Direction

MOST_ALIKE: Final = 5
RULE: Final = "60 % words of the drivers in common, 25 % topics in common, 15 % the same kind; shown from 30 % on"

_DRIVERS: Final = 0.6
_TOPICS: Final = 0.25
_KIND: Final = 0.15
_ALIKE: Final = 0.3
_SHORTEST_WORD: Final = 3


class Alike(msgspec.Struct, frozen=True):
    """An earlier incident.

    Attributes:
        likeness: [0, 1], by `RULE`.
        words: Words that drive both, from mentions: hostile.
        topics: Topics of both.
        cause: What was stated of it: a person's words.
    """

    id: str
    title: str
    opened_at: datetime
    likeness: float
    words: tuple[str, ...]
    topics: tuple[str, ...]
    same_kind: bool
    cause: str | None = None
    resolved_at: datetime | None = None


def alike(one: Outline, earlier: Iterable[Outline]) -> tuple[Alike, ...]:
    """Those most like it, the most alike first and the newest first among equals; at most five.

    What has no word of a driver and no topic in common is never alike. Shares are of what either has (Jaccard).
    """
    mine = driver_words(one)
    found = [like for other in earlier if other.id != one.id and (like := _compared(one, mine, other)) is not None]
    found.sort(key=lambda like: (-round(like.likeness, 6), -like.opened_at.timestamp(), like.id))
    return tuple(found[:MOST_ALIKE])


def driver_words(outline: Outline) -> frozenset[str]:
    """The words of its drivers, folded; hostile."""
    return frozenset(
        word for driver in outline.evidence.drivers for word in _words(driver.term) if len(word) >= _SHORTEST_WORD
    )


def _compared(one: Outline, mine: frozenset[str], other: Outline) -> Alike | None:
    words, topics = mine & driver_words(other), set(one.topics) & set(other.topics)
    if not words and not topics:
        return None
    same_kind = _kind(one) == _kind(other)
    likeness = (
        _DRIVERS * _share(words, mine | driver_words(other))
        + _TOPICS * _share(topics, {*one.topics, *other.topics})
        + _KIND * same_kind
    )
    if likeness < _ALIKE:
        return None
    return Alike(
        other.id,
        other.title,
        other.opened_at,
        round(likeness, 3),
        tuple(sorted(words)),
        tuple(sorted(topics)),
        same_kind,
        other.statement.cause if other.statement else None,
        other.resolved_at,
    )


def _share(common: Collection[str], either: Collection[str]) -> float:
    return len(common) / len(either) if either else 0.0


def _kind(outline: Outline) -> tuple[Direction, bool | None]:
    """The direction, and whether most of what drives it is negative; None where nothing drives it."""
    drivers = outline.evidence.drivers
    negative = sum(driver.tone == "negative" for driver in drivers)
    return outline.direction, 2 * negative > len(drivers) if drivers else None


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text.casefold())
    return "".join(char if char.isalnum() else " " for char in plain).split()
