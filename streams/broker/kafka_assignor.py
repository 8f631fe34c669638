"""Who of a consumer group gets which partitions."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from streams.broker.base import Partition


class RendezvousAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # the client carries no types
    """Deals partitions out evenly, and so that few move when members come and go; all members read the same topics.

    It needs no memory and no word from the members: whoever joins a second time says what it said before, so that is no
    reason to deal out anew. It has to be the only one that a member offers: groups of members with two on offer were
    seen to be dealt out anew without end.
    """

    name = "tocsin-rendezvous"
    version = 0

    @classmethod
    def assign(cls, cluster: Any, members: Mapping[str, Any]) -> dict[str, Any]:
        """Everybody's partitions."""
        topics = {topic for member in members.values() for topic in member.subscription}
        partitions = [
            Partition(topic, number) for topic in topics for number in cluster.partitions_for_topic(topic) or ()
        ]
        return {
            member: ConsumerProtocolMemberAssignment(cls.version, _by_topic(own), b"")
            for member, own in dealt(partitions, members).items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> Any:
        """What a member tells when it joins: always the same."""
        return ConsumerProtocolMemberMetadata(cls.version, sorted(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: Any) -> None:
        """Nothing is remembered."""


def dealt(partitions: Iterable[Partition], members: Iterable[str]) -> dict[str, list[Partition]]:
    """Every partition at the member that is drawn first for it and has room: nobody has more than one more than others.

    >>> dealt([Partition("t", 0), Partition("t", 1)], ["a"])
    {'a': [Partition(kafka_topic='t', number=0), Partition(kafka_topic='t', number=1)]}

    Source:
        Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
    """
    found: dict[str, list[Partition]] = {member: [] for member in sorted(members)}
    wanted = sorted(partitions)
    room, extra = divmod(len(wanted), len(found))
    for partition in wanted:
        most = room + (extra > 0)
        free = [member for member, own in found.items() if len(own) < most]
        first = max(free, key=lambda member: _draw(member, partition))
        extra -= len(found[first]) == room
        found[first].append(partition)
    return found


def _draw(member: str, partition: Partition) -> bytes:
    return blake2b(f"{member} {partition}".encode(), digest_size=8).digest()


def _by_topic(partitions: Iterable[Partition]) -> list[tuple[str, list[int]]]:
    numbers: dict[str, list[int]] = {}
    for topic, number in partitions:
        numbers.setdefault(topic, []).append(number)
    return list(numbers.items())
