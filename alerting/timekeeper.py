"""Wakes snoozed incidents, notes what the brand answered in public, and when a promise was not kept."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from alerting.dispatch import Dispatch
from alerting.incidents.answering import answered, asked_in
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.promises import elapsed
from alerting.incidents.store import IncidentFilter, Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.settings import TargetSettings
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_PAGE: Final = 200
_ASKED_AT_ONCE: Final = 20

Replies = Mapping[str, datetime] | None


class Timekeeper:
    """Looks at the open incidents every two seconds. Several processes may: what one wrote the others find done."""

    def __init__(
        self, store: Store, dispatch: Dispatch, targets: TargetSettings, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._targets = targets
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        await Lookout("timekeeper", self._clock, every_seconds=LOOK_SECONDS).run(self._look, stop)

    async def _look(self) -> None:
        cursor: str | None = None
        while True:
            page = await self._store.find(_OPEN, cursor=cursor, limit=_PAGE)
            replies = await self._replies(page.incidents)
            for incident in page.incidents:
                await self._move_on(incident, replies)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _replies(self, seen: Sequence[Incident]) -> Replies:
        """When mentions of these incidents were answered in public; None where no such answer is ever seen."""
        found: dict[str, datetime] = {}
        for start in range(0, len(seen), _ASKED_AT_ONCE):
            names = [name for incident in seen[start : start + _ASKED_AT_ONCE] for name in asked_in(incident)]
            answered_at = await self._store.answered(names)
            if answered_at is None:
                return None
            found |= answered_at
        return found

    def _next(self, incident: Incident, replies: Replies, now: datetime) -> Outcome | None:
        after_answers = None if replies is None else answered(incident, replies, now)
        return after_answers or elapsed(incident, self._targets, now)

    async def _move_on(self, seen: Incident, replies: Replies) -> None:
        if self._next(seen, replies, self._clock.now()) is None:
            return
        async with self._store.begin() as unit:
            incident = await unit.incident(seen.id)
            now = self._clock.now()
            outcomes = []
            while incident is not None and (outcome := self._next(incident, replies, now)) is not None:
                outcomes.append(outcome)
                incident = await self._dispatch.record(unit, outcome, now)
        for outcome in outcomes:
            if outcome.transition is Transition.UNCHANGED:
                continue
            self._metrics.transitions.labels(outcome.transition.value).inc()
            log.info("incident.elapsed", transition=outcome.transition.value, incident=seen.id, topic=seen.topic)
