"""What the store on SQL reads of directives, and of the incidents that they hold for."""

from datetime import datetime

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.incidents.model import Incident
from alerting.incidents.sql import directive_queries, incident_queries
from alerting.incidents.sql.database import Database


class SqlDirectives:
    """See `alerting.incidents.directive_store.DirectiveStore`."""

    def __init__(self, database: Database) -> None:
        self._kept_in = database

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Every directive that has not ended, also where it has not begun, in the order of their ids."""
        return await self._kept_in.read(directive_queries.in_force, now)

    async def directives(self, kind: str, *, limit: int) -> tuple[Directive, ...]:
        """Those of one kind, newest first, over ones too."""
        return await self._kept_in.read(directive_queries.newest, kind, limit)

    async def directive(self, directive_id: str) -> Directive | None:
        """One directive; None where there is none."""
        return await self._kept_in.read(directive_queries.by_id, directive_id, lock=False)

    async def claim_due(self, now: datetime, *, until: datetime, limit: int) -> tuple[Directive, ...]:
        """Directives with an errand that is due; nobody else gets them before `until`, or before they are kept anew."""
        async with self._kept_in.transaction() as transaction:
            return await transaction.run(directive_queries.claim_due, now, until, limit)

    async def directive_lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it, oldest first."""
        return await self._kept_in.read(directive_queries.lines, directive_id)

    async def open_incidents(self) -> tuple[Incident, ...]:
        """Every incident that is not resolved, oldest first; history is left out."""
        return await self._kept_in.read(incident_queries.open_now)
