"""Keeps the roster current: reads every schedule that others keep, again and again."""

import asyncio
from collections.abc import Sequence

import structlog

from alerting.errors import DatabaseUnavailable
from alerting.inbound_settings import PersonSettings
from alerting.incidents.call_store import ScheduleCopy
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.oncall.roster import Roster
from alerting.oncall.sources import ScheduleSource, ScheduleUnreadable, source_of
from alerting.oncall_settings import ScheduleSettings
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)


class ScheduleReading:
    """Begins with the last good copy out of the database, then reads each schedule at its own interval.

    What cannot be read stays as it was, and how old it is is told: in the roster, in a gauge and once in the log.

    Args:
        roster: Told what was read.
    """

    def __init__(
        self,
        schedules: Sequence[ScheduleSettings],
        people: Sequence[PersonSettings],
        *,
        roster: Roster,
        store: Store,
        egress: Egress,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._roster = roster
        self._store = store
        self._clock = clock
        self._metrics = metrics
        found = [(schedule, source_of(schedule, people, clock=clock, egress=egress)) for schedule in schedules]
        self._sources = [(schedule, source) for schedule, source in found if source is not None]

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop`."""
        try:
            async with asyncio.TaskGroup() as group:
                for schedule, source in self._sources:
                    group.create_task(self._keep_current(schedule, source, stop), name=f"schedule.{schedule.name}")
        finally:
            for _, source in self._sources:
                await source.close()

    async def _keep_current(self, schedule: ScheduleSettings, source: ScheduleSource, stop: asyncio.Event) -> None:
        kept_elsewhere = schedule.calendar or schedule.pagerduty
        assert kept_elsewhere is not None  # noqa: S101  # else it had no source
        every = kept_elsewhere.refresh_seconds
        backoff = Backoff(first_seconds=min(5.0, every), cap_seconds=every)
        await self._recall(schedule.name, source)
        while not stop.is_set():
            if await self._read(schedule.name, source):
                backoff.reset()
                seconds = every
            else:
                seconds = backoff.next_seconds()
            await sleep_unless(stop, seconds, self._clock)

    async def _recall(self, name: str, source: ScheduleSource) -> None:
        try:
            copy = await self._store.schedule_copy(name)
            if copy is not None:
                self._roster.know(name, await asyncio.to_thread(source.parse, copy.content), copy.read_at)
                self._metrics.schedule_read_at.labels(name).set(copy.read_at.timestamp())
        except (DatabaseUnavailable, ValueError) as exc:
            log.warning("schedule.no_copy", schedule=name, reason=str(exc))

    async def _read(self, name: str, source: ScheduleSource) -> bool:
        now = self._clock.now()
        try:
            content = await source.fetch(now)
            shifts = await asyncio.to_thread(source.parse, content)
        except (ScheduleUnreadable, ValueError) as exc:
            before = self._roster.freshness(name)
            if before is None or before.problem is None:
                log.warning("schedule.unreadable", schedule=name, reason=str(exc), then="what was read last counts")
            self._roster.miss(name, str(exc))
            self._metrics.schedule_failures.labels(name).inc()
            return False
        self._roster.know(name, shifts, now)
        self._metrics.schedule_read_at.labels(name).set(now.timestamp())
        try:
            async with self._store.begin() as unit:
                await unit.keep_schedule(ScheduleCopy(name, now, content))
        except DatabaseUnavailable as exc:
            log.warning("schedule.copy_not_kept", schedule=name, reason=str(exc))
        return True
