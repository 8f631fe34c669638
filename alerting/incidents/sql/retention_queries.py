"""Queries that thin and forget, a bounded batch each: what is replaced and what replaces it commit together."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, delete, or_, select, update

from alerting.history import DAY_SECONDS, day_of, pack, thinned, unpack
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.erasing import without_author
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.retention import Cutoffs, without_samples
from alerting.incidents.sql import answer_rows, contact_queries, reply_queries
from alerting.incidents.sql.tables import (
    deliveries,
    episodes,
    history_blocks,
    incident_topics,
    incidents,
    recent_windows,
)
from alerting.incidents.sql.window_queries import fold
from streams.errors import StateCorrupted

QUARTER: Final = 900
HOUR: Final = 3600
_ERASED_AT_ONCE: Final = 20

_encoder: Final = msgspec.json.Encoder()
_incident: Final = msgspec.json.Decoder(Incident)

log = structlog.get_logger()

Batch = Callable[[Connection, Cutoffs, int, datetime], int]


def thin_windows(connection: Connection, cutoffs: Cutoffs, limit: int, now: datetime) -> int:
    """Widen or forget the windows of at most `limit` topics and days; how many."""
    gone = _forget_blocks(connection, _day(cutoffs.windows), limit)
    if gone:
        return gone
    late = _fold_late(connection, int(cutoffs.minutes.timestamp()), limit, now)
    if late:
        return late
    for width, before in ((HOUR, cutoffs.quarters), (QUARTER, cutoffs.minutes)):
        widened = _widen(connection, width, _day(before), cutoffs.settled, limit)
        if widened:
            return widened
    return 0


def forget_samples(connection: Connection, cutoffs: Cutoffs, limit: int, _: datetime) -> int:
    """Take the mentions' own words out of at most `limit` resolved incidents; how many."""
    rows = connection.execute(
        select(incidents.c.id, incidents.c.value)
        .where(
            incidents.c.samples_kept,
            incidents.c.state == IncidentState.RESOLVED.value,
            incidents.c.opened_at < cutoffs.samples,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        value = _encoder.encode(without_samples(_incident.decode(row.value))).decode()
        connection.execute(update(incidents).where(incidents.c.id == row.id).values(value=value, samples_kept=False))
    return len(rows)


def erase_author(connection: Connection, author: int, after: str) -> tuple[str, int]:
    """Take an author out of the next twenty incidents with an id above `after` that may know them.

    Answers the last of their ids, empty where there is none left, and how many did know the author.
    """
    rows = connection.execute(
        select(incidents.c.id, incidents.c.value)
        .where(incidents.c.id > after, incidents.c.value.contains(f'"author_number":{author}', autoescape=True))
        .order_by(incidents.c.id)
        .limit(_ERASED_AT_ONCE)
        .with_for_update()
    ).all()
    changed = 0
    for row in rows:
        before = _incident.decode(row.value)
        left = without_author(before, author)
        if left != before:  # a longer number may begin like this one
            value = _encoder.encode(left).decode()
            connection.execute(update(incidents).where(incidents.c.id == row.id).values(value=value))
            changed += 1
    return (rows[-1].id if rows else "", changed)


def forget_deliveries(connection: Connection, cutoffs: Cutoffs, limit: int, _: datetime) -> int:
    """Forget at most `limit` settled deliveries of resolved incidents, and of drills; how many."""
    old = connection.execute(
        select(deliveries.c.sequence)
        .outerjoin(incidents, incidents.c.id == deliveries.c.incident)
        .where(
            deliveries.c.created_at < cutoffs.deliveries,
            deliveries.c.state != DeliveryState.PENDING.value,
            or_(incidents.c.state == IncidentState.RESOLVED.value, deliveries.c.drill.is_not(None)),
        )
        .limit(limit)
    ).scalars()
    return connection.execute(delete(deliveries).where(deliveries.c.sequence.in_(list(old)))).rowcount


def forget_incidents(connection: Connection, cutoffs: Cutoffs, limit: int, _: datetime) -> int:
    """Forget at most `limit` resolved incidents with all that hangs on them but the timeline; how many."""
    waiting = select(deliveries.c.incident).where(deliveries.c.state == DeliveryState.PENDING.value)
    old = list(
        connection.execute(
            select(incidents.c.id)
            .where(
                incidents.c.state == IncidentState.RESOLVED.value,
                incidents.c.opened_at < cutoffs.incidents,
                incidents.c.id.not_in(waiting),
            )
            .order_by(incidents.c.opened_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).scalars()
    )
    if old:
        for table in (deliveries, episodes, incident_topics):
            connection.execute(delete(table).where(table.c.incident.in_(old)))
        connection.execute(delete(incidents).where(incidents.c.id.in_(old)))
    return len(old)


def forget_replies(connection: Connection, cutoffs: Cutoffs, limit: int, _: datetime) -> int:
    """Forget at most `limit` public answers; how many. Open incidents remember what they need of them.

    What customers said to one another goes after a day.
    """
    firsts = reply_queries.forget(connection, cutoffs.samples, limit)
    return firsts + answer_rows.forget(connection, cutoffs.samples, max(cutoffs.settled, cutoffs.samples), limit)


def forget_contacts(connection: Connection, cutoffs: Cutoffs, limit: int, _: datetime) -> int:
    """Forget at most `limit` minutes of the contact centre, and ids of its records; how many."""
    return contact_queries.forget(connection, cutoffs.contacts, cutoffs.samples, limit)


def _forget_blocks(connection: Connection, before: int, limit: int) -> int:
    places = connection.execute(
        select(history_blocks.c.topic, history_blocks.c.day).where(history_blocks.c.day < before).limit(limit)
    ).all()
    for topic, day in places:
        connection.execute(delete(history_blocks).where(history_blocks.c.topic == topic, history_blocks.c.day == day))
    return len(places)


def _fold_late(connection: Connection, before: int, limit: int, now: datetime) -> int:
    """Topics that fell silent are never folded by what comes next."""
    topics = list(
        connection.execute(
            select(recent_windows.c.topic).where(recent_windows.c.start < before).distinct().limit(limit)
        ).scalars()
    )
    return fold(connection, topics, now)


def _widen(connection: Connection, width: int, before: int, settled: datetime, limit: int) -> int:
    rows = connection.execute(
        select(history_blocks.c.topic, history_blocks.c.day, history_blocks.c.block)
        .where(
            history_blocks.c.seconds < width,
            history_blocks.c.day < before,
            history_blocks.c.written_at < settled,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        here = (history_blocks.c.topic == row.topic, history_blocks.c.day == row.day)
        try:
            block = pack(thinned(unpack(row.topic, row.block), width))
        except StateCorrupted as exc:
            log.error("history.block_unreadable", topic=row.topic, reason=str(exc), then="it stays as it is")  # noqa: TRY400  # the reason says it all
            connection.execute(update(history_blocks).where(*here).values(seconds=width))
        else:
            connection.execute(update(history_blocks).where(*here).values(block=block, seconds=width))
    return len(rows)


def _day(before: datetime) -> int:
    """Days that ended before that time are older than this one."""
    return day_of(int(before.timestamp()) // DAY_SECONDS * DAY_SECONDS)


# So small that whoever else wants to write waits for no more than a few hundredths of a second.
BATCHES: Final[Mapping[str, tuple[Batch, int]]] = {
    "windows": (thin_windows, 5),
    "samples": (forget_samples, 50),
    "deliveries": (forget_deliveries, 200),
    "incidents": (forget_incidents, 50),
    "replies": (forget_replies, 500),
    "contacts": (forget_contacts, 500),
}
