"""Whether a reason for contacts and a topic speak of the same thing, by their words."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STEM: Final = 4
_LEAST_SHARE: Final = 0.5
# Words of trade that stand in any reason and tell none from another.
_TRADE: Final = """
and are for from has have not the was with you your general other misc call contact customer enquiry inquiry issue
missing order problem question request service status und der die das nicht kunde frage
"""
_EMPTY: Final = frozenset(_TRADE.split())


class Ground(StrEnum):
    """Why a reason belongs to a topic."""

    CONFIGURED = "configured"
    WORDS = "words"


class Kin(msgspec.Struct, frozen=True):
    """A reason belongs to a topic.

    Attributes:
        words: What both speak of; empty where the configuration says so.
    """

    ground: Ground
    words: tuple[str, ...] = ()


def kin(
    reason: str,
    *,
    topics: Iterable[str],
    spoken: Iterable[str],
    configured: Mapping[str, frozenset[str]],
    driven: Iterable[str] = (),
) -> Kin | None:
    """Why the reason belongs to one of the topics; None where nothing says so.

    What the configuration says of a reason is final, both ways. Without it, half of the reason's telling words have to
    be among those that the topics are about or that drive the event; more than half where the topics are about none of
    them, for a word alone may drive many a thing.

    Args:
        topics: Ids of the topics.
        spoken: Names and queries of the topics.
        configured: Ids of topics by reason, casefolded.
        driven: Terms that drive the event.

    >>> kin("Refund pending", topics=["refunds"], spoken=["Refunds"], configured={}, driven=["pending for 9 days"])
    Kin(ground=<Ground.WORDS: 'words'>, words=('pending', 'refund'))
    >>> kin("app login", topics=["refunds"], spoken=["Refunds"], configured={}, driven=["app update"]) is None
    True
    >>> kin("late parcel", topics=["shop"], spoken=["Shop"], configured={}, driven=["parcel late"]).words
    ('late', 'parcel')
    >>> kin("R-17", topics=["refunds"], spoken=["Refunds"], configured={"r-17": frozenset({"refunds"})}).ground
    <Ground.CONFIGURED: 'configured'>
    >>> kin("late parcel", topics=["refunds"], spoken=["Refunds"], configured={}) is None
    True
    """
    said = configured.get(reason.casefold())
    if said is not None:
        return Kin(Ground.CONFIGURED) if not said.isdisjoint(topics) else None
    telling = words_of(reason)
    about = _common(telling, spoken)
    common = about | _common(telling, driven)
    least = _LEAST_SHARE * len(telling)
    if not common or len(common) < least or (not about and len(common) <= least):
        return None
    return Kin(Ground.WORDS, tuple(sorted(common)))


def _common(telling: set[str], texts: Iterable[str]) -> set[str]:
    known = {word for text in texts for word in words_of(text)}
    return {word for word in telling if any(alike(word, other) for other in known)}


def words_of(text: str) -> set[str]:
    """The words that tell something, casefolded: `refundMissing_DE` speaks of refund.

    >>> sorted(words_of("refundMissing_DE: late parcel?"))
    ['late', 'parcel', 'refund']
    """
    found = {word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", text.replace("_", " ")))}
    return found - _EMPTY


def alike(one: str, other: str) -> bool:
    """The same word but for its ending.

    >>> alike("refund", "refunds"), alike("delivery", "delivered"), alike("store", "story")
    (True, True, False)
    """
    shorter, longer = sorted((one, other), key=len)
    if shorter == longer:
        return True
    same = next((at for at, pair in enumerate(zip(shorter, longer, strict=False)) if pair[0] != pair[1]), len(shorter))
    return same == len(shorter) >= _STEM or same >= max(_STEM + 1, len(shorter) - 2)
