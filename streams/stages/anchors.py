"""Each topic's first snapshot of a day, kept beside the changelog: from there a later replay can begin."""

from collections.abc import Mapping, Sequence

from streams.broker.base import Outgoing

_DAY_SECONDS = 86_400

Pairs = Sequence[tuple[bytes, bytes]]


class Anchors:
    """Copies what is saved into a Kafka topic that is not compacted, once for each topic and day of event time.

    The changelog forgets all but the newest snapshots, and the partials forget after days; between the two, nothing
    would be left to replay a decision of yesterday from. A topic that did not change that day needs no copy.

    Args:
        kafka_topic: Where copies go; as many partitions as the changelog.
    """

    def __init__(self, kafka_topic: str, partition: int) -> None:
        self._kafka_topic = kafka_topic
        self._partition = partition
        self._days: dict[str, int] = {}
        self._day: int | None = None
        self._copied = False

    def begin(self, second: int | None) -> None:
        """A snapshot begins.

        Args:
            second: Event time, seconds since 1970; None before it began.
        """
        self._day = None if second is None else second // _DAY_SECONDS
        self._copied = False

    def of(self, topics: Mapping[str, Pairs]) -> list[Outgoing]:
        """The copies that are due of the topics that are being saved; empty where none is.

        Args:
            topics: The records of each.
        """
        if self._day is None:
            return []
        due = [topic for topic in topics if self._days.get(topic) != self._day]
        self._days.update(dict.fromkeys(due, self._day))
        self._copied = self._copied or bool(due)
        return self._records([pair for topic in due for pair in topics[topic]])

    def end(self, time: Pairs) -> list[Outgoing]:
        """The copy of the time that the snapshot was begun at, where a topic was copied since."""
        return self._records(time) if self._copied else []

    def _records(self, pairs: Pairs) -> list[Outgoing]:
        return [Outgoing(self._kafka_topic, key, value, partition=self._partition) for key, value in pairs]
