"""Queries about destinations that are left alone for a while."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, select

from alerting.incidents.sql.inserting import insert_each
from alerting.incidents.sql.tables import deliveries, holds
from alerting.incidents.store import Hold

HELD: Final[ColumnElement[bool]] = exists().where(
    holds.c.receiver == deliveries.c.receiver,
    holds.c.notifier == deliveries.c.notifier,
    holds.c.until > bindparam("now"),
)
_HOLD: Final = insert_each(
    holds,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["receiver", "notifier"],
        set_={"until": insert.excluded.until, "failures": insert.excluded.failures},
    ),
)
_LET_GO: Final = delete(holds).where(
    and_(holds.c.receiver == bindparam("of_receiver"), holds.c.notifier == bindparam("of_notifier"))
)


def hold(connection: Connection, held: Hold) -> None:
    """Leave the destination alone until then."""
    connection.execute(
        _HOLD[connection.dialect.name],
        {"receiver": held.receiver, "notifier": held.notifier, "until": held.until, "failures": held.failures},
    )


def let_go(connection: Connection, receiver: str, notifier: str) -> None:
    """The destination takes messages again."""
    connection.execute(_LET_GO, {"of_receiver": receiver, "of_notifier": notifier})


def holds_now(connection: Connection) -> tuple[Hold, ...]:
    """Every destination whose last attempt failed."""
    rows = connection.execute(select(holds))
    return tuple(Hold(row.receiver, row.notifier, row.until, row.failures) for row in rows)
