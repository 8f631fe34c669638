"""Queries about the audit trail: append, read, and the key that a database without a configured one has."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.incidents.audit import Head, Link
from alerting.incidents.chain import Chain
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.sql.tables import audit, audit_head, directive_lines, timeline
from streams.errors import StateCorrupted

Act = tuple[Incident, TimelineEntry] | tuple[Directive, DirectiveEntry]

_encoder: Final = msgspec.json.Encoder()

_HEAD_LOCKED: Final = select(
    audit_head.c.first, audit_head.c.position, audit_head.c.mac, audit_head.c.seal
).with_for_update()
_NEWEST: Final = tuple(
    select(func.coalesce(func.max(table.c.position), 0)).scalar_subquery().label(f"newest_of_{table.name}")
    for table in (timeline, directive_lines, audit)
)
_HEAD: Final = select(audit_head.c.first, audit_head.c.position, audit_head.c.mac, audit_head.c.seal, *_NEWEST)
_WITHOUT_HEAD: Final = select(*_NEWEST)
_POSITION: Final = select(audit_head.c.position)
_MOVE: Final = update(audit_head)
_APPEND_LINES: Final = insert(timeline)
_APPEND_DIRECTIVE_LINES: Final = insert(directive_lines)
_APPEND_RECORDS: Final = insert(audit)
_LINKS: Final = (
    select(
        audit.c.position,
        audit.c.value,
        audit.c.mac,
        timeline.c.value.label("of_incident"),
        timeline.c.incident,
        directive_lines.c.value.label("of_directive"),
        directive_lines.c.directive,
    )
    .outerjoin(timeline, timeline.c.position == audit.c.position)
    .outerjoin(directive_lines, directive_lines.c.position == audit.c.position)
    .where(audit.c.position > bindparam("after"))
    .order_by(audit.c.position)
    .limit(bindparam("most"))
)
_OWN_KEY: Final = select(audit_head.c.own_key)
_KEEP_KEY: Final = update(audit_head).where(audit_head.c.own_key.is_(None))


def append(connection: Connection, chain: Chain, happened: Sequence[Act]) -> None:
    """Append to the timeline, or the directives' lines, and to the audit trail; to be called last in a transaction.

    Positions are without gaps and become visible in their order: whoever appends holds the head's row until its commit,
    and the next one waits. As the last step of a transaction, this lock comes after all others and cannot be part of a
    deadlock.
    """
    if not happened:
        return
    row = connection.execute(_HEAD_LOCKED).one_or_none()
    if row is None:
        raise StateCorrupted("the head of the audit trail was removed from the database: `tocsin audit verify`")
    lines = [(*one, _encoder.encode(one[1]).decode()) for one in happened]
    links, head = chain.extend(Head(row.first, row.position, row.mac, row.seal), lines)
    of_incidents: list[dict[str, object]] = []
    of_directives: list[dict[str, object]] = []
    for link, (_, entry) in zip(links, happened, strict=True):
        if isinstance(entry, TimelineEntry):
            of_incidents.append({"position": link.position, "incident": entry.incident, "value": link.line})
        else:
            of_directives.append({"position": link.position, "directive": entry.directive, "value": link.line})
    if of_incidents:
        connection.execute(_APPEND_LINES, of_incidents)
    if of_directives:
        connection.execute(_APPEND_DIRECTIVE_LINES, of_directives)
    connection.execute(
        _APPEND_RECORDS, [{"position": link.position, "value": link.value, "mac": link.mac} for link in links]
    )
    connection.execute(_MOVE, {"first": head.first, "position": head.position, "mac": head.mac, "seal": head.seal})


def last_position(connection: Connection) -> int:
    """How far the trail has come; grows with every act, whichever process it was done in."""
    position: int = connection.execute(_POSITION).scalar_one()
    return position


def head(connection: Connection) -> Head:
    """Where the chain begins and ends, and what the tables hold at most, all of one moment.

    Where somebody removed the head, it knows of no record.
    """
    row = connection.execute(_HEAD).one_or_none()
    if row is None:
        return Head(None, 0, "", "", max(connection.execute(_WITHOUT_HEAD).one()))
    return Head(row.first, row.position, row.mac, row.seal, max(row[4:]))


def links(connection: Connection, after: int, limit: int) -> tuple[Link, ...]:
    """Records behind `after` with the lines that stand at their positions, oldest first."""
    return tuple(
        Link(row.position, row.value, row.mac, row.of_directive, row.directive)
        if row.of_incident is None
        else Link(row.position, row.value, row.mac, row.of_incident, row.incident, int(row.of_directive is not None))
        for row in connection.execute(_LINKS, {"after": after, "most": limit})
    )


def own_key(connection: Connection) -> str | None:
    """The key that this database made for itself; None where it never had to."""
    return connection.execute(_OWN_KEY).scalar()


def keep_key(connection: Connection, made: str) -> str:
    """The key that this database has by now: `made`, or the one of a process that was faster.

    Where somebody removed the head, nothing is kept, and nothing can be appended.
    """
    connection.execute(_KEEP_KEY, {"own_key": made})
    return connection.execute(_OWN_KEY).scalar() or made
