"""The outbox of the store on SQL: who is told, who sends it, and what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.sql import hold_queries, outbox_queries, overdue_queries
from alerting.incidents.sql.database import Database, Standing
from alerting.incidents.store import Hold, Lease

log = structlog.get_logger(__name__)


class SqlOutbox:
    """See `alerting.incidents.store.Store`.

    Args:
        settled: Told of every outcome once it is committed.
    """

    def __init__(self, database: Database, settled: Callable[[], None]) -> None:
        self._sent_from = database
        self._settled = settled
        self._standing: Standing | None = None
        self._taking_over = asyncio.Lock()

    async def deliveries(self, incident_id: str) -> tuple[Delivery, ...]:
        """Who was told of the incident, or of the drill of that id, oldest first."""
        return await self._sent_from.read(outbox_queries.of_incident, incident_id)

    async def lease(
        self,
        now: datetime,
        *,
        seconds: float,
        limit: int,
        most_each: int | None = None,
        last_chance: datetime | None = None,
    ) -> tuple[Lease, ...]:
        """Due deliveries, at most one for each incident, receiver and notifier: the oldest.

        Pages come first, then the worst severity, then the oldest; at most `most_each` for one destination.

        Nothing goes to a destination that is held, but for what was made before `last_chance`.

        On SQLite one process at a time gets any. What an earlier one held when it ended is due again at once; on
        Postgres when its lease ends.
        """
        async with self._taking_over:
            if self._standing in {None, Standing.WAITING}:
                await self._take_over()
        if self._standing is Standing.WAITING:
            return ()
        if not await self._sent_from.read(outbox_queries.anything_due, now, last_chance):
            return ()
        async with self._sent_from.transaction() as transaction:
            return await transaction.run(outbox_queries.lease, now, seconds, limit, most_each or limit, last_chance)

    async def settle(self, lease: Lease, outcome: Delivery, *, hold: Hold | None = None) -> None:
        """Write an attempt's outcome; with it that its destination is to be held. What was sent ends a hold.

        Raises:
            PositionLost: The lease went to somebody else meanwhile; their outcome counts.
        """
        async with self._sent_from.transaction() as transaction:
            await transaction.run(outbox_queries.settle, lease, outcome)
            if hold is not None:
                await transaction.run(hold_queries.hold, hold)
            elif outcome.state is DeliveryState.SENT:
                await transaction.run(hold_queries.let_go, outcome.receiver, outcome.notifier)
        self._settled()

    async def holds(self) -> tuple[Hold, ...]:
        """Every destination whose last attempt failed, also where its hold is over."""
        return await self._sent_from.read(hold_queries.holds_now)

    async def overdue_pages(self, before: datetime, *, limit: int) -> tuple[Delivery, ...]:
        """Pages that were refused, or were made before that time and did not arrive; each until it is looked after."""
        return await self._sent_from.read(overdue_queries.overdue, before, limit)

    async def open_deliveries(self) -> tuple[Delivery, ...]:
        """Every page and notification of incidents that are not resolved, oldest first."""
        return await self._sent_from.read(outbox_queries.of_open_incidents)

    async def pages_told(self, receivers: Sequence[str], *, since: datetime) -> int:
        """Of how many incidents these receivers were paged since then, each counted once."""
        return await self._sent_from.read(overdue_queries.pages_told, receivers, since)

    async def outbox_age(self, now: datetime) -> tuple[int, float]:
        """How many deliveries are pending, and the age of the oldest that is due, in seconds; 0.0 if none is."""
        return await self._sent_from.read(outbox_queries.age, now)

    async def _take_over(self) -> None:
        standing = await self._sent_from.take_over()
        if standing is Standing.ALONE:
            async with self._sent_from.transaction() as transaction:
                released = await transaction.run(outbox_queries.release)
            if released:
                log.info("outbox.taken_over", released=released)
        elif standing is Standing.WAITING and self._standing is None:
            log.warning("outbox.waiting", reason="another process delivers from this database file", then="taking over")
        self._standing = standing
