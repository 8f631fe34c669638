"""Queries about calls that are due, and about copies of schedules."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.tables import incidents, schedule_copies

_DUE: Final = (
    select(incidents.c.id)
    .where(incidents.c.call_due_at.is_not(None), incidents.c.call_due_at <= bindparam("now"))
    .order_by(incidents.c.call_due_at, incidents.c.id)
    .limit(bindparam("most"))
)
_NEXT: Final = select(func.min(incidents.c.call_due_at)).where(incidents.c.call_due_at.is_not(None))
_OPENED: Final = (
    select(func.count())
    .select_from(incidents)
    .where(
        incidents.c.topic == bindparam("of_topic"),
        incidents.c.opened_at >= bindparam("since"),
        incidents.c.history.is_(False),
    )
)
_KEEP: Final = insert_each(
    schedule_copies,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["schedule"],
        set_={"read_at": insert.excluded.read_at, "content": insert.excluded.content},
    ),
)


def calls_due(connection: Connection, now: datetime, limit: int) -> tuple[str, ...]:
    """Incidents of which somebody is to be called by now, the longest overdue first."""
    return tuple(connection.execute(_DUE, {"now": now, "most": limit}).scalars())


def next_call_at(connection: Connection) -> datetime | None:
    """When the next call of any incident is due; None where none is."""
    due: datetime | None = connection.execute(_NEXT).scalar()
    return due


def opened_since(connection: Connection, topic: str, since: datetime) -> int:
    """How many incidents led by the topic opened since then, past data left out."""
    return int(connection.execute(_OPENED, {"of_topic": topic, "since": since}).scalar_one())


def keep_schedule(connection: Connection, copy: ScheduleCopy) -> None:
    """Keep the copy in place of an older one."""
    connection.execute(
        _KEEP[connection.dialect.name],
        {"schedule": copy.schedule, "read_at": copy.read_at, "content": copy.content},
    )


def schedule_copy(connection: Connection, schedule: str) -> ScheduleCopy | None:
    """The last good copy; None where there is none."""
    row = connection.execute(select(schedule_copies).where(schedule_copies.c.schedule == schedule)).first()
    return None if row is None else ScheduleCopy(row.schedule, row.read_at, bytes(row.content))
