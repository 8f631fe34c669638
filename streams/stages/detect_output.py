"""What the detect stage says, as records: each in its Kafka topic, detections with the place that decided."""

from collections.abc import Sequence
from typing import Final

from streams import codec
from streams.broker.base import Outgoing
from streams.events import Detection, WindowCount
from streams.settings import KafkaSettings
from streams.stages.topic_watch import Told
from streams.watched import Watched

PLACE_HEADER: Final = "decided-at"


class DetectOutput:
    """Turns values into records and counts them.

    Args:
        partition: Number of the partials partition whose records decide.
    """

    def __init__(self, kafka: KafkaSettings, partition: int) -> None:
        self._kafka = kafka
        self._partition = partition
        self.windows = 0
        self.detections = 0

    def encode(self, value: Told, offset: int) -> Outgoing:
        """The record of `value`, which the partial count, watermark or definition at `offset` led to."""
        key = value.topic.encode()
        if isinstance(value, Detection):
            self.detections += 1
            place = (PLACE_HEADER, f"{self._partition}:{offset}".encode())
            return Outgoing(self._kafka.detections, key, codec.encode_detection(value), (place,))
        if isinstance(value, WindowCount):
            self.windows += 1
            return Outgoing(self._kafka.windows, key, codec.encode_window(value))
        watched = codec.encode_watched(value) if isinstance(value, Watched) else None
        return Outgoing(self._kafka.watch, key, watched, partition=0)


def place_of(headers: Sequence[tuple[str, bytes]]) -> tuple[int, int] | None:
    """Partition and offset of the partials record that led to a detection; None where the headers do not say."""
    number, _, offset = dict(headers).get(PLACE_HEADER, b"").decode("ascii", "replace").partition(":")
    return (int(number), int(offset)) if number.isdecimal() and offset.isdecimal() and len(offset) < 19 else None
