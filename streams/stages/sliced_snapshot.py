"""The detect stage's state on its way into the changelog, a slice with each write."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from streams.broker.base import Outgoing
from streams.settings import KafkaSettings
from streams.stages.anchors import Anchors

SLICE_TOPICS: Final = 128
SLICE_BYTES: Final = 1024 * 1024  # with the topic that passes it; a slice is a few milliseconds' work

Pairs = Sequence[tuple[bytes, bytes]]


class SlicedSnapshot:
    """Knows what is not saved yet, and saves it in slices that can be restored from after any of them.

    A snapshot is cut where it begins: its record of time is of that offset and is the last one to be written. Each
    topic's record holds the topic as it is when its slice is made, and says up to which offset. Restored, a topic skips
    what it includes already; what it does not include lies behind the record of time, for whatever had changed before
    the cut was saved behind it. Topics share nothing but time, except that a new one asks its peers: so a topic that is
    new is saved with the very next write, and no replay ever asks peers that know more than they knew then.

    Args:
        save: The records of a topic as it is, valid up to the offset.
        most: Topics in a slice.
    """

    def __init__(
        self, kafka: KafkaSettings, partition: int, save: Callable[[str, int], Pairs], *, most: int = SLICE_TOPICS
    ) -> None:
        self._kafka_topic = kafka.detect_state
        self._partition = partition
        self._save = save
        self._most = most
        self._anchors = Anchors(kafka.detect_anchors, partition)
        self._changed: set[str] = set()
        self._new: set[str] = set()
        self._waiting: list[str] = []  # the next one last
        self._time: Pairs | None = None

    @property
    def under_way(self) -> bool:
        """A snapshot has begun and more slices are to come."""
        return self._time is not None

    def touch(self, topic: str) -> None:
        """The topic is not what it was."""
        self._changed.add(topic)

    def touch_all(self, topics: Iterable[str]) -> None:
        """None of them is what it was."""
        self._changed.update(topics)

    def born(self, topic: str) -> None:
        """The topic is heard of for the first time."""
        self._new.add(topic)

    def newborn(self, next_offset: int) -> list[Outgoing]:
        """The topics that are new since the last write."""
        new, self._new = sorted(self._new), set()
        return [record for topic in new for record in self._records(self._save(topic, next_offset))]

    def begin(self, second: int | None, time: Pairs) -> None:
        """Cut here; a snapshot that is under way has to be finished before.

        Args:
            second: Event time, seconds since 1970; None before it began.
            time: The records of the time, as of now.
        """
        self._time = time
        self._anchors.begin(second)
        self._waiting = sorted(self._changed, reverse=True)
        self._changed.clear()

    def take(self, next_offset: int) -> list[Outgoing]:
        """The next slice, anchors in front; with the last one comes the time. Empty where none is under way."""
        if self._time is None:
            return []
        made: dict[str, Pairs] = {}
        size = 0
        while self._waiting and len(made) < self._most and size < SLICE_BYTES:
            topic = self._waiting.pop()
            made[topic] = self._save(topic, next_offset)
            size += sum(len(value) for _, value in made[topic])
            self._changed.discard(topic)  # what came since the cut is in it
        saved = [pair for pairs in made.values() for pair in pairs]
        anchors = self._anchors.of(made)
        if not self._waiting:
            anchors += self._anchors.end(self._time)
            saved += self._time
            self._time = None
        return anchors + self._records(saved)

    def rest(self, next_offset: int) -> list[Outgoing]:
        """All slices that are left."""
        made: list[Outgoing] = []
        while self.under_way:
            made += self.take(next_offset)
        return made

    def _records(self, pairs: Pairs) -> list[Outgoing]:
        return [Outgoing(self._kafka_topic, key, value, partition=self._partition) for key, value in pairs]
