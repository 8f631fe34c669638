"""Queries of the intake: Kafka positions and the detections that were taken in."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from alerting.errors import PositionLost
from alerting.incidents.sql.inserting import insert_into
from alerting.incidents.sql.tables import detections, positions
from streams.broker.base import Partition


def position(connection: Connection, partition: Partition) -> int | None:
    """Next offset to read; None before the first."""
    return connection.execute(
        select(positions.c.next).where(
            positions.c.kafka_topic == partition.kafka_topic, positions.c.number == partition.number
        )
    ).scalar()


def advance(connection: Connection, partition: Partition, expected: int | None, following: int) -> None:
    """Move the position from `expected` to `following`.

    Raises:
        PositionLost: It is not at `expected`.
    """
    if expected is None:
        moved = connection.execute(
            insert_into(connection, positions)
            .values(kafka_topic=partition.kafka_topic, number=partition.number, next=following)
            .on_conflict_do_nothing()
        )
    else:
        moved = connection.execute(
            update(positions)
            .where(
                positions.c.kafka_topic == partition.kafka_topic,
                positions.c.number == partition.number,
                positions.c.next == expected,
            )
            .values(next=following)
        )
    if moved.rowcount == 0:
        raise PositionLost(f"the stored position of {partition} is not {expected}: another process has it")


def first_sight(connection: Connection, detection_id: str, at: datetime, taken_in_at: datetime) -> bool:
    """Remember the detection; False where it was taken in before."""
    added = connection.execute(
        insert_into(connection, detections)
        .values(id=detection_id, at=at, taken_in_at=taken_in_at)
        .on_conflict_do_nothing()
    )
    return added.rowcount > 0


def forget_detections(connection: Connection, before: datetime) -> None:
    """Forget what was taken in before that time; Kafka does not deliver it again."""
    connection.execute(delete(detections).where(detections.c.taken_in_at < before))
