"""Queries about incidents, their episodes and their timeline."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, text, update
from sqlalchemy.exc import IntegrityError

from alerting.errors import Stale
from alerting.incidents.calls import call_due_at
from alerting.incidents.identity import CANARY_INCIDENT
from alerting.incidents.model import Incident, IncidentState, TimelineEntry
from alerting.incidents.sql.cursor import decode_cursor, encode_cursor
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.open_ids import OPEN_IDS
from alerting.incidents.sql.tables import episodes, incident_topics, incidents, timeline
from alerting.incidents.store import IncidentFilter, OpenOfBrand, Page

# Postgres refuses it in any text; nothing of ours has it in its name.
_NUL: Final = "\0"

# Of a topic's newest incidents, those that were merged into another one are passed over.
_LATEST_LOOKED_AT: Final = 8

# As many open incidents are looked at together at most; beyond it nobody can work on them anyway.
_MOST_OPEN: Final = 5_000

# Any number that nobody else uses; this one spells "toc".
_FAMILY_LOCK: Final = 0x746F63
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:kind, :key)")

_encoder: Final = msgspec.json.Encoder()
_incident: Final = msgspec.json.Decoder(Incident)
_entry: Final = msgspec.json.Decoder(TimelineEntry)


_VALUE: Final = select(incidents.c.value)
_BY_ID: Final = _VALUE.where(incidents.c.id == bindparam("of_id"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()
_BY_EPISODE: Final = (
    _VALUE.join(episodes, episodes.c.incident == incidents.c.id)
    .where(episodes.c.episode == bindparam("of_episode"))
    .with_for_update(of=incidents)
)
_OF_TOPIC: Final = _VALUE.join(incident_topics, incident_topics.c.incident == incidents.c.id).where(
    incident_topics.c.topic == bindparam("of_topic")
)
_OPEN: Final = _OF_TOPIC.where(incident_topics.c.is_open).with_for_update(of=incidents)
_LATEST: Final = (
    _OF_TOPIC.where(incidents.c.history.is_(False))
    .order_by(incidents.c.id.desc())
    .limit(_LATEST_LOOKED_AT)
    .with_for_update(of=incidents)
)
_OPEN_OF_FAMILY: Final = (
    select(incidents.c.id, incidents.c.revision)
    .where(incidents.c.family == bindparam("of_family"), text("state <> 'resolved'"))  # as the index says it
    .order_by(incidents.c.id)
)
_BY_IDS: Final = _VALUE.where(incidents.c.id.in_(bindparam("ids", expanding=True))).order_by(incidents.c.id)
_READ_AT_ONCE: Final = 500
_OPEN_NOW: Final = _VALUE.where(incidents.c.id.in_(OPEN_IDS)).order_by(incidents.c.id).limit(_MOST_OPEN)
_NEWEST: Final = _VALUE.where(incidents.c.history.is_(False)).order_by(incidents.c.id.desc()).limit(bindparam("number"))
_INSERT: Final = insert_each(incidents, nothing_on_conflict)
_REPLACE: Final = update(incidents).where(
    incidents.c.id == bindparam("of_id"), incidents.c.revision == bindparam("expected_revision")
)
_EPISODES: Final = select(episodes.c.episode).where(episodes.c.incident == bindparam("of_id"))
# An episode moves with its topic when incidents are merged or split.
_JOIN: Final = insert_each(
    episodes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["episode"], set_={"incident": insert.excluded.incident}
    ),
)
_TOPICS: Final = select(incident_topics.c.topic, incident_topics.c.is_open).where(
    incident_topics.c.incident == bindparam("of_id")
)
_TAKE_PART: Final = insert_each(
    incident_topics,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["topic", "incident"], set_={"is_open": insert.excluded.is_open}
    ),
)
_LEAVE: Final = delete(incident_topics).where(
    incident_topics.c.incident == bindparam("of_id"), incident_topics.c.topic == bindparam("of_topic")
)


def by_id(connection: Connection, incident_id: str, *, lock: bool) -> Incident | None:
    """The incident; None where there is none."""
    if _NUL in incident_id:
        return None
    return _decoded(connection.execute(_BY_ID_LOCKED if lock else _BY_ID, {"of_id": incident_id}).scalar())


def by_episode(connection: Connection, episode: str) -> Incident | None:
    """The incident that the episode opened or joined, locked."""
    return _decoded(connection.execute(_BY_EPISODE, {"of_episode": episode}).scalar())


def open_for_topic(connection: Connection, topic: str) -> Incident | None:
    """The open incident that the topic is part of, locked."""
    return _decoded(connection.execute(_OPEN, {"of_topic": topic}).scalar())


def latest_for_topic(connection: Connection, topic: str) -> Incident | None:
    """The topic's newest incident that is neither history nor merged into another one, locked."""
    found = (_incident.decode(value) for value in connection.execute(_LATEST, {"of_topic": topic}).scalars())
    return next((incident for incident in found if incident.merged_into is None), None)


def open_for_family(connection: Connection, family: str, known: Mapping[str, int]) -> OpenOfBrand:
    """The family's open incidents, oldest first; those at another revision than known in full."""
    rows = connection.execute(_OPEN_OF_FAMILY, {"of_family": family}).all()
    changed = [row.id for row in rows if known.get(row.id) != row.revision]
    found: list[Incident] = []
    for start in range(0, len(changed), _READ_AT_ONCE):
        values = connection.execute(_BY_IDS, {"ids": changed[start : start + _READ_AT_ONCE]}).scalars()
        found.extend(_incident.decode(value) for value in values)
    return OpenOfBrand(tuple(row.id for row in rows), tuple(found))


def open_now(connection: Connection) -> tuple[Incident, ...]:
    """All that are not resolved, oldest first, not locked."""
    return tuple(_incident.decode(value) for value in connection.execute(_OPEN_NOW).scalars())


def latest(connection: Connection, number: int) -> tuple[Incident, ...]:
    """Those of the newest so many that somebody acknowledged, newest first, not locked."""
    found = (_incident.decode(value) for value in connection.execute(_NEWEST, {"number": number}).scalars())
    return tuple(incident for incident in found if incident.acknowledged_by)


def lock_families(connection: Connection, families: Sequence[str]) -> None:
    """Wait until no other transaction has locked any of them; where one writes at a time, that is so already."""
    if connection.dialect.name != "postgresql":
        return
    for family in families:
        key = int.from_bytes(blake2b(family.encode("utf-8", "replace"), digest_size=4).digest(), signed=True)
        connection.execute(_LOCK, {"kind": _FAMILY_LOCK, "key": key})


def save(connection: Connection, incident: Incident, expected_revision: int | None) -> None:
    """Insert or replace the incident, and remember its topics and episodes.

    Raises:
        Stale: The stored revision is another one, or one of its topics is in another open incident.
    """
    values = {
        "topic": incident.topic,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "opened_at": incident.opened_at,
        "history": incident.history,
        "revision": incident.revision,
        "family": incident.family,
        "samples_kept": bool(incident.evidence.samples) or any(part.mentions for part in incident.parts),
        "call_due_at": call_due_at(incident),
        "value": _encoder.encode(incident).decode(),
    }
    if expected_revision is None:
        written = connection.execute(_INSERT[connection.dialect.name], {"id": incident.id, **values})
    else:
        written = connection.execute(_REPLACE, {"of_id": incident.id, "expected_revision": expected_revision} | values)
    if written.rowcount == 0:
        raise Stale(_why_not_written(connection, incident, expected_revision))
    _take_part(connection, incident)
    of_id = {"of_id": incident.id}
    known = set(connection.execute(_EPISODES, of_id).scalars())
    joined = [episode for episode in dict.fromkeys((incident.episode, *incident.episodes)) if episode not in known]
    if joined and incident.merged_into is None:
        connection.execute(
            _JOIN[connection.dialect.name], [{"episode": episode, "incident": incident.id} for episode in joined]
        )


def _take_part(connection: Connection, incident: Incident) -> None:
    is_open = incident.state is not IncidentState.RESOLVED
    known = {row.topic: row.is_open for row in connection.execute(_TOPICS, {"of_id": incident.id})}
    if gone := known.keys() - set(incident.topics):
        connection.execute(_LEAVE, [{"of_id": incident.id, "of_topic": topic} for topic in sorted(gone)])
    changed = [topic for topic in incident.topics if known.get(topic) is not is_open]
    if not changed:
        return
    rows = [{"topic": topic, "incident": incident.id, "is_open": is_open} for topic in changed]
    try:
        connection.execute(_TAKE_PART[connection.dialect.name], rows)
    except IntegrityError as exc:
        raise Stale(f"a topic of {incident.id} ({', '.join(changed[:3])}) has another open incident") from exc


def timeline_of(connection: Connection, incident_id: str) -> tuple[TimelineEntry, ...]:
    """What happened to the incident, oldest first."""
    return _entries(connection, timeline.c.incident == incident_id, None)


def timeline_after(connection: Connection, position: int, limit: int) -> tuple[TimelineEntry, ...]:
    """Entries of all incidents behind `position`, oldest first."""
    return _entries(connection, timeline.c.position > position, limit)


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
        topics = [topic for topic in wanted.topics if _NUL not in topic]
        found = found.where(
            incidents.c.id.in_(select(incident_topics.c.incident).where(incident_topics.c.topic.in_(topics)))
        )
    if wanted.families is not None:
        found = found.where(incidents.c.family.in_(sorted(wanted.families)))
    if wanted.severities:
        found = found.where(incidents.c.severity.in_([severity.value for severity in wanted.severities]))
    found = found.where(incidents.c.id != CANARY_INCIDENT)
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
    return f"incident {incident.id} is at revision {stored}, not at {expected_revision}"
