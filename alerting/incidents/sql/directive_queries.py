"""Queries about directives: silences, notices and their like."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from alerting.directives.directive import Directive, DirectiveEntry, due_at, kind_of
from alerting.errors import Stale
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import directive_lines, directives

_encoder: Final = msgspec.json.Encoder()
_directive: Final[msgspec.json.Decoder[Directive]] = msgspec.json.Decoder(Directive)
_entry: Final = msgspec.json.Decoder(DirectiveEntry)

_IN_FORCE: Final = select(directives.c.value).where(directives.c.ends_at > bindparam("now")).order_by(directives.c.id)
_BY_ID: Final = select(directives.c.value).where(directives.c.id == bindparam("of_id"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()
_INSERT: Final = insert_each(directives, nothing_on_conflict)
_REPLACE: Final = update(directives).where(
    directives.c.id == bindparam("of_id"), directives.c.revision == bindparam("expected_revision")
)
_DUE: Final = (
    select(directives.c.id, directives.c.due_at)
    .where(directives.c.due_at <= bindparam("now"))
    .order_by(directives.c.due_at)
    .limit(bindparam("most"))
)
_CLAIM: Final = update(directives).where(
    directives.c.id == bindparam("of_id"), directives.c.due_at == bindparam("seen")
)
_LINES: Final = (
    select(directive_lines.c.position, directive_lines.c.value)
    .where(directive_lines.c.directive == bindparam("of_id"))
    .order_by(directive_lines.c.position)
)


def in_force(connection: Connection, now: datetime) -> tuple[Directive, ...]:
    """Every directive that has not ended, also where it has not begun, in the order of their ids."""
    return tuple(_directive.decode(value) for value in connection.execute(_IN_FORCE, {"now": now}).scalars())


def by_id(connection: Connection, directive_id: str, *, lock: bool) -> Directive | None:
    """The directive; None where there is none."""
    if "\0" in directive_id:
        return None
    value = connection.execute(_BY_ID_LOCKED if lock else _BY_ID, {"of_id": directive_id}).scalar()
    return None if value is None else _directive.decode(value)


def newest(connection: Connection, kind: str, limit: int) -> tuple[Directive, ...]:
    """Those of one kind, newest first."""
    found = select(directives.c.value).where(directives.c.kind == kind)
    found = found.order_by(directives.c.created_at.desc(), directives.c.id).limit(limit)
    return tuple(_directive.decode(value) for value in connection.execute(found).scalars())


def keep(connection: Connection, directive: Directive, expected_revision: int | None) -> None:
    """Insert (`expected_revision` None) or replace it.

    Raises:
        Stale: The stored revision is another one.
    """
    values = {
        "kind": kind_of(directive),
        "created_at": directive.created_at,
        "ends_at": directive.ends_at,
        "revision": directive.revision,
        "due_at": due_at(directive),
        "value": _encoder.encode(directive).decode(),
    }
    if expected_revision is None:
        written = connection.execute(_INSERT[connection.dialect.name], {"id": directive.id, **values})
    else:
        written = connection.execute(_REPLACE, {"of_id": directive.id, "expected_revision": expected_revision} | values)
    if written.rowcount == 0:
        raise Stale(f"{kind_of(directive)} {directive.id} is not at revision {expected_revision}")


def claim_due(connection: Connection, now: datetime, until: datetime, limit: int) -> tuple[Directive, ...]:
    """Those with an errand that is due, each for one process at a time: nobody else gets it before `until`."""
    found = connection.execute(_DUE, {"now": now, "most": limit}).all()
    taken = [
        row.id
        for row in found
        if connection.execute(_CLAIM, {"of_id": row.id, "seen": row.due_at, "due_at": until}).rowcount
    ]
    claimed = (by_id(connection, name, lock=False) for name in taken)
    return tuple(one for one in claimed if one is not None)


def lines(connection: Connection, directive_id: str) -> tuple[DirectiveEntry, ...]:
    """What was done with it, oldest first."""
    return tuple(
        msgspec.structs.replace(_entry.decode(row.value), position=row.position)
        for row in connection.execute(_LINES, {"of_id": directive_id})
    )
