"""The sampled mentions of an event, read: each with its features, its tone and how many mentions it stands for."""

from collections.abc import Iterable, Mapping

import msgspec

from streams.excerpt import Excerpt
from streams.tone import tone_of


class Read(msgspec.Struct, frozen=True, gc=False):
    """One sampled mention.

    Attributes:
        weight: How many mentions it stands for, >= 1 before it was scaled to what was counted.
        fate: `amended` or empty; those that were deleted count for nothing and are not read.
    """

    number: int
    weight: float
    excerpt: Excerpt
    features: dict[str, None]
    fate: str = ""

    @property
    def tone(self) -> str:
        """What kind of mention it is; an unscored one is neutral."""
        return tone_of(self.excerpt.polarity)


def scaled(reads: Iterable[Read], mentions: Mapping[str, float]) -> list[Read]:
    """The reads with weights that sum, tone by tone, to the mentions that were counted.

    A tone of which nothing was sampled is left to the caller: nobody can say what it was about.
    """
    found = list(reads)
    sums: dict[str, float] = {}
    for read in found:
        sums[read.tone] = sums.get(read.tone, 0.0) + read.weight
    return [
        msgspec.structs.replace(read, weight=read.weight * max(mentions.get(read.tone, 0.0), 0.0) / sums[read.tone])
        for read in found
    ]
