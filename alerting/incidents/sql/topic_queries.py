"""Queries about topics: their definitions and the board."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, select

from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.incidents.sql.board import Tail, per_minute, polarity
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.tables import deliveries, incident_topics, incidents
from alerting.incidents.sql.tables import topics as topics_table
from alerting.incidents.sql.window_queries import tails
from alerting.incidents.topic_status import TopicStatus
from streams.topic import Topic

_WEEK: Final = timedelta(days=7)
_PAGES: Final = (Transition.OPENED.value, Transition.REOPENED.value)

_encoder: Final = msgspec.json.Encoder()
_topic: Final = msgspec.json.Decoder(Topic)

_WRITE: Final = insert_each(
    topics_table,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["id"], set_={"place": insert.excluded.place, "value": insert.excluded.value}
    ),
)


def save(connection: Connection, topics: Sequence[Topic]) -> None:
    """Make the topic table equal to `topics`."""
    wanted = {topic.id: (place, _encoder.encode(topic).decode()) for place, topic in enumerate(topics)}
    stored = {row.id: (row.place, row.value) for row in connection.execute(select(topics_table))}
    if gone := stored.keys() - wanted.keys():
        connection.execute(delete(topics_table).where(topics_table.c.id.in_(gone)))
    changed = [
        {"id": topic_id, "place": place, "value": value}
        for topic_id, (place, value) in wanted.items()
        if stored.get(topic_id) != (place, value)
    ]
    if changed:
        connection.execute(_WRITE[connection.dialect.name], changed)


def statuses(connection: Connection, now: datetime) -> tuple[TopicStatus, ...]:
    """The board, in the order of the configuration."""
    values = connection.execute(select(topics_table.c.value).order_by(topics_table.c.place)).scalars()
    topics = [_topic.decode(value) for value in values]
    latest = tails(connection)
    open_incidents = _open_incidents(connection)
    pages = _pages(connection, now - _WEEK)
    return tuple(
        _status(topic, latest.get(topic.id), now, open_incidents.get(topic.id, 0), pages.get(topic.id, 0))
        for topic in topics
    )


def _status(topic: Topic, tail: Tail | None, now: datetime, open_incidents: int, pages: int) -> TopicStatus:
    status = TopicStatus(
        topic=topic.id,
        name=topic.name,
        owner=topic.owner,
        brand=topic.brand,
        query=topic.query or f"what is said of {', '.join(topic.members)}",
        pages_per_week=topic.budget,
        pages_this_week=pages,
        open_incidents=open_incidents,
    )
    if tail is None:
        return status
    newest = tail.windows[-1]
    return msgspec.structs.replace(
        status,
        per_minute=per_minute(tail, now),
        expected_per_minute=None if newest.expected is None else newest.expected * 60 / newest.seconds,
        polarity=polarity(tail),
        score=newest.score,
        last_window_at=datetime.fromtimestamp(newest.start, now.tzinfo),
    )


def _open_incidents(connection: Connection) -> dict[str, int]:
    counted = (
        select(incident_topics.c.topic, func.count().label("number"))
        .where(incident_topics.c.is_open)
        .group_by(incident_topics.c.topic)
    )
    return {row.topic: row.number for row in connection.execute(counted)}


def _pages(connection: Connection, since: datetime) -> dict[str, int]:
    """Incidents since then of which at least one page was sent."""
    counted = (
        select(incidents.c.topic, func.count(incidents.c.id.distinct()).label("number"))
        .join(deliveries, deliveries.c.incident == incidents.c.id)
        .where(
            incidents.c.opened_at >= since,
            deliveries.c.change.in_(_PAGES),
            deliveries.c.state == DeliveryState.SENT.value,
        )
        .group_by(incidents.c.topic)
    )
    return {row.topic: row.number for row in connection.execute(counted)}
