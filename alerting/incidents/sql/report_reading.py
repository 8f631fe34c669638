"""The part of the store that reports read."""

from collections.abc import Sequence
from datetime import datetime

from alerting.directives.judgement import Judgement
from alerting.incidents.outline import Outline
from alerting.incidents.report_store import Casework, Sent
from alerting.incidents.sql import report_queries
from alerting.incidents.sql.database import Database


class ReportReading:
    """See `alerting.incidents.report_store.ReportStore`."""

    def __init__(self, database: Database) -> None:
        self._reported_from = database

    async def earlier(self, incident_id: str, topics: Sequence[str], *, limit: int) -> tuple[Outline, ...]:
        """The newest incidents that opened before this one, and the newest of these topics; at most `limit` of each."""
        return await self._reported_from.read(report_queries.earlier, incident_id, topics, limit)

    async def opened_again(self, topic: str, *, after: datetime, until: datetime, but: str) -> tuple[str, ...]:
        """Ids of incidents with this topic that opened in `(after, until]`, oldest first, but for that one."""
        return await self._reported_from.read(report_queries.opened_again, topic, after, until, but)

    async def opened_between(self, start: datetime, end: datetime) -> tuple[Casework, ...]:
        """Incidents that opened in `[start, end)`, oldest first."""
        return await self._reported_from.read(report_queries.opened_between, start, end)

    async def deliveries_between(self, start: datetime, end: datetime) -> tuple[Sent, ...]:
        """Messages that were made in `[start, end)`, oldest first."""
        return await self._reported_from.read(report_queries.deliveries_between, start, end)

    async def judgements_since(self, since: datetime) -> tuple[Judgement, ...]:
        """What people said of pages since then, oldest first, also what was withdrawn."""
        return await self._reported_from.read(report_queries.judgements_since, since)
