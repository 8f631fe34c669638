"""Queries about deliveries: the outbox, its leases and their outcomes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, not_, or_, select, tuple_, update

from alerting.errors import PositionLost
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import CANARY_INCIDENT
from alerting.incidents.model import HUSHED, PAGES, Incident, Severity, Transition
from alerting.incidents.sql.hold_queries import HELD
from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.open_ids import OPEN_IDS
from alerting.incidents.sql.tables import deliveries, incidents
from alerting.incidents.store import Lease

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PENDING: Final = DeliveryState.PENDING.value
_SUPERSEDED: Final = DeliveryState.SUPERSEDED.value

# What a newer message of each kind makes superfluous: a message always shows the incident as it is when it is sent, so
# growth is told by whatever comes next. Changes of state are never skipped: a pager counts on hearing of each.
_GROWTH: Final = (Transition.GREW, Transition.COUNTED, Transition.PEAKED, Transition.UNCHANGED)
_SUPERFLUOUS: Final = {
    Transition.OPENED: (*_GROWTH, Transition.NOTIFIED),
    Transition.CALLED: (*_GROWTH, Transition.NOTIFIED),
    Transition.REOPENED: (*_GROWTH, Transition.NOTIFIED),
    Transition.SEVERITY_CHANGED: (*_GROWTH, Transition.SEVERITY_CHANGED),
    Transition.RESOLVED: (*_GROWTH, Transition.SEVERITY_CHANGED),
    Transition.WITHDRAWN: (*_GROWTH, Transition.SEVERITY_CHANGED),
    Transition.COUNTED: (Transition.COUNTED,),  # it adds nothing to a thread, so it stands for no growth
}

_encoder: Final = msgspec.json.Encoder()
_delivery: Final = msgspec.json.Decoder(Delivery)
_incident: Final = msgspec.json.Decoder(Incident)


# Only what nobody ever began to send (token 0): a message in doubt has to be cleared up, not forgotten.
_UNTOUCHED: Final = update(deliveries).where(
    deliveries.c.incident == bindparam("of_incident"),
    deliveries.c.receiver == bindparam("of_receiver"),
    deliveries.c.notifier == bindparam("of_notifier"),
    deliveries.c.change.in_(bindparam("changes", expanding=True)),
    deliveries.c.state == _PENDING,
    deliveries.c.token == 0,
)
_HUSH: Final = (
    update(deliveries)
    .where(
        deliveries.c.incident == bindparam("of_incident"),
        deliveries.c.receiver.in_(bindparam("receivers", expanding=True)),
        deliveries.c.change.in_([change.value for change in sorted(HUSHED)]),
        deliveries.c.state == _PENDING,
        deliveries.c.token == 0,
    )
    .values(state=_SUPERSEDED)
)
_SUPERSEDE_OTHERS: Final = _UNTOUCHED.where(deliveries.c.id != bindparam("newer_id")).values(state=_SUPERSEDED)
_SUPERSEDE_TOLD: Final = _UNTOUCHED.where(deliveries.c.incident_revision <= bindparam("told")).values(state=_SUPERSEDED)
# A page that waits for the end of quiet hours, or of a group's, gives way to one that is due before it.
_SUPERSEDE_LATER: Final = _UNTOUCHED.where(deliveries.c.next_attempt_at > bindparam("due")).values(state=_SUPERSEDED)
# One a minute: what became of the last ones nobody asks.
_FORGET_FLOWN: Final = delete(deliveries).where(
    deliveries.c.incident == CANARY_INCIDENT, deliveries.c.state != _PENDING
)
_ADD: Final = insert_each(deliveries, lambda insert: insert.on_conflict_do_nothing(index_elements=["id"]))
_SETTLE: Final = update(deliveries).where(
    deliveries.c.id == bindparam("of_id"), deliveries.c.token == bindparam("of_token"), deliveries.c.state == _PENDING
)
_RELEASE: Final = (
    update(deliveries)
    .where(deliveries.c.state == _PENDING, deliveries.c.leased_until.is_not(None))
    .values(leased_until=None, token=deliveries.c.token + 1)
)
_older: Final = deliveries.alias("older")
_DUE: Final = and_(
    deliveries.c.state == _PENDING,
    deliveries.c.next_attempt_at <= bindparam("now"),
    or_(not_(HELD), deliveries.c.created_at <= bindparam("last_chance")),
    or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= bindparam("now")),
    ~exists().where(
        _older.c.incident == deliveries.c.incident,
        _older.c.receiver == deliveries.c.receiver,
        _older.c.notifier == deliveries.c.notifier,
        _older.c.state == _PENDING,
        _older.c.sequence < deliveries.c.sequence,
    ),
)
_OF_OPEN: Final = (
    select(deliveries.c.state, deliveries.c.value)
    .where(
        deliveries.c.incident.in_(OPEN_IDS),
        deliveries.c.change.in_([change.value for change in sorted(PAGES | {Transition.NOTIFIED})]),
    )
    .order_by(deliveries.c.sequence)
)
_ANYTHING_DUE: Final = select(deliveries.c.id).where(_DUE).limit(1)
# Pages come before what only keeps people up to date, then the worst first, then the oldest; a test is never the worst.
_ORDER: Final = (
    case((deliveries.c.change.in_([change.value for change in sorted(PAGES)]), 0), else_=1),
    func.coalesce(incidents.c.severity, Severity.SEV4.value),
    deliveries.c.sequence,
)
# A few for each destination: whoever is slow must not take the room of the others, and what comes later may be worse.
_turns: Final = (
    select(
        deliveries.c.sequence,
        func.row_number()
        .over(partition_by=(deliveries.c.receiver, deliveries.c.notifier), order_by=_ORDER)
        .label("turn"),
    )
    .outerjoin(incidents, incidents.c.id == deliveries.c.incident)
    .where(_DUE)
    .subquery()
)
_TAKEN: Final = select(
    deliveries.c.sequence,
    deliveries.c.state,
    deliveries.c.value,
    deliveries.c.token,
    deliveries.c.receiver,
    deliveries.c.notifier,
    deliveries.c.digest,
).outerjoin(incidents, incidents.c.id == deliveries.c.incident)
# What goes out with something that was taken: a digest is one message, however many stand in it.
_REST: Final = (
    _TAKEN.where(
        _DUE,
        tuple_(deliveries.c.receiver, deliveries.c.notifier, deliveries.c.digest).in_(
            bindparam("digests", expanding=True)
        ),
        deliveries.c.sequence.not_in(bindparam("taken", expanding=True)),
    )
    .order_by(deliveries.c.sequence)
    .with_for_update(of=deliveries, skip_locked=True)
)
_TAKE: Final = (
    _TAKEN.where(
        _DUE,
        or_(
            deliveries.c.digest != "",  # all of one digest go out together
            deliveries.c.sequence.in_(select(_turns.c.sequence).where(_turns.c.turn <= bindparam("most_each"))),
        ),
    )
    .order_by(*_ORDER)
    .limit(bindparam("most"))
    .with_for_update(of=deliveries, skip_locked=True)
)


def enqueue(connection: Connection, fresh: Sequence[Delivery]) -> None:
    """Add to the outbox; older pending updates that the new ones make superfluous become superseded."""
    for delivery in fresh:
        added = connection.execute(
            _ADD[connection.dialect.name],
            {
                "id": delivery.id,
                "incident": delivery.incident if delivery.has_incident else None,
                "drill": None if delivery.has_incident else delivery.incident,
                "incident_revision": delivery.incident_revision,
                "receiver": delivery.receiver,
                "notifier": delivery.notifier,
                "change": delivery.change.value,
                "state": delivery.state.value,
                "created_at": delivery.created_at,
                "next_attempt_at": delivery.next_attempt_at,
                "token": 0,
                "digest": delivery.digest,
                "value": _encoder.encode(delivery).decode(),
            },
        )
        if added.rowcount:
            superfluous = _SUPERFLUOUS.get(delivery.change, _GROWTH)
            connection.execute(_SUPERSEDE_OTHERS, _conversation(delivery, superfluous) | {"newer_id": delivery.id})
            if delivery.incident == CANARY_INCIDENT:
                connection.execute(_FORGET_FLOWN)
            if delivery.change in PAGES:
                later = _conversation(delivery, sorted(PAGES)) | {"due": delivery.next_attempt_at}
                connection.execute(_SUPERSEDE_LATER, later)


def hush(connection: Connection, incident_id: str, receivers: Sequence[str]) -> None:
    """What these receivers are not to hear of a muted incident becomes superseded, unless somebody began to send it."""
    connection.execute(_HUSH, {"of_incident": incident_id, "receivers": list(receivers)})


def of_incident(connection: Connection, incident_id: str) -> tuple[Delivery, ...]:
    """Who was told of the incident, or of the drill of that id, oldest first."""
    found = select(deliveries.c.state, deliveries.c.value).where(
        or_(deliveries.c.incident == incident_id, deliveries.c.drill == incident_id)
    )
    return tuple(_read(row.state, row.value) for row in connection.execute(found.order_by(deliveries.c.sequence)))


def of_open_incidents(connection: Connection) -> tuple[Delivery, ...]:
    """Every page and notification of incidents that are not resolved, oldest first."""
    return tuple(_read(row.state, row.value) for row in connection.execute(_OF_OPEN))


def anything_due(connection: Connection, now: datetime, last_chance: datetime | None) -> bool:
    """Whether a lease would find something."""
    return connection.execute(_ANYTHING_DUE, {"now": now, "last_chance": last_chance or _NEVER}).first() is not None


def lease(
    connection: Connection, now: datetime, seconds: float, limit: int, most_each: int, last_chance: datetime | None
) -> tuple[Lease, ...]:
    """Take due deliveries: pages first, then the worst, then the oldest; what another process is taking is skipped."""
    asked = {"now": now, "last_chance": last_chance or _NEVER}
    rows = list(connection.execute(_TAKE, {**asked, "most": limit, "most_each": most_each}))
    if digests := {(row.receiver, row.notifier, row.digest) for row in rows if row.digest}:
        taken = [row.sequence for row in rows]
        rows += connection.execute(_REST, {**asked, "digests": sorted(digests), "taken": taken}).all()
    if not rows:
        return ()
    until = now + timedelta(seconds=seconds)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.sequence.in_([row.sequence for row in rows]))
        .values(leased_until=until, token=deliveries.c.token + 1)
    )
    read = [(_read(row.state, row.value), row.token + 1) for row in rows]
    # Read after the rows are locked: an update that was superseded in favour of these messages is then in it.
    wanted = select(incidents.c.id, incidents.c.value).where(
        incidents.c.id.in_({delivery.incident for delivery, _ in read if delivery.has_incident})
    )
    current = {row.id: _incident.decode(row.value) for row in connection.execute(wanted)}
    return tuple(
        Lease(delivery, current[delivery.incident] if delivery.has_incident else None, until, token, now)
        for delivery, token in read
    )


def release(connection: Connection) -> int:
    """Give back every lease, for good: whoever held one has ended. How many there were."""
    return connection.execute(_RELEASE).rowcount


def settle(connection: Connection, taken: Lease, outcome: Delivery) -> None:
    """Write an attempt's outcome and give the lease back.

    Raises:
        PositionLost: Somebody else took the delivery over.
    """
    settled = connection.execute(
        _SETTLE,
        {
            "of_id": taken.delivery.id,
            "of_token": taken.token,
            "state": outcome.state.value,
            "next_attempt_at": outcome.next_attempt_at,
            "digest": outcome.digest,
            "leased_until": None,
            "value": _encoder.encode(outcome).decode(),
        },
    )
    if settled.rowcount == 0:
        raise PositionLost(f"delivery {taken.delivery.id} went to another process")
    if outcome.state is DeliveryState.SENT and taken.incident is not None:
        # Growth up to the revision that was just shown has been told with it.
        told = {"told": taken.incident.revision}
        connection.execute(_SUPERSEDE_TOLD, _conversation(taken.delivery, _GROWTH) | told)


def age(connection: Connection, now: datetime) -> tuple[int, float]:
    """How many are pending, and for how many seconds the oldest that is due waits since it was made."""
    pending = and_(deliveries.c.state == _PENDING, deliveries.c.incident != CANARY_INCIDENT)
    count = connection.execute(select(func.count()).select_from(deliveries).where(pending)).scalar_one()
    due = select(func.min(deliveries.c.created_at)).where(pending, deliveries.c.next_attempt_at <= now)
    oldest = connection.execute(due).scalar()
    return count, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _conversation(delivery: Delivery, changes: Sequence[Transition]) -> dict[str, Any]:
    return {
        "of_incident": delivery.incident,
        "of_receiver": delivery.receiver,
        "of_notifier": delivery.notifier,
        "changes": [change.value for change in changes],
    }


def _read(state: str, value: str) -> Delivery:
    return msgspec.structs.replace(_delivery.decode(value), state=DeliveryState(state))
