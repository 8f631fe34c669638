"""Reviews of incidents, read from the store."""

from datetime import datetime, timedelta
from typing import Final

from alerting.directives.judgement import Judgement, judgement_id
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident, IncidentState, TimelineEntry, Transition
from alerting.incidents.outline import outline_of
from alerting.incidents.store import Store
from alerting.reports.aftermath import WATCHED, Aftermath, after_fix, aftermath
from alerting.reports.milestones import Step, at_of, milestones
from alerting.reports.review import Review, review_of
from alerting.settings import Settings
from streams.clock import Clock
from streams.feedback import Verdict

COMPARED: Final = 500
_MOST_TOPICS: Final = 20
_LONGEST: Final = timedelta(days=14)
_MINUTE: Final = 60


class Reviews:
    """What there is to say of one incident afterwards; of an open one what is known so far."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._deliveries_kept = timedelta(days=settings.retention.deliveries_days)
        self._mask = settings.score.mask
        self._clock = clock

    async def of(self, incident_id: str) -> Review:
        """The review.

        Raises:
            UnknownIncident: There is none.
            DatabaseUnavailable: The store does not answer.
        """
        now = self._clock.now()
        incident = await self._store.get(incident_id)
        timeline = await self._store.timeline(incident_id)
        deliveries = await self._deliveries(incident, now)
        return review_of(
            incident,
            timeline=timeline,
            deliveries=deliveries,
            judgements=await self._judgements(incident),
            earlier=await self._store.earlier(incident_id, incident.topics[:_MOST_TOPICS], limit=COMPARED),
            after=await self._aftermath(incident, timeline, deliveries, now),
            mask=self._mask,
            now=now,
        )

    async def _deliveries(self, incident: Incident, now: datetime) -> tuple[Delivery, ...] | None:
        found = await self._store.deliveries(incident.id)
        over = incident.state is IncidentState.RESOLVED and incident.opened_at < now - self._deliveries_kept
        return None if over and not found else found

    async def _judgements(self, incident: Incident) -> list[Judgement]:
        names = [judgement_id(Verdict.FALSE_ALARM, topic, incident.id) for topic in incident.topics[:_MOST_TOPICS]]
        found = [await self._store.directive(name) for name in names]
        return [one for one in found if isinstance(one, Judgement)]

    async def _aftermath(
        self,
        incident: Incident,
        timeline: tuple[TimelineEntry, ...],
        deliveries: tuple[Delivery, ...] | None,
        now: datetime,
    ) -> Aftermath:
        fixed_at = at_of(milestones(outline_of(incident), timeline, deliveries), Step.FIXED)
        reopened = [entry.at for entry in timeline if entry.transition is Transition.REOPENED]
        if fixed_at is None:
            return aftermath(None, incident.onset_at, (), (), reopened_at=reopened, again=(), now=now)
        start = max(incident.onset_at, fixed_at - _LONGEST)
        begin, end = after_fix(fixed_at, now)
        return aftermath(
            fixed_at,
            start,
            await self._store.windows(incident.topic, start=start, end=fixed_at, seconds=_MINUTE)
            if start < fixed_at
            else (),
            await self._store.windows(incident.topic, start=begin, end=end, seconds=_MINUTE) if begin < end else (),
            reopened_at=[at for at in reopened if at > fixed_at],
            again=await self._store.opened_again(
                incident.topic, after=fixed_at, until=min(now, fixed_at + WATCHED), but=incident.id
            ),
            now=now,
        )
