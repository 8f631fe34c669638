"""Queries about incidents, their episodes and their timeline."""

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from alerting.errors import Stale
from alerting.incidents.model import Incident, IncidentState, TimelineEntry
from alerting.incidents.sql.cursor import decode_cursor, encode_cursor
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import episodes, incidents, timeline
from alerting.incidents.store import IncidentFilter, Page

# Postgres refuses it in any text; nothing of ours has it in its name.
_NUL: Final = "\0"

_encoder: Final = msgspec.json.Encoder()
_incident: Final = msgspec.json.Decoder(Incident)
_entry: Final = msgspec.json.Decoder(TimelineEntry)


_VALUE: Final = select(incidents.c.value)
_OF_TOPIC: Final = incidents.c.topic == bindparam("of_topic")
_BY_ID: Final = _VALUE.where(incidents.c.id == bindparam("of_id"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()
_BY_EPISODE: Final = (
    _VALUE.join(episodes, episodes.c.incident == incidents.c.id)
    .where(episodes.c.episode == bindparam("of_episode"))
    .with_for_update(of=incidents)
)
_OPEN: Final = _VALUE.where(_OF_TOPIC, incidents.c.state != IncidentState.RESOLVED.value).with_for_update()
_LATEST: Final = (
    _VALUE.where(_OF_TOPIC, incidents.c.history.is_(False)).order_by(incidents.c.id.desc()).limit(1).with_for_update()
)
_INSERT: Final = insert_each(incidents, nothing_on_conflict)
_REPLACE: Final = update(incidents).where(
    incidents.c.id == bindparam("of_id"), incidents.c.revision == bindparam("expected_revision")
)
_JOIN: Final = insert_each(episodes, nothing_on_conflict)


def by_id(connection: Connection, incident_id: str, *, lock: bool) -> Incident | None:
    """The incident; None where there is none."""
    if _NUL in incident_id:
        return None
    return _decoded(connection.execute(_BY_ID_LOCKED if lock else _BY_ID, {"of_id": incident_id}).scalar())


def by_episode(connection: Connection, episode: str) -> Incident | None:
    """The incident that the episode opened or joined, locked."""
    return _decoded(connection.execute(_BY_EPISODE, {"of_episode": episode}).scalar())


def open_for_topic(connection: Connection, topic: str) -> Incident | None:
    """The topic's incident that is not resolved, locked."""
    return _decoded(connection.execute(_OPEN, {"of_topic": topic}).scalar())


def latest_for_topic(connection: Connection, topic: str) -> Incident | None:
    """The topic's newest incident that is not history, locked."""
    return _decoded(connection.execute(_LATEST, {"of_topic": topic}).scalar())


def save(connection: Connection, incident: Incident, expected_revision: int | None) -> None:
    """Insert or replace the incident, and remember its episodes.

    Raises:
        Stale: The stored revision is another one, or the topic has an open incident already.
    """
    values = {
        "topic": incident.topic,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "opened_at": incident.opened_at,
        "history": incident.history,
        "revision": incident.revision,
        "value": _encoder.encode(incident).decode(),
    }
    if expected_revision is None:
        written = connection.execute(_INSERT[connection.dialect.name], {"id": incident.id, **values})
    else:
        guard = {"of_id": incident.id, "expected_revision": expected_revision}
        try:
            written = connection.execute(_REPLACE, guard | values)
        except IntegrityError as exc:
            raise Stale(f"topic {incident.topic!r} has another open incident") from exc
    if written.rowcount == 0:
        raise Stale(_why_not_written(connection, incident, expected_revision))
    joined = dict.fromkeys((incident.episode, *incident.episodes))
    connection.execute(
        _JOIN[connection.dialect.name], [{"episode": episode, "incident": incident.id} for episode in joined]
    )


def timeline_of(connection: Connection, incident_id: str) -> tuple[TimelineEntry, ...]:
    """What happened to the incident, oldest first."""
    return _entries(connection, timeline.c.incident == incident_id, None)


def timeline_after(connection: Connection, position: int, limit: int) -> tuple[TimelineEntry, ...]:
    """Entries of all incidents behind `position`, oldest first."""
    return _entries(connection, timeline.c.position > position, limit)


def last_position(connection: Connection) -> int:
    """The newest timeline position; 0 before the first."""
    newest: int | None = connection.execute(select(func.max(timeline.c.position))).scalar()
    return newest or 0


def page(connection: Connection, wanted: IncidentFilter, cursor: str | None, limit: int) -> Page:
    """One page of incidents, newest first.

    Raises:
        ValueError: The cursor is not one of ours.
    """
    found = select(incidents.c.id, incidents.c.value).order_by(incidents.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        found = found.where(incidents.c.id < decode_cursor(cursor))
    if wanted.states:
        found = found.where(incidents.c.state.in_([state.value for state in wanted.states]))
    if wanted.topics:
        found = found.where(incidents.c.topic.in_([topic for topic in wanted.topics if _NUL not in topic]))
    if wanted.severities:
        found = found.where(incidents.c.severity.in_([severity.value for severity in wanted.severities]))
    if not wanted.history:
        found = found.where(incidents.c.history.is_(False))
    rows = connection.execute(found).all()
    return Page(
        incidents=tuple(_incident.decode(row.value) for row in rows[:limit]),
        next_cursor=encode_cursor(rows[limit - 1].id) if len(rows) > limit else None,
    )


def _decoded(value: str | None) -> Incident | None:
    return None if value is None else _incident.decode(value)


def _entries(connection: Connection, wanted: ColumnElement[bool], limit: int | None) -> tuple[TimelineEntry, ...]:
    found = select(timeline.c.position, timeline.c.value).where(wanted).order_by(timeline.c.position).limit(limit)
    return tuple(
        msgspec.structs.replace(_entry.decode(row.value), position=row.position) for row in connection.execute(found)
    )


def _why_not_written(connection: Connection, incident: Incident, expected_revision: int | None) -> str:
    stored = connection.execute(select(incidents.c.revision).where(incidents.c.id == incident.id)).scalar()
    if expected_revision is None and stored is None:
        return f"topic {incident.topic!r} has another open incident"
    return f"incident {incident.id} is at revision {stored}, not at {expected_revision}"
