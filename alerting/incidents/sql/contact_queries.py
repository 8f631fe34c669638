"""Queries about contacts: counts by line and minute.

A line is what a count is of: brand, reason, product, area, channel. What one record said is remembered by the hash of
its id, so that the same id again replaces it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Select, bindparam, cast, delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from alerting.incidents.contact_store import ContactDetail, ContactHour, ContactMinute, ContactsTaken
from alerting.incidents.sql.contact_tables import contact_ids, contact_lines, contact_minutes
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from streams.contact import Contact

MOST_LINES: Final = 2_000
OTHER: Final = "other"
LATE_MINUTES: Final = 5

_MINUTE: Final = 60
_MOST_DETAILS: Final = 50
_ADD: Final = insert_each(
    contact_minutes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["line", "minute"],
        set_={
            "count": contact_minutes.c.count + insert.excluded.count,
            "linked": contact_minutes.c.linked + insert.excluded.linked,
        },
    ),
)
_NEW_LINE: Final = insert_each(contact_lines, nothing_on_conflict)
_REMEMBER: Final = insert_each(
    contact_ids,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["id"],
        set_={name: insert.excluded[name] for name in ("line", "minute", "count", "linked")},
    ),
)
_KNOWN_IDS: Final = select(contact_ids).where(contact_ids.c.id.in_(bindparam("names", expanding=True)))
_KNOWN_LINES: Final = select(contact_lines.c.id).where(contact_lines.c.id.in_(bindparam("names", expanding=True)))
_NEWEST: Final = select(func.max(contact_minutes.c.minute))
_JOINED: Final = contact_minutes.join(contact_lines, contact_minutes.c.line == contact_lines.c.id)


class _Said(NamedTuple):
    """What one record says."""

    line: str
    minute: int
    contacts: int
    linked: int


def record(connection: Connection, contacts: Sequence[Contact]) -> ContactsTaken:
    """Add them to the counts; what an id said before is taken back first."""
    if not contacts:
        return ContactsTaken()
    newest = newest_minute(connection)
    lines, folded = _lines(connection, contacts)
    known = _known(connection, contacts)
    added: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    counted = late = replaced = repeated = 0
    news: dict[str, _Said] = {}
    for contact in contacts:
        minute = int(contact.opened_at.timestamp()) // _MINUTE
        said = _Said(lines[_line(contact)], minute, contact.count, contact.count if contact.thread else 0)
        name = None if contact.id is None else _hash(contact.id)
        if name is not None:
            before = news.get(name) or known.get(name)
            if before == said:
                repeated += 1
                continue
            if before is not None:
                replaced += 1
                _sum(added, before, -1)
            news[name] = said
        if name is None or name not in known:
            counted += 1
            late += newest is not None and minute < newest - LATE_MINUTES
        _sum(added, said, 1)
    rows = [
        {"line": line, "minute": minute, "count": count, "linked": linked}
        for (line, minute), (count, linked) in sorted(added.items())
        if count or linked
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)
    if news:
        remembered = [
            {"id": name, "line": said.line, "minute": said.minute, "count": said.contacts, "linked": said.linked}
            for name, said in sorted(news.items())
        ]
        connection.execute(_REMEMBER[connection.dialect.name], remembered)
    return ContactsTaken(counted, late, replaced, repeated, folded)


def newest_minute(connection: Connection) -> int | None:
    """The newest minute with a contact; None where there never was one."""
    newest: int | None = connection.execute(_NEWEST).scalar()
    return newest


def minutes(connection: Connection, start: datetime, end: datetime) -> tuple[ContactMinute, ...]:
    """Counts by brand, reason and minute."""
    found = connection.execute(_summed(contact_minutes.c.minute, start, end))
    return tuple(ContactMinute(row[0], row[1], row[2], row[3], row[4]) for row in found if row[3] > 0)


def hours(connection: Connection, start: datetime, end: datetime) -> tuple[ContactHour, ...]:
    """Counts by brand, reason and hour."""
    minute = contact_minutes.c.minute
    found = connection.execute(_summed(minute - minute % _MINUTE, start, end))
    return tuple(ContactHour(row[0], row[1], row[2] // _MINUTE, row[3], row[4]) for row in found if row[3] > 0)


def details(
    connection: Connection, brand: str, reason: str, start: datetime, end: datetime
) -> tuple[ContactDetail, ...]:
    """What the contacts of a reason were about, the most frequent first."""
    count = func.sum(contact_minutes.c.count)
    names = (contact_lines.c.product, contact_lines.c.area, contact_lines.c.channel)
    found = connection.execute(
        select(*names, count)
        .select_from(_JOINED)
        .where(contact_lines.c.brand == brand, contact_lines.c.reason == reason)
        .where(*_between(start, end))
        .group_by(*names)
        .order_by(count.desc(), *names)
        .limit(_MOST_DETAILS)
    )
    return tuple(ContactDetail(*row) for row in found)


def forget(connection: Connection, before: datetime, ids_before: datetime, limit: int) -> int:
    """Forget about `limit` counts and ids from before those times, then lines that nothing is counted under."""
    minute, of_ids = (int(at.timestamp()) // _MINUTE for at in (before, ids_before))
    counts = contact_minutes.c.minute
    last = max(
        connection.execute(select(counts).where(counts < minute).order_by(counts).limit(limit)).scalars(), default=-1
    )
    gone = connection.execute(delete(contact_minutes).where(counts <= last)).rowcount
    ids = connection.execute(select(contact_ids.c.id).where(contact_ids.c.minute < of_ids).limit(limit)).scalars()
    gone += connection.execute(delete(contact_ids).where(contact_ids.c.id.in_(list(ids)))).rowcount
    if gone:
        return gone
    unused = select(contact_lines.c.id).where(contact_lines.c.id.not_in(select(contact_minutes.c.line))).limit(limit)
    names = list(connection.execute(unused).scalars())
    return connection.execute(delete(contact_lines).where(contact_lines.c.id.in_(names))).rowcount


def _summed(at: ColumnElement[int], start: datetime, end: datetime) -> Select[Any]:
    names = (contact_lines.c.brand, contact_lines.c.reason, at.label("at"))
    return (
        select(
            *names, *(cast(func.sum(one), BigInteger) for one in (contact_minutes.c.count, contact_minutes.c.linked))
        )
        .select_from(_JOINED)
        .where(*_between(start, end))
        .group_by(*names)
        .order_by("at", contact_lines.c.brand, contact_lines.c.reason)
    )


def _between(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    first, behind = (-(-int(at.timestamp()) // _MINUTE) for at in (start, end))
    return contact_minutes.c.minute >= first, contact_minutes.c.minute < behind


def _lines(connection: Connection, contacts: Sequence[Contact]) -> tuple[dict[str, str], int]:
    """The line in which each is counted, by the line it names; and how many records go under `other`."""
    wanted = {_line(contact): contact for contact in contacts}
    there = set(connection.execute(_KNOWN_LINES, {"names": list(wanted)}).scalars())
    places = {name: name for name in there}
    missing = sorted(set(wanted) - there)
    if missing:
        room = MOST_LINES - int(connection.execute(select(func.count()).select_from(contact_lines)).scalar() or 0)
        rows = [_row(name, wanted[name]) for name in missing[: max(room, 0)]]
        over = missing[max(room, 0) :]
        other = Contact(wanted[missing[0]].opened_at, OTHER)
        if over:
            rows.append(_row(_line(other), other))
        connection.execute(_NEW_LINE[connection.dialect.name], sorted(rows, key=lambda row: row["id"]))
        places |= {name: name for name in missing} | {name: _line(other) for name in over}
    folded = sum(places[_line(contact)] != _line(contact) for contact in contacts)
    return places, folded


def _row(name: str, contact: Contact) -> dict[str, str]:
    return {
        "id": name,
        "brand": contact.brand or "",
        "reason": contact.reason,
        "product": contact.product or "",
        "area": contact.area or "",
        "channel": contact.channel,
    }


def _line(contact: Contact) -> str:
    parts = (contact.brand or "", contact.reason, contact.product or "", contact.area or "", contact.channel)
    return _hash("\n".join(parts))


def _known(connection: Connection, contacts: Sequence[Contact]) -> dict[str, _Said]:
    names = [_hash(contact.id) for contact in contacts if contact.id is not None]
    if not names:
        return {}
    found = connection.execute(_KNOWN_IDS, {"names": names})
    return {row[0]: _Said(row[1], row[2], row[3], row[4]) for row in found}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _sum(added: defaultdict[tuple[str, int], list[int]], said: _Said, sign: int) -> None:
    counts = added[said.line, said.minute]
    counts[0] += sign * said.contacts
    counts[1] += sign * said.linked
