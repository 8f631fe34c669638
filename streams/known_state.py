"""What is known of a partition that was let go."""

from dataclasses import dataclass

from streams.held import Held
from streams.stage_reading import StageReading
from streams.stages.base import Stage


@dataclass(frozen=True, slots=True)
class KnownState:
    """A stage, and up to where it is written, in offsets after the last record.

    Attributes:
        reading: What of the stage the metrics have.
        position: Folded up to here.
        durable: The committed position as Kafka has it; None when none was ever committed.
        changelog_end: No record of ours stands behind it; None where nobody knows.
        held: What was folded since the last write was drawn up.
    """

    stage: Stage
    reading: StageReading
    position: int | None
    committed: int | None
    durable: int | None
    changelog_end: int | None
    flushed: int | None
    snapshotted: int | None
    held: Held
