"""What a stage did, as the metrics want to know it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import msgspec

from streams import codec
from streams.broker.base import Outgoing
from streams.settings import KafkaSettings
from streams.stages.base import Stage


@runtime_checkable
class CountingStage(Protocol):
    """A stage that counts what it does."""

    @property
    def watermark_ms(self) -> int | None:
        """How far event time has come, milliseconds since 1970; None before it began."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Totals since the stage was made; they never fall."""
        ...


class StageReading(msgspec.Struct, frozen=True):
    """What a stage counted, and what one of its writes consists of.

    Attributes:
        totals: Counts since the stage was made, replays included, by the name of their metric without prefix and
            suffix.
        phases: Detections in this write by phase.
        event_seconds: How far event time has come, seconds since 1970; None before it began.
        dead_letters: Those of this write.
    """

    totals: Mapping[str, int] = {}
    phases: Mapping[str, int] = {}
    event_seconds: float | None = None
    dead_letters: tuple[Outgoing, ...] = ()


_METRIC_NAMES: Final = {
    "read": "mentions_read",
    "matched": "mentions_matched",
    "duplicate": "mentions_duplicate",
    "dead_lettered": "mentions_dead_lettered",
    "partials": "partials_written",
}

StageReader = Callable[[Stage, Sequence[Outgoing]], StageReading]


def reader(kafka: KafkaSettings) -> StageReader:
    """The reader of stages that write to these Kafka topics; a stage that does not count reads as nothing."""

    def read(stage: Stage, outgoing: Sequence[Outgoing]) -> StageReading:
        if not isinstance(stage, CountingStage):
            return StageReading()
        reached = stage.watermark_ms
        detections = (
            codec.decode_detection(record.value) for record in outgoing if record.kafka_topic == kafka.detections
        )
        return StageReading(
            totals={_METRIC_NAMES.get(name, name): total for name, total in stage.counts().items()},
            phases=Counter(str(detection.phase) for detection in detections if detection.canary is None),
            event_seconds=None if reached is None else reached / 1000,
            dead_letters=tuple([record for record in outgoing if record.kafka_topic == kafka.dead_letters]),
        )

    return read
