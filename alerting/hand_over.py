"""What happened while somebody slept: one digest for a receiver at its hand-over."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from alerting.digests import HAND_OVER
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.store import IncidentFilter, Store
from alerting.lookout import Lookout
from alerting.receivers import Receivers
from alerting.settings import ReceiverSettings
from alerting.tier_settings import HandOverSettings
from streams.clock import Clock

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 15.0
CATCH_UP: Final = timedelta(hours=2)  # somebody who was up for two hours knows by now
LONGEST_OPEN: Final = timedelta(days=30)

_OPEN: Final = (IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED)
_PAGE: Final = 200


def last_hand_over(settings: HandOverSettings, now: datetime) -> datetime:
    """The latest hand-over that is not after `now`, at its time of the clock on the wall."""
    zone = ZoneInfo(settings.time_zone)

    def on(day: date) -> datetime:
        return datetime.combine(day, time.fromisoformat(settings.time), zone).astimezone(UTC)

    today = now.astimezone(zone).date()
    return next(slot for back in range(3) if (slot := on(today - timedelta(days=back))) <= now)


class HandOver:
    """Puts a digest into the outbox at every receiver's hand-over: what it was told of lately, and what is still open.

    Each process does; a digest has a name of its own, so it stands there once. One that was missed is made up for
    within two hours. Where nothing happened nothing is sent.
    """

    def __init__(self, store: Store, receivers: Receivers, settings: Sequence[ReceiverSettings], clock: Clock) -> None:
        self._store = store
        self._receivers = receivers
        self._times = {one.name: one.hand_over for one in settings if one.hand_over is not None}
        self._clock = clock
        self._done: dict[str, datetime] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; while the database does not answer, again a little later."""
        lookout = Lookout("hand_over", self._clock, every_seconds=LOOK_SECONDS, outlives=True)
        await lookout.run(self._look, stop)

    async def _look(self) -> None:
        for receiver, settings in self._times.items():
            await self._look_at(receiver, settings)

    async def _look_at(self, receiver: str, settings: HandOverSettings) -> None:
        now = self._clock.now()
        slot = last_hand_over(settings, now)
        if self._done.get(receiver) == slot or now - slot > CATCH_UP:
            return
        told = await self._told(receiver, slot - timedelta(hours=settings.hours))
        deliveries = [one for incident in told for one in self._to(receiver, incident, slot, now)]
        if deliveries:
            async with self._store.begin() as unit:
                await unit.enqueue(deliveries)
            log.info("hand_over.digest", receiver=receiver, incidents=len(told))
        self._done[receiver] = slot

    async def _told(self, receiver: str, since: datetime) -> list[Incident]:
        """What the receiver was told of and is still open, or was over only since then."""
        of_interest = [*await self._found(_OPEN, since - LONGEST_OPEN)]
        over = await self._found((IncidentState.RESOLVED,), since - LONGEST_OPEN)
        of_interest += [one for one in over if one.resolved_at is not None and one.resolved_at >= since]
        return [one for one in of_interest if receiver in one.receivers]

    async def _found(self, states: tuple[IncidentState, ...], since: datetime) -> list[Incident]:
        found: list[Incident] = []
        cursor: str | None = None
        while True:
            page = await self._store.find(IncidentFilter(states=states), cursor=cursor, limit=_PAGE)
            found += page.incidents
            cursor = page.next_cursor
            if cursor is None or page.incidents[-1].opened_at < since:
                return found

    def _to(self, receiver: str, incident: Incident, slot: datetime, now: datetime) -> list[Delivery]:
        name = f"{HAND_OVER}{slot:%Y%m%dT%H%M%S}"
        return [
            Delivery(
                id=delivery_id(incident.id, 0, receiver, f"{notifier_id}/{name}", slot),
                incident=incident.id,
                incident_revision=incident.revision,
                receiver=receiver,
                notifier=notifier_id,
                change=Transition.NOTIFIED,
                state=DeliveryState.PENDING,
                created_at=now,
                next_attempt_at=now,
                detail=notifier.destination,
                digest=name,
            )
            for notifier_id, notifier in self._receivers.of(receiver).items()
            if notifier.wants(Transition.NOTIFIED)
        ]
