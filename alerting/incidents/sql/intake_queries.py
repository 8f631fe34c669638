"""Queries of the intake: Kafka positions and the detections that were taken in."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from alerting.errors import PositionLost
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import detections, positions
from streams.broker.base import Partition

_OF_PARTITION: Final = (
    positions.c.kafka_topic == bindparam("of_topic"),
    positions.c.number == bindparam("of_number"),
)
_POSITION: Final = select(positions.c.next).where(*_OF_PARTITION)
_BEGIN: Final = insert_each(positions, nothing_on_conflict)
_ADVANCE: Final = update(positions).where(*_OF_PARTITION, positions.c.next == bindparam("expected"))
_REMEMBER: Final = insert_each(detections, nothing_on_conflict)


def position(connection: Connection, partition: Partition) -> int | None:
    """Next offset to read; None before the first."""
    return connection.execute(_POSITION, {"of_topic": partition.kafka_topic, "of_number": partition.number}).scalar()


def advance(connection: Connection, partition: Partition, expected: int | None, following: int) -> None:
    """Move the position from `expected` to `following`.

    Raises:
        PositionLost: It is not at `expected`.
    """
    if expected is None:
        moved = connection.execute(
            _BEGIN[connection.dialect.name],
            {"kafka_topic": partition.kafka_topic, "number": partition.number, "next": following},
        )
    else:
        moved = connection.execute(
            _ADVANCE,
            {
                "of_topic": partition.kafka_topic,
                "of_number": partition.number,
                "expected": expected,
                "next": following,
            },
        )
    if moved.rowcount == 0:
        raise PositionLost(f"the stored position of {partition} is not {expected}: another process has it")


def first_sight(connection: Connection, detection_id: str, at: datetime, taken_in_at: datetime) -> bool:
    """Remember the detection; False where it was taken in before."""
    added = connection.execute(
        _REMEMBER[connection.dialect.name], {"id": detection_id, "at": at, "taken_in_at": taken_in_at}
    )
    return added.rowcount > 0


def forget_detections(connection: Connection, before: datetime) -> None:
    """Forget what was taken in before that time; Kafka does not deliver it again."""
    connection.execute(delete(detections).where(detections.c.taken_in_at < before))
