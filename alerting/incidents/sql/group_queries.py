"""Queries about incidents that a receiver hears of together."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.group import Group, Grouping, joined
from alerting.incidents.model import PAGES, IncidentState
from alerting.incidents.sql.group_tables import groups
from alerting.incidents.sql.inserting import insert_each, nothing_on_conflict
from alerting.incidents.sql.tables import deliveries, incidents

# A row that nothing joined yet: it is there to be locked.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 500

_members: Final = msgspec.json.Decoder(tuple[str, ...])
_delivery: Final = msgspec.json.Decoder(Delivery)
_encoder: Final = msgspec.json.Encoder()

_BEGIN: Final = insert_each(groups, nothing_on_conflict)
_ONE: Final = select(groups.c.flush_at, groups.c.members).where(
    groups.c.receiver == bindparam("of_receiver"), groups.c.key == bindparam("of_key")
)
_LOCKED: Final = _ONE.with_for_update()
_MOVE: Final = update(groups).where(groups.c.receiver == bindparam("of_receiver"), groups.c.key == bindparam("of_key"))
_WAITING: Final = select(deliveries.c.sequence, deliveries.c.value).where(
    deliveries.c.incident == bindparam("of_incident"),
    deliveries.c.change.in_([change.value for change in sorted(PAGES)]),
    deliveries.c.state == DeliveryState.PENDING.value,
    deliveries.c.leased_until.is_(None),
    deliveries.c.next_attempt_at > bindparam("now"),
)
_HASTEN: Final = update(deliveries).where(
    deliveries.c.sequence == bindparam("of_sequence"),
    deliveries.c.state == DeliveryState.PENDING.value,
    deliveries.c.leased_until.is_(None),
)


def join(connection: Connection, receiver: str, grouping: Grouping, incident_id: str, now: datetime) -> datetime:
    """Put the incident into the group, locked until the transaction ends; when the group goes out with it."""
    of = {"of_receiver": receiver, "of_key": grouping.key}
    connection.execute(
        _BEGIN[connection.dialect.name],
        {"receiver": receiver, "key": grouping.key, "flush_at": _NEVER, "members": "[]"},
    )
    row = connection.execute(_LOCKED, of).one()
    found = Group(row.flush_at, _members.decode(row.members))
    group = joined(found, incident_id, grouping, now, still_open=_still_open(connection, found.members))
    connection.execute(_MOVE, {**of, "flush_at": group.flush_at, "members": _encoder.encode(group.members).decode()})
    return group.flush_at


def members(connection: Connection, receiver: str, key: str) -> tuple[str, ...]:
    """Which incidents joined the group."""
    row = connection.execute(_ONE, {"of_receiver": receiver, "of_key": key}).first()
    return () if row is None else _members.decode(row.members)


def hasten(connection: Connection, incident_id: str, asleep: Sequence[str], now: datetime) -> None:
    """Pages that wait for others, and that nobody began to send, are due now, each by itself."""
    for row in connection.execute(_WAITING.with_for_update(), {"of_incident": incident_id, "now": now}).all():
        delivery = _delivery.decode(row.value)
        if delivery.attempts or delivery.receiver in asleep:
            continue
        alone = msgspec.structs.replace(delivery, next_attempt_at=now, digest="", group=None)
        connection.execute(
            _HASTEN,
            {
                "of_sequence": row.sequence,
                "next_attempt_at": now,
                "digest": "",
                "value": _encoder.encode(alone).decode(),
            },
        )


def _still_open(connection: Connection, ids: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        wanted = select(incidents.c.id).where(
            incidents.c.id.in_(ids[first : first + _AT_ONCE]), incidents.c.state != IncidentState.RESOLVED.value
        )
        found.update(connection.execute(wanted).scalars())
    return frozenset(found)
