"""The store as those see it for whom this task works: of other brands there is nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, cast

import msgspec

from alerting.brand_scope import BrandScope, scope_now
from alerting.branded_unit import BrandedUnit
from alerting.directives.case_link import CaseLink
from alerting.directives.directive import Directive, DirectiveEntry
from alerting.directives.judgement import Judgement
from alerting.directives.post_hold import PostHold
from alerting.directives.silence import Silence
from alerting.errors import OutOfScope, UnknownIncident
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident, TimelineEntry
from alerting.incidents.outline import Outline
from alerting.incidents.report_store import Casework, Sent
from alerting.incidents.store import IncidentFilter, Page, Store, Unit
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from alerting.routing.belonging import Belonging
from alerting.routing.matchers import Operator, parsed
from streams.clock import Clock
from streams.events import Detection

BRANDS_KNOWN_SECONDS: Final = 2.0

# What tells nothing of a brand, or what nobody asks for on behalf of somebody.
UNSCOPED: Final = frozenset({"changes", "close", "healthy", "holds", "last_position", "outbox_age"})


def branded(store: Store, clock: Clock) -> Store:
    """The store, on which whoever sees some brands alone finds nothing of the others: neither list nor id shows it.

    For whoever sees everything it is the store itself. What it does not know it refuses to those who do not, so that a
    new way to read is closed to them until somebody decided what it shows.
    """
    return cast("Store", BrandedStore(store, clock))


class BrandedStore:
    """The parts of `Store` that depend on who asks; see `branded`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._brands: dict[str, str | None] = {}
        self._brands_read_at: float | None = None

    def __getattr__(self, name: str) -> object:
        """Whatever else the store does."""
        if scope_now().is_limited and name not in UNSCOPED:
            raise OutOfScope("this is shown to those alone who see every brand")
        return getattr(self._store, name)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Unit]:
        """A unit of work that finds and changes nothing of other brands."""
        async with self._store.begin() as unit:
            scope = scope_now()
            if scope.is_limited:
                guarded = BrandedUnit(unit, scope, await self._belonging(scope))
                yield cast("Unit", guarded)
            else:
                yield unit

    async def find(self, wanted: IncidentFilter, *, cursor: str | None, limit: int) -> Page:
        """Incidents, newest first."""
        mine = msgspec.structs.replace(wanted, families=scope_now().brands)
        return await self._store.find(mine, cursor=cursor, limit=limit)

    async def get(self, incident_id: str) -> Incident:
        """One incident.

        Raises:
            UnknownIncident: There is none, or it is none of theirs: the same words for both.
        """
        incident = await self._store.get(incident_id)
        if not scope_now().sees(incident.family):
            raise UnknownIncident(f"there is no incident {incident_id!r}")
        return incident

    async def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        """What happened to it."""
        return await self._store.timeline(incident_id) if await self._is_seen(incident_id) else ()

    async def deliveries(self, incident_id: str) -> tuple[Delivery, ...]:
        """Who was told."""
        return await self._store.deliveries(incident_id) if await self._is_seen(incident_id) else ()

    async def open_incidents(self) -> tuple[Incident, ...]:
        """Every incident that is not resolved."""
        return tuple(one for one in await self._store.open_incidents() if scope_now().sees(one.family))

    async def decision(self, detection_id: str) -> Detection | None:
        """A detection."""
        found = await self._store.decision(detection_id)
        return found if found is None or await self._sees_topic(found.topic) else None

    async def decisions(self, episodes: Sequence[str]) -> tuple[Detection, ...]:
        """The detections of these episodes; whoever names episodes has them from an incident that they see."""
        return await self._store.decisions(episodes)

    async def topics(self, now: datetime) -> tuple[TopicStatus, ...]:
        """The board."""
        return tuple(one for one in await self._store.topics(now) if scope_now().sees(one.brand))

    async def windows(self, topic: str, *, start: datetime, end: datetime, seconds: int) -> tuple[WindowPoint, ...]:
        """A topic's curve; of a topic that is not theirs an empty one."""
        if not await self._sees_topic(topic):
            return ()
        return await self._store.windows(topic, start=start, end=end, seconds=seconds)

    async def directives(self, kind: str, *, limit: int) -> tuple[Directive, ...]:
        """Those of one kind among the newest, newest first."""
        found = await self._store.directives(kind, limit=limit)
        return tuple([shown for one in found if (shown := await self._shown(one)) is not None])

    async def directives_in_force(self, now: datetime) -> tuple[Directive, ...]:
        """Every directive that has not ended."""
        found = await self._store.directives_in_force(now)
        return tuple([shown for one in found if (shown := await self._shown(one)) is not None])

    async def directive(self, directive_id: str) -> Directive | None:
        """One directive."""
        found = await self._store.directive(directive_id)
        return None if found is None else await self._shown(found)

    async def directive_lines(self, directive_id: str) -> tuple[DirectiveEntry, ...]:
        """What was done with it."""
        if scope_now().is_limited and await self.directive(directive_id) is None:
            return ()
        return await self._store.directive_lines(directive_id)

    async def earlier(self, incident_id: str, topics: Sequence[str], *, limit: int) -> tuple[Outline, ...]:
        """The newest incidents that opened before this one, and the newest of these topics."""
        found = await self._store.earlier(incident_id, topics, limit=limit)
        return tuple(one for one in found if scope_now().sees(one.family))

    async def opened_again(self, topic: str, *, after: datetime, until: datetime, but: str) -> tuple[str, ...]:
        """Ids of incidents with this topic."""
        found = await self._store.opened_again(topic, after=after, until=until, but=but)
        return found if await self._sees_topic(topic) else ()

    async def opened_between(self, start: datetime, end: datetime) -> tuple[Casework, ...]:
        """Incidents that opened in `[start, end)`."""
        found = await self._store.opened_between(start, end)
        return tuple(one for one in found if scope_now().sees(one.outline.family))

    async def deliveries_between(self, start: datetime, end: datetime) -> tuple[Sent, ...]:
        """Messages that were made in `[start, end)`."""
        found = await self._store.deliveries_between(start, end)
        return tuple(one for one in found if scope_now().sees(one.family))

    async def judgements_since(self, since: datetime) -> tuple[Judgement, ...]:
        """What people said of pages since then."""
        found = await self._store.judgements_since(since)
        return tuple([one for one in found if await self._sees_topic(one.topic)])

    async def _shown(self, directive: Directive) -> Directive | None:
        """What they are shown of it; None for nothing."""
        scope = scope_now()
        if not scope.is_limited:
            return directive
        if not (await self._belonging(scope)).sees(directive):
            return None
        if isinstance(directive, Silence):
            named = [parsed(text) for text in directive.matchers]
            ids = [one.value for one in named if one.label == "incident" and one.operator is Operator.EQUAL]
            return directive if all([await self._is_seen(one) for one in ids]) else None
        if isinstance(directive, CaseLink):
            return directive if directive.incident and await self._is_seen(directive.incident) else None
        if isinstance(directive, PostHold) and directive.incident and not await self._is_seen(directive.incident):
            # It holds their posts too, so they know of it; what it came from is not theirs.
            return msgspec.structs.replace(
                directive, incident=None, evidence=(), reason="a hold of every brand's posts"
            )
        return directive

    async def _is_seen(self, incident_id: str) -> bool:
        if not scope_now().is_limited:
            return True
        try:
            await self.get(incident_id)
        except UnknownIncident:
            return False
        return True

    async def _sees_topic(self, topic: str) -> bool:
        scope = scope_now()
        return not scope.is_limited or (await self._belonging(scope)).sees_topic(topic)

    async def _belonging(self, scope: BrandScope) -> Belonging:
        now = self._clock.monotonic()
        if self._brands_read_at is None or now - self._brands_read_at > BRANDS_KNOWN_SECONDS:
            board = await self._store.topics(self._clock.now())
            self._brands = {status.topic: status.brand for status in board}
            self._brands_read_at = now
        return Belonging(scope, self._brands)
