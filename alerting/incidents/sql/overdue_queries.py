"""Queries about pages that reached nobody yet, and about how many reached somebody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, not_, or_, select, update

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import PAGES
from alerting.incidents.sql.tables import deliveries

_PAGES: Final = [change.value for change in sorted(PAGES)]
_delivery: Final = msgspec.json.Decoder(Delivery)

_OVERDUE: Final = (
    select(deliveries.c.state, deliveries.c.value)
    .where(
        not_(deliveries.c.looked_after),
        deliveries.c.drill.is_(None),  # a test that does not arrive wakes nobody else
        deliveries.c.change.in_(_PAGES),
        or_(
            deliveries.c.state == DeliveryState.REJECTED.value,
            and_(
                deliveries.c.state == DeliveryState.PENDING.value,
                deliveries.c.created_at <= bindparam("before"),
                # What nobody tried yet and is not due only waits for its group, or for its digest.
                or_(deliveries.c.token > 0, deliveries.c.next_attempt_at <= bindparam("before")),
            ),
        ),
    )
    .order_by(deliveries.c.sequence)
    .limit(bindparam("most"))
)
_LOOK_AFTER: Final = update(deliveries).where(deliveries.c.id == bindparam("of_id")).values(looked_after=True)
_TOLD: Final = select(func.count(deliveries.c.incident.distinct())).where(
    deliveries.c.receiver.in_(bindparam("receivers", expanding=True)),
    deliveries.c.created_at >= bindparam("since"),
    deliveries.c.state == DeliveryState.SENT.value,
    deliveries.c.change.in_(_PAGES),
)


def overdue(connection: Connection, before: datetime, limit: int) -> tuple[Delivery, ...]:
    """Pages that were refused, or made before that time and did not arrive; each until it is looked after."""
    rows = connection.execute(_OVERDUE, {"before": before, "most": limit})
    return tuple(msgspec.structs.replace(_delivery.decode(row.value), state=DeliveryState(row.state)) for row in rows)


def look_after(connection: Connection, delivery_id: str) -> None:
    """What is to be done about this page not arriving has been done."""
    connection.execute(_LOOK_AFTER, {"of_id": delivery_id})


def pages_told(connection: Connection, receivers: Sequence[str], since: datetime) -> int:
    """Of how many incidents these receivers were paged since then, each counted once; tests use nothing up."""
    return int(connection.execute(_TOLD, {"receivers": list(receivers), "since": since}).scalar_one())
