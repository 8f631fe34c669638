"""Records that could not be read, and when there are too many of them."""

from collections import deque
from typing import Final

from streams.broker.base import Outgoing, Record
from streams.codec import MAX_MENTION_BYTES
from streams.errors import TooManyDeadLetters

WINDOW_RECORDS: Final = 1000
JUDGED_FROM_RECORDS: Final = 100
MAX_REASON_BYTES: Final = 500
MAX_KEY_BYTES: Final = 10_000


class DeadLetters:
    """Turns unreadable records into dead letters and stops the stream where they are no longer exceptions.

    Args:
        kafka_topic: Where dead letters go.
        share: More than this share of the last 1,000 records stops the worker, in (0, 1].
    """

    def __init__(self, kafka_topic: str, share: float) -> None:
        self._kafka_topic = kafka_topic
        self._share = share
        self._seen = 0
        self._unreadable: deque[int] = deque()  # the number of each among all records, those of the window only
        self._waiting: list[Outgoing] = []
        self.total = 0

    def readable(self) -> None:
        """One more record was read well."""
        self._seen += 1

    def refuse(self, record: Record, reason: str) -> None:
        """One more record could not be read.

        Raises:
            TooManyDeadLetters: They are more than the allowed share, of 100 records at least.
        """
        self._waiting.append(self._letter(record, reason))
        self.total += 1
        self._unreadable.append(self._seen)
        self._seen += 1
        while self._unreadable[0] < self._seen - WINDOW_RECORDS:
            self._unreadable.popleft()
        unreadable, seen = len(self._unreadable), min(self._seen, WINDOW_RECORDS)
        if seen >= JUDGED_FROM_RECORDS and unreadable > self._share * seen:
            raise TooManyDeadLetters(
                f"{unreadable} of the last {seen} records of {record.partition} are no mentions, more than the "
                f"allowed share of {self._share}; the last one, offset {record.offset}: {reason[:MAX_REASON_BYTES]}"
            )

    def take(self) -> list[Outgoing]:
        """The dead letters since the last call."""
        taken, self._waiting = self._waiting, []
        return taken

    def _letter(self, record: Record, reason: str) -> Outgoing:
        """Key and value as they came, cut only where Kafka would refuse the letter for its size."""
        headers = [
            ("reason", reason.encode("utf-8", "replace")[:MAX_REASON_BYTES]),
            ("kafka_topic", record.partition.kafka_topic.encode()),
            ("partition", str(record.partition.number).encode()),
            ("offset", str(record.offset).encode()),
        ]
        if record.value is not None and len(record.value) > MAX_MENTION_BYTES:
            headers.append(("cut_from_bytes", str(len(record.value)).encode()))
        return Outgoing(
            kafka_topic=self._kafka_topic,
            key=record.key and record.key[:MAX_KEY_BYTES],
            value=record.value and record.value[:MAX_MENTION_BYTES],
            headers=tuple(headers),
        )
