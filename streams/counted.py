"""What mentions were counted as: one of them, and a pack of them as it goes into a changelog."""

from functools import lru_cache

import msgspec


class Counted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one mention was counted as, so that it can be recognised and subtracted exactly.

    Attributes:
        topics: Ids of the topics it counts for; empty once deleted.
        polarity: In steps of 1/8192, so that sums of it and of its square are exact; None is unscored.
        polarities: One for each of `topics`, where the text says something else of one than of another.
    """

    seq: int | None
    second: int
    topics: tuple[str, ...]
    polarity: float | None
    reach: int
    engagement: int
    delayed: bool
    history: bool
    platform: str
    region: str | None
    lang: str | None
    polarities: tuple[float | None, ...] | None = None


class CountedPack(msgspec.Struct, frozen=True, array_like=True):
    """Mentions that were counted one after the other.

    Attributes:
        newest: The newest event second that was known when the pack was closed, seconds since 1970.
        numbers: What each mention is recognised by.
        counted: As what each was counted; as many as `numbers`.
    """

    newest: int
    numbers: tuple[int, ...]
    counted: tuple[Counted, ...]


@lru_cache(maxsize=4096)
def same_topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    """One object for equal values: the index holds a million of them."""
    return topics
