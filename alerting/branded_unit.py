"""A unit of work for somebody who sees some brands alone."""

from collections.abc import Sequence

from alerting.brand_scope import BrandScope
from alerting.directives.directive import Directive, DirectiveEntry
from alerting.errors import OutOfScope
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.store import Unit
from alerting.routing.belonging import Belonging


class BrandedUnit:
    """A unit that finds no incident of other brands and keeps nothing that touches them.

    All else it does as the unit itself: what follows from an act is Tocsin's work, whoever acted.
    """

    def __init__(self, unit: Unit, scope: BrandScope, belonging: Belonging) -> None:
        self._unit = unit
        self._scope = scope
        self._belonging = belonging

    def __getattr__(self, name: str) -> object:
        """Whatever else the unit does."""
        return getattr(self._unit, name)

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident, locked for this unit; None where there is none, or it is none of theirs."""
        incident = await self._unit.incident(incident_id)
        return incident if incident is not None and self._scope.sees(incident.family) else None

    async def save(
        self, incident: Incident, entries: Sequence[TimelineEntry], *, expected_revision: int | None
    ) -> None:
        """Insert or replace the incident.

        Raises:
            OutOfScope: It belongs to another brand.
        """
        if not self._scope.sees(incident.family):
            raise OutOfScope(f"incident {incident.id} belongs to another brand")
        await self._unit.save(incident, entries, expected_revision=expected_revision)

    async def directive(self, directive_id: str) -> Directive | None:
        """The directive, locked for this unit; None where there is none, or it is none of theirs."""
        found = await self._unit.directive(directive_id)
        return found if found is not None and self._belonging.sees(found) else None

    async def keep(
        self, directive: Directive, entries: Sequence[DirectiveEntry], *, expected_revision: int | None
    ) -> None:
        """Insert or replace the directive.

        Raises:
            OutOfScope: It touches other brands.
        """
        if not self._belonging.may_keep(directive):
            raise OutOfScope(f"this would touch more than {self._scope}, which is what you see")
        await self._unit.keep(directive, entries, expected_revision=expected_revision)
