"""Queries that reports read: many incidents at once, decoded without their mentions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from alerting.directives.directive import Directive
from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import CANARY_INCIDENT
from alerting.incidents.model import TimelineEntry
from alerting.incidents.outline import Outline
from alerting.incidents.report_store import Casework, Sent
from alerting.incidents.sql.tables import deliveries, directives, incident_topics, incidents, timeline

_JUDGEMENT: Final = "feedback"

_AT_ONCE: Final = 500


class _Label(msgspec.Struct, frozen=True):
    """What an incident is about; the rest of it is passed over."""

    topic: str
    brand: str | None = None
    family: str = ""


_label: Final = msgspec.json.Decoder(_Label)
_LABELS: Final = select(incidents.c.id, incidents.c.value).where(incidents.c.id.in_(bindparam("ids", expanding=True)))
_outline: Final = msgspec.json.Decoder(Outline)
_entry: Final = msgspec.json.Decoder(TimelineEntry)
_delivery: Final = msgspec.json.Decoder(Delivery)
_directive: Final[msgspec.json.Decoder[Directive]] = msgspec.json.Decoder(Directive)

_LIVE: Final = incidents.c.history.is_(False)
# An id begins with the time of opening, so that the newest before another one are read from the end of the index.
_EARLIER: Final = (
    select(incidents.c.id, incidents.c.value)
    .where(incidents.c.id < bindparam("of_id"), _LIVE)
    .order_by(incidents.c.id.desc())
    .limit(bindparam("most"))
)
_EARLIER_OF_TOPICS: Final = (
    select(incidents.c.id, incidents.c.value)
    .where(
        incidents.c.id.in_(
            select(incident_topics.c.incident).where(
                incident_topics.c.topic.in_(bindparam("topics", expanding=True)),
                incident_topics.c.incident < bindparam("of_id"),
            )
        ),
        _LIVE,
    )
    .order_by(incidents.c.id.desc())
    .limit(bindparam("most"))
)
_AGAIN: Final = (
    select(incidents.c.id)
    .join(incident_topics, incident_topics.c.incident == incidents.c.id)
    .where(
        incident_topics.c.topic == bindparam("of_topic"),
        incidents.c.opened_at > bindparam("after"),
        incidents.c.opened_at <= bindparam("until"),
        incidents.c.id != bindparam("but"),
        _LIVE,
    )
    .order_by(incidents.c.opened_at, incidents.c.id)
)
_WITHIN: Final = (incidents.c.opened_at >= bindparam("start"), incidents.c.opened_at < bindparam("end"), _LIVE)
_OPENED: Final = select(incidents.c.value).where(*_WITHIN).order_by(incidents.c.opened_at, incidents.c.id)
_HAPPENED: Final = (
    select(timeline.c.incident, timeline.c.value)
    .join(incidents, incidents.c.id == timeline.c.incident)
    .where(*_WITHIN)
    .order_by(timeline.c.position)
)
_MADE: Final = (
    select(deliveries.c.state, deliveries.c.value, deliveries.c.incident)
    .where(
        deliveries.c.created_at >= bindparam("start"),
        deliveries.c.created_at < bindparam("end"),
        deliveries.c.incident.is_not(None),  # the others are of drills
        deliveries.c.incident != CANARY_INCIDENT,
    )
    .order_by(deliveries.c.sequence)
)
_JUDGED: Final = (
    select(directives.c.value)
    .where(directives.c.kind == _JUDGEMENT, directives.c.created_at >= bindparam("since"))
    .order_by(directives.c.created_at, directives.c.id)
)


def earlier(connection: Connection, incident_id: str, topics: Sequence[str], limit: int) -> tuple[Outline, ...]:
    """The newest before it, and the newest of these topics."""
    wanted = {"of_id": incident_id, "most": limit}
    rows = {row.id: row.value for row in connection.execute(_EARLIER, wanted)}
    rows |= {row.id: row.value for row in connection.execute(_EARLIER_OF_TOPICS, wanted | {"topics": list(topics)})}
    return tuple(_outline.decode(rows[name]) for name in sorted(rows, reverse=True))


def opened_again(connection: Connection, topic: str, after: datetime, until: datetime, but: str) -> tuple[str, ...]:
    """Ids of the topic's other incidents that opened then, oldest first."""
    wanted = {"of_topic": topic, "after": after, "until": until, "but": but}
    return tuple(connection.execute(_AGAIN, wanted).scalars())


def opened_between(connection: Connection, start: datetime, end: datetime) -> tuple[Casework, ...]:
    """Incidents that opened in `[start, end)`, each with its timeline."""
    wanted = {"start": start, "end": end}
    happened: dict[str, list[TimelineEntry]] = {}
    for row in connection.execute(_HAPPENED, wanted):
        happened.setdefault(row.incident, []).append(_entry.decode(row.value))
    outlines = [_outline.decode(value) for value in connection.execute(_OPENED, wanted).scalars()]
    return tuple(Casework(outline, tuple(happened.get(outline.id, ()))) for outline in outlines)


def deliveries_between(connection: Connection, start: datetime, end: datetime) -> tuple[Sent, ...]:
    """Messages about incidents that were made in `[start, end)`, oldest first."""
    rows = connection.execute(_MADE, {"start": start, "end": end}).all()
    about = _about(connection, {row.incident for row in rows})
    return tuple(
        Sent(
            msgspec.structs.replace(_delivery.decode(row.value), state=DeliveryState(row.state)),
            about[row.incident].topic,
            about[row.incident].brand or about[row.incident].family,
            about[row.incident].family,
        )
        for row in rows
    )


def judgements_since(connection: Connection, since: datetime) -> tuple[Judgement, ...]:
    """What people said of pages since then, oldest first."""
    found = (_directive.decode(value) for value in connection.execute(_JUDGED, {"since": since}).scalars())
    return tuple(one for one in found if isinstance(one, Judgement))


def _about(connection: Connection, names: set[str]) -> dict[str, _Label]:
    found: dict[str, _Label] = {}
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        rows = connection.execute(_LABELS, {"ids": ordered[start : start + _AT_ONCE]})
        found |= {row.id: _label.decode(row.value) for row in rows}
    return found
