"""The outcome of replaying decisions."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """How a detection in Kafka differs from the replayed one."""

    CHANGED = "changed"
    MISSING = "missing"
    UNEXPECTED = "unexpected"


class Difference(msgspec.Struct, frozen=True):
    """A detection that is not as the log says it has to be.

    Attributes:
        offset: Of the record of the partials that decides, or is said to.
        field: Where the two differ first; empty where there is only one.
        written: What stands there in Kafka, at most 200 characters.
        replayed: What the replay has there.
    """

    kind: Kind
    id: str
    topic: str
    partition: int
    offset: int | None
    field: str = ""
    written: str = ""
    replayed: str = ""


class Reach(msgspec.Struct, frozen=True):
    """What was replayed of one partition of the partials: `[start, stop)`.

    Attributes:
        since: Event time of the state it began with; None where it began with nothing, at the log's first record.
        reproduced: Detections that are the same, byte for byte.
        beyond: Detections in Kafka that were decided before, and cannot be replayed any more.
    """

    partition: int
    start: int
    stop: int
    since: datetime | None
    reproduced: int
    beyond: int


class ReplayReport(msgspec.Struct, frozen=True):
    """The outcome.

    Attributes:
        unplaced: Detections that do not say where they were decided: an older version wrote them.
    """

    partitions: tuple[Reach, ...]
    differences: tuple[Difference, ...]
    unplaced: int = 0
