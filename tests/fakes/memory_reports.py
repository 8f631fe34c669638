"""What reports read of a store in memory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.directives.directive import Directive
from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.outline import Outline, outline_of
from alerting.incidents.report_store import Casework, Sent


@dataclass(frozen=True)
class Reported:
    """What is kept."""

    incidents: Mapping[str, Incident]
    entries: Sequence[TimelineEntry]
    deliveries: Sequence[Delivery]
    directives: Mapping[str, Directive]


class MemoryReports(ABC):
    """The part of a store in memory; answers as the one on SQL does."""

    @abstractmethod
    def reported(self) -> Reported:
        """What is kept now."""

    async def earlier(self, incident_id: str, topics: Sequence[str], *, limit: int) -> tuple[Outline, ...]:
        """Those with a smaller id, newest first."""
        live = {name: one for name, one in self.reported().incidents.items() if not one.history and name < incident_id}
        older = sorted(live, reverse=True)
        of_topics = [name for name in older if set(topics) & set(live[name].topics)]
        return tuple(outline_of(live[name]) for name in sorted({*older[:limit], *of_topics[:limit]}, reverse=True))

    async def opened_again(self, topic: str, *, after: datetime, until: datetime, but: str) -> tuple[str, ...]:
        """The topic's others that opened then."""
        return tuple(
            one.id for one in self._live() if topic in one.topics and after < one.opened_at <= until and one.id != but
        )

    async def opened_between(self, start: datetime, end: datetime) -> tuple[Casework, ...]:
        """Those that opened then, with their timelines."""
        entries = self.reported().entries
        return tuple(
            Casework(outline_of(one), tuple(entry for entry in entries if entry.incident == one.id))
            for one in self._live()
            if start <= one.opened_at < end
        )

    async def deliveries_between(self, start: datetime, end: datetime) -> tuple[Sent, ...]:
        """What was made then."""
        about = self.reported().incidents
        made = [one for one in self.reported().deliveries if start <= one.created_at < end]
        known = [(one, about[one.incident]) for one in made if one.incident in about]
        return tuple(Sent(one, of.topic, of.brand or of.family, of.family) for one, of in known)

    async def judgements_since(self, since: datetime) -> tuple[Judgement, ...]:
        """What was said since then."""
        known = self.reported().directives.values()
        found = [one for one in known if isinstance(one, Judgement) and one.created_at >= since]
        return tuple(sorted(found, key=lambda one: (one.created_at, one.id)))

    def _live(self) -> list[Incident]:
        known = (one for one in self.reported().incidents.values() if not one.history)
        return sorted(known, key=lambda one: (one.opened_at, one.id))
