"""Whether an event is the whole industry's or ours alone, by what is open of its peers. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from streams.findings import PeerShare

_INDUSTRY: Final = 0.5


class Peers(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the peers of an incident's topic stand: ids of topics, those that rise and the others.

    Attributes:
        together: The incident is the group's own: its members were weighed together, and none of them is ours.
    """

    group: str
    rising: tuple[str, ...]
    calm: tuple[str, ...]
    together: bool = False

    def __str__(self) -> str:
        """One sentence.

        >>> str(Peers("airlines", ("delta", "united"), ("southwest",)))
        'industry-wide: 2 of 3 peers rise too (airlines): delta, united'
        >>> str(Peers("airlines", (), ("delta", "united")))
        'ours alone: none of 2 peers rises (airlines)'
        >>> str(Peers("airlines", ("delta", "united"), ("southwest",), together=True))
        'industry-wide: 2 of 3 rise together (airlines): delta, united'
        """
        whole = len(self.rising) + len(self.calm)
        if self.together:
            named = ", ".join(self.rising[:5])
            return f"industry-wide: {len(self.rising)} of {whole} rise together ({self.group}): {named}"
        if not self.rising:
            return f"ours alone: none of {whole} peers rises ({self.group})"
        told = f"{len(self.rising)} of {whole} peers rise too ({self.group}): {', '.join(self.rising[:5])}"
        return f"industry-wide: {told}" if len(self.rising) >= _INDUSTRY * whole else told


class PeerGroup(msgspec.Struct, frozen=True):
    """Topics of one industry, ours among them."""

    name: str
    topics: tuple[str, ...]


def peers_of(topics: Collection[str], groups: Sequence[PeerGroup], rising: Collection[str]) -> Peers | None:
    """How the peers of an incident's topics stand; None where no group names one of its topics.

    Args:
        rising: Topics with an open incident that is a rise, and those that rise with their group.
    """
    group = next((one for one in groups if not set(topics).isdisjoint(one.topics)), None)
    if group is None:
        return None
    others = [topic for topic in group.topics if topic not in topics]
    return Peers(
        group.name,
        tuple(topic for topic in others if topic in rising),
        tuple(topic for topic in others if topic not in rising),
    )


def peers_together(group: str, shares: Sequence[PeerShare]) -> Peers:
    """How the members of a group stand whose own incident this is, those that rise most first."""
    return Peers(
        group,
        tuple(share.topic for share in shares if share.rising),
        tuple(share.topic for share in shares if not share.rising),
        together=True,
    )
