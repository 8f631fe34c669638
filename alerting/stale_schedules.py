"""Schedules that others keep and that could not be read for too long: a gauge, and a message to somebody."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.self_notice import SelfNotice
from alerting.errors import Stale
from alerting.incidents import wording
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.oncall.roster import Roster
from alerting.oncall_settings import ScheduleSettings
from alerting.receivers import Receivers
from streams.clock import Clock

LOOK_SECONDS: Final = 30.0

log = structlog.get_logger(__name__)


class StaleSchedules:
    """Tells the default receiver of a schedule that is out of date, once a day while it is, whichever process sees it.

    What was read last still counts; so calls may go to people who are off duty by now, and nobody would notice.

    Args:
        receiver: Who is told; None tells nobody, and the gauge says it all the same.
    """

    def __init__(
        self,
        schedules: Sequence[ScheduleSettings],
        *,
        roster: Roster,
        store: Store,
        receivers: Receivers,
        receiver: str | None,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._after = {
            one.name: timedelta(hours=one.stale_after_hours) for one in schedules if one.calendar or one.pagerduty
        }
        self._roster = roster
        self._store = store
        self._receivers = receivers
        self._receiver = receiver
        self._clock = clock
        self._metrics = metrics
        self._began_at = clock.now()
        self._said: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        await Lookout("stale_schedules", self._clock, every_seconds=LOOK_SECONDS, outlives=True).run(self.look, stop)

    async def look(self) -> None:
        """Look at every schedule now.

        Raises:
            DatabaseUnavailable: The rest is said next time.
        """
        now = self._clock.now()
        for name, after in self._after.items():
            fresh = self._roster.freshness(name)
            read_at = fresh.read_at if fresh else None
            since = read_at or self._began_at
            is_stale = now - since >= after
            self._metrics.schedule_stale.labels(name).set(is_stale)
            if is_stale:
                await self._say(name, since, read_at, (fresh.problem if fresh else None) or "nothing was read", now)

    async def _say(self, name: str, since: datetime, read_at: datetime | None, problem: str, now: datetime) -> None:
        notice_id = f"snt_{sha256(f'{name} {now:%Y-%m-%d}'.encode()).hexdigest()[:20]}"
        if notice_id in self._said or self._receiver is None:
            return
        counts = f"what was read on {read_at:%d %b at %H:%M} UTC still counts" if read_at else "nobody is called by it"
        lasting = wording.duration((now - since).total_seconds())
        notice = SelfNotice(
            id=notice_id,
            receiver=self._receiver,
            headline=wording.fitted("Tocsin", None, f"on-call schedule {wording.plain(name, 40)} is out of date"),
            text=f"It could not be read for {lasting}: {wording.plain(problem, 300)}. Until it can, {counts}.",
            created_at=now,
            ends_at=now,
        )
        try:
            async with self._store.begin() as unit:
                line = DirectiveEntry(notice.id, now, "schedule.stale", SYSTEM, f"{notice.headline}: {notice.text}")
                await unit.keep(notice, (line,), expected_revision=None)
                await unit.enqueue(self._to(notice, now))
        except Stale:
            log.debug("schedule.stale_said_elsewhere", schedule=name)
        else:
            log.error("schedule.stale", schedule=name, receiver=self._receiver, problem=problem)
        self._said.add(notice_id)

    def _to(self, notice: SelfNotice, now: datetime) -> list[Delivery]:
        """By whatever tells without waking; where a receiver has only what wakes, by that."""
        notifiers = self._receivers.of(notice.receiver)
        calm = {name: one for name, one in notifiers.items() if one.wants(Transition.NOTIFIED)}
        change = Transition.NOTIFIED if calm else Transition.OPENED
        return [
            Delivery(
                id=delivery_id(notice.id, 1, notice.receiver, name, now),
                incident=notice.id,
                incident_revision=1,
                receiver=notice.receiver,
                notifier=name,
                change=change,
                state=DeliveryState.PENDING,
                created_at=now,
                next_attempt_at=now,
                detail=notifier.destination,
                of_itself=True,
            )
            for name, notifier in (calm or notifiers).items()
        ]
