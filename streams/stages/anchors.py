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

    def of(self, second: int | None, topics: Mapping[str, Pairs], time: Pairs) -> list[Outgoing]:
        """The copies that are due, the time's with them; empty where none is.

        Args:
            second: Event time, seconds since 1970; None before it began.
            topics: The records of each topic that is being saved.
            time: The records of the time that is saved with them.
        """
        if second is None:
            return []
        day = second // _DAY_SECONDS
        due = [topic for topic in topics if self._days.get(topic) != day]
        self._days.update(dict.fromkeys(due, day))
        pairs = [*time, *(pair for topic in due for pair in topics[topic])] if due else []
        return [Outgoing(self._kafka_topic, key, value, partition=self._partition) for key, value in pairs]
