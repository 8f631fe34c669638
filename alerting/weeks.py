"""Reports of weeks, read from the store."""

from datetime import datetime, timedelta

from alerting.incidents.store import Store
from alerting.reports.iso_week import IsoWeek
from alerting.reports.weekly import LOOKED_BACK, Accepted, WeeklyReport, weekly_report
from alerting.settings import Settings
from streams.clock import Clock


class Weeks:
    """What there is to say of a week."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._zone = settings.reports.time_zone
        self._per_receiver = settings.detect.pages_per_week_per_receiver
        self._kept = timedelta(days=settings.retention.deliveries_days)
        self._clock = clock

    def week(self, name: str | None = None, zone: str | None = None) -> IsoWeek:
        """The week of that name; without it the last whole one.

        Raises:
            ValueError: There is no such week, or it has not begun: nothing is known of it, which is not 0.
        """
        there, now = zone or self._zone, self._clock.now()
        week = IsoWeek.named(name, there) if name else self.last(now, there)
        if week.start > now:
            raise ValueError(f"week {week.name} has not begun in {there}")
        return week

    def last(self, now: datetime, zone: str | None = None) -> IsoWeek:
        """The last whole week."""
        return IsoWeek.of(now, zone or self._zone).shifted(-1)

    async def report(self, week: IsoWeek) -> WeeklyReport:
        """The report; of a week that is not over what is known so far.

        Raises:
            DatabaseUnavailable: The store does not answer.
        """
        now = self._clock.now()
        is_kept = week.start >= now - self._kept
        return weekly_report(
            week,
            opened=await self._store.opened_between(week.start, week.end),
            sent=await self._store.deliveries_between(week.start, week.end) if is_kept else None,
            judged=await self._store.judgements_since(week.shifted(1 - LOOKED_BACK).start),
            accepted=Accepted({one.topic: one for one in await self._store.topics(now)}, self._per_receiver),
            now=now,
        )
