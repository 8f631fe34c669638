"""The canary: a mention of our own that travels the whole way, so that a way that does not work is noticed."""

from typing import Final

import msgspec

# In brackets, so that no topic, receiver or key of anybody's configuration can have the same name.
CANARY: Final = "(canary)"
"""The platform of a canary's mention, and the topic of what it becomes on its way."""


class Canary(msgspec.Struct, frozen=True, gc=False):
    """One flight: from a partition of the mentions through a partition of the partial counts.

    Attributes:
        round: All canaries that were sent off together share it.
        sent_ms: When they were, milliseconds since 1970.
        source: Partition of the mentions, of `sources` there are.
        target: Partition of the partial counts, of `targets` there are.
    """

    round: str
    sent_ms: int
    source: int
    sources: int
    target: int
    targets: int

    @property
    def flights(self) -> int:
        """How many flights make a whole round."""
        return max(self.sources, self.targets)


def targets_of(source: int, sources: int, targets: int) -> tuple[int, ...]:
    """Where the canary of a partition flies on to: all of them together reach every partition.

    >>> [targets_of(source, 2, 3) for source in range(2)], [targets_of(source, 3, 2) for source in range(3)]
    ([(0, 2), (1,)], [(0,), (1,), (0,)])
    """
    return tuple(range(source, targets, sources)) or (source % targets,)
