"""What goes to the partials, put together by partition: records cost more than what stands in them."""

from typing import Final

from streams import codec
from streams.broker.base import Outgoing
from streams.broker.partitioner import partition_for
from streams.remembered import Remembered

MAX_PACK_BYTES: Final = 128 * 1024  # a turn's work for whoever reads it
_REMEMBERED: Final = 65_536
_LONGEST: Final = 64  # characters of a topic's id


class Packing:
    """Gathers partial counts, definitions and watermarks, and hands them out as few records, in their order.

    Each partition gets what belongs there in the order in which it was added, in packs of up to 128 KiB; what is larger
    by itself is a record of its own.

    Args:
        kafka_topic: The partials.
        partitions: How many partitions they have; a topic's is the one that Kafka's own clients would choose.
    """

    def __init__(self, kafka_topic: str, partitions: int) -> None:
        self._kafka_topic = kafka_topic
        self._parts: list[list[bytes]] = [[] for _ in range(partitions)]
        self._partition_of = Remembered(
            lambda topic: partition_for(topic.encode(), partitions), entries=_REMEMBERED, longest=_LONGEST
        )

    def add(self, topic: str, part: bytes) -> None:
        """One partial count or definition of a topic."""
        self._parts[self._partition_of[topic]].append(part)

    def add_to(self, partition: int, part: bytes) -> None:
        """One partial count, for that partition."""
        self._parts[partition].append(part)

    def add_everywhere(self, part: bytes) -> None:
        """One watermark."""
        for parts in self._parts:
            parts.append(part)

    def take(self) -> list[Outgoing]:
        """What was added since the last call."""
        outgoing: list[Outgoing] = []
        for number, parts in enumerate(self._parts):
            if parts:
                self._parts[number] = []
                outgoing += [self._record(number, pack) for pack in _packs(parts)]
        return outgoing

    def _record(self, number: int, parts: list[bytes]) -> Outgoing:
        return Outgoing(self._kafka_topic, None, codec.pack_of_partials(parts), partition=number)


def _packs(parts: list[bytes]) -> list[list[bytes]]:
    packs: list[list[bytes]] = [[]]
    size = 0
    for part in parts:
        if packs[-1] and size + len(part) > MAX_PACK_BYTES:
            packs.append([])
            size = 0
        packs[-1].append(part)
        size += len(part)
    return packs
