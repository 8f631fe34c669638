"""The store on SQL, and how to open it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerting.errors import UnknownIncident
from alerting.incidents.audit import Head, Link
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.chain import Chain
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.retention import Cutoffs, Removed
from alerting.incidents.sql import (
    answer_rows,
    audit_queries,
    call_queries,
    group_queries,
    incident_queries,
    reply_queries,
    retention_queries,
    topic_queries,
    window_queries,
)
from alerting.incidents.sql.answers import SqlAnswers
from alerting.incidents.sql.audit_keys import chain_of, configured_keys
from alerting.incidents.sql.changes import Broadcast, Changes
from alerting.incidents.sql.contacts import SqlContacts
from alerting.incidents.sql.database import Database
from alerting.incidents.sql.decision_reading import DecisionReading
from alerting.incidents.sql.directives import SqlDirectives
from alerting.incidents.sql.engine import open_database
from alerting.incidents.sql.outbox import SqlOutbox
from alerting.incidents.sql.replies import SqlReplies
from alerting.incidents.sql.report_reading import ReportReading
from alerting.incidents.sql.unit import SqlUnit
from alerting.incidents.store import IncidentFilter, Page
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from alerting.settings import AuditSettings, DatabaseSettings
from streams.clock import Clock

log = structlog.get_logger(__name__)

# Kafka keeps detections for days, so that a month later none of them can be delivered again.
_REMEMBER_DETECTIONS: Final = timedelta(days=30)
_FORGET_EVERY_SECONDS: Final = 3600.0


async def open_store(settings: DatabaseSettings, clock: Clock, audit: AuditSettings | None = None) -> "SqlStore":
    """The store at `settings.url`, its tables brought up to this code's version.

    Args:
        audit: What signs the audit trail; without a key in it the database keeps one of its own.

    Raises:
        InvalidConfig: The URL cannot be used, a key cannot be read, or a newer Tocsin made the tables.
        DatabaseUnavailable: The database does not answer.
    """
    keys = configured_keys(audit or AuditSettings())
    database = await open_database(settings, clock)
    try:
        return SqlStore(database, clock, await chain_of(database, keys))
    except BaseException:
        await database.close()
        raise


class SqlStore(SqlOutbox, SqlDirectives, DecisionReading, ReportReading):
    """See `alerting.incidents.store.Store`.

    Args:
        database: Migrated; closed by `close`.
        clock: Says when something was taken in or recorded.
        chain: Signs the audit trail.
    """

    def __init__(self, database: Database, clock: Clock, chain: Chain) -> None:
        SqlDirectives.__init__(self, database)
        DecisionReading.__init__(self, database)
        ReportReading.__init__(self, database)
        self._database = database
        self._clock = clock
        self.chain: Final = chain
        self._changes = Broadcast(self.last_position if database.shared else None)
        SqlOutbox.__init__(self, database, self._changes.publish)
        self.answers: Final = SqlAnswers(database)
        self.contacts: Final = SqlContacts(database)
        self.replies: Final = SqlReplies(database)
        self._forgot_at = float("-inf")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlUnit]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        async with self._database.transaction() as transaction:
            unit = SqlUnit(transaction, self._clock, self.chain)
            yield unit
            await self._forget(unit)
            await unit.finish()
        self._changes.publish()

    async def find(self, wanted: IncidentFilter, *, cursor: str | None, limit: int) -> Page:
        """Incidents, newest first.

        Raises:
            ValueError: The cursor is not one of ours, or the limit is below 1.
        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; it must be at least 1")
        return await self._database.read(incident_queries.page, wanted, cursor, limit)

    async def get(self, incident_id: str) -> Incident:
        """One incident.

        Raises:
            UnknownIncident: There is none.
        """
        incident = await self._database.read(incident_queries.by_id, incident_id, lock=False)
        if incident is None:
            raise UnknownIncident(f"there is no incident {incident_id!r}")
        return incident

    async def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        """What happened to it, oldest first."""
        return await self._database.read(incident_queries.timeline_of, incident_id)

    async def timeline_after(self, position: int, *, limit: int) -> tuple[TimelineEntry, ...]:
        """Entries of all incidents behind `position`, oldest first; none ever appears behind one that was read."""
        return await self._database.read(incident_queries.timeline_after, position, limit)

    async def audit_head(self) -> Head:
        """Where the audit trail begins and ends."""
        return await self._database.read(audit_queries.head)

    async def audit_after(self, position: int, *, limit: int) -> tuple[Link, ...]:
        """Records of the audit trail behind `position`, each with its line of the timeline, oldest first."""
        return await self._database.read(audit_queries.links, position, limit)

    async def topics(self, now: datetime) -> tuple[TopicStatus, ...]:
        """The board, in the order in which the topics were saved."""
        return await self._database.read(topic_queries.statuses, now)

    async def windows(self, topic: str, *, start: datetime, end: datetime, seconds: int) -> tuple[WindowPoint, ...]:
        """A topic's curve in windows of `seconds`, widened to whole windows; see `alerting.history.curve`.

        Raises:
            ValueError: `seconds` is below 1.
            StateCorrupted: The history cannot be read.
        """
        if seconds < 1:
            raise ValueError(f"seconds is {seconds}; it must be at least 1")
        return await self._database.read(
            window_queries.points, topic, int(start.timestamp()), int(end.timestamp()), seconds
        )

    async def calls_due(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        """Ids of incidents of which somebody is to be called by now, the longest overdue first."""
        return await self._database.read(call_queries.calls_due, now, limit)

    async def group_members(self, receiver: str, key: str) -> tuple[str, ...]:
        """Ids of the incidents that joined the group and were open when the latest one did, oldest first."""
        return await self._database.read(group_queries.members, receiver, key)

    async def next_call_at(self) -> datetime | None:
        """When the next call of any incident is due; None where none is."""
        return await self._database.read(call_queries.next_call_at)

    async def schedule_copy(self, schedule: str) -> ScheduleCopy | None:
        """The last good copy of a schedule that is fetched; None where there is none."""
        return await self._database.read(call_queries.schedule_copy, schedule)

    async def answered(self, mentions: Sequence[str]) -> Mapping[str, datetime] | None:
        """When each of them was answered in public first, of those that were; None where no answer was ever seen."""
        return await self._database.read(reply_queries.answered, mentions)

    def changes(self) -> Changes:
        """Yields after every commit from now on, other processes' within a second; many commits may be one change.

        Leases are no change. Ends when the store is closed.
        """
        return self._changes.listen()

    async def retain(self, before: Cutoffs) -> Removed:
        """Thin or forget one bounded batch of each kind, each in a transaction of its own.

        Raises:
            DatabaseUnavailable: Whatever was not committed is as it was.
        """
        done: dict[str, int] = {}
        for kind, (batch, limit) in retention_queries.BATCHES.items():
            async with self._database.transaction() as transaction:
                done[kind] = await transaction.run(batch, before, limit, self._clock.now())
        return Removed(**done)

    async def erase_author(self, author: int) -> int:
        """Take an author, by the 64-bit hash, out of every incident and every answer; how many knew them."""
        after = ""
        async with self._database.transaction() as transaction:
            changed = await transaction.run(answer_rows.erase, author)
        while True:
            async with self._database.transaction() as transaction:
                after, found = await transaction.run(retention_queries.erase_author, author, after)
            changed += found
            if not after:
                return changed

    async def healthy(self) -> None:
        """Return if the database answers.

        Raises:
            DatabaseUnavailable: It does not.
        """
        await self.last_position()

    async def close(self) -> None:
        """Give the connections back and end all `changes`."""
        self._changes.close()
        await self._database.close()

    async def last_position(self) -> int:
        """Of the audit trail: it moves with everything that anybody did or that was decided."""
        return await self._database.read(audit_queries.last_position)

    async def _forget(self, unit: SqlUnit) -> None:
        elapsed = self._clock.monotonic()
        if elapsed - self._forgot_at >= _FORGET_EVERY_SECONDS:
            self._forgot_at = elapsed
            await unit.forget_detections(self._clock.now() - _REMEMBER_DETECTIONS)
