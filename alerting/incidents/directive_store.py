"""What the store contract says of directives, and of the incidents that they hold for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from alerting.directives.directive import Directive, DirectiveEntry
from alerting.incidents.model import Incident


class DirectiveUnit(Protocol):
    """The part of a unit of work that is about directives."""

    async def open_incidents(self) -> tuple[Incident, ...]:
        """Every incident that is not resolved, oldest first, not locked; history is left out."""
        ...

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Every directive that has not ended, also where it has not begun."""
        ...

    async def directive(self, directive_id: str) -> Directive | None:
        """The directive, locked for this unit; None where there is none."""
        ...

    async def keep(
        self, directive: Directive, entries: Sequence[DirectiveEntry], *, expected_revision: int | None
    ) -> None:
        """Insert (`expected_revision` None) or replace the directive, and append to its lines and the audit trail.

        Raises:
            Stale: The stored revision is another one.
        """
        ...

    async def hush(self, incident_id: str, receivers: Sequence[str]) -> None:
        """What is due to these receivers and nobody began to send becomes superseded, where it is among `HUSHED`."""
        ...


class DirectiveStore(Protocol):
    """The part of a store that is about directives."""

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Every directive that has not ended, also where it has not begun."""
        ...

    async def directives(self, kind: str, *, limit: int) -> tuple[Directive, ...]:
        """Those of one kind, newest first, over ones too."""
        ...

    async def directive(self, directive_id: str) -> Directive | None:
        """One directive; None where there is none."""
        ...

    async def claim_due(self, now: datetime, *, until: datetime, limit: int) -> tuple[Directive, ...]:
        """Directives with an errand that is due; nobody else gets them before `until`, or before they are kept anew."""
        ...

    async def directive_lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it, oldest first."""
        ...

    async def open_incidents(self) -> tuple[Incident, ...]:
        """Every incident that is not resolved, oldest first; history is left out."""
        ...
