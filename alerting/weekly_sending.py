"""The report of the last whole week goes out once to whoever is to have it, across restarts and processes."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.errand import Errand, Hook
from alerting.directives.weekly_telling import WeeklyTelling, telling_id
from alerting.errors import DatabaseUnavailable, DeliveryRejected, Stale
from alerting.incidents import wording
from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.notifiers.base import Fact, Message
from alerting.receivers import Receivers
from alerting.report_settings import WeeklySettings
from alerting.reports.iso_week import IsoWeek
from alerting.reports.weekly import WeeklyReport
from alerting.reports.weekly_text import both, counted, driver_words, headline_of, in_short
from alerting.settings import Settings
from alerting.weeks import Weeks
from streams.backoff import sleep_unless
from streams.clock import Clock
from streams.events import Direction

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 15.0
CATCH_UP: Final = timedelta(days=2)  # later it says what everybody has read elsewhere
EVENT: Final = "report.weekly"


def last_slot(settings: WeeklySettings, zone: str, now: datetime) -> tuple[datetime, IsoWeek]:
    """When the report was due last, and the week that it is about."""
    place = ZoneInfo(zone)
    this = IsoWeek.of(now, zone)
    for back in range(2):
        week = this.shifted(-back)
        day = week.monday + timedelta(days=settings.weekday.days_after_monday)
        slot = datetime.combine(day, time.fromisoformat(settings.time), place).astimezone(UTC)
        if slot <= now:
            return slot, week.shifted(-1)
    raise AssertionError("a week has every weekday")


class WeeklySending:
    """Writes the report down for every notifier that is to have it: an errand of its own, which arrives once.

    Its id says which week, receiver and notifier it is for, so that whichever process writes it down first is the
    only one. What was missed, with every process down, is made up for within two days.
    """

    def __init__(self, store: Store, weeks: Weeks, receivers: Receivers, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._weeks = weeks
        self._receivers = receivers
        self._settings = settings.reports.weekly
        self._zone = settings.reports.time_zone
        self._public_url = str(settings.api.public_url) if settings.api.public_url else None
        self._clock = clock
        self._done: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; while the database does not answer, again a little later."""
        while not stop.is_set():
            try:
                if self._settings is not None:
                    await self._look(self._settings)
            except DatabaseUnavailable as exc:
                log.debug("weekly_report.waiting", reason=str(exc))
            except Exception:  # a report must never be what ends the process that pages
                log.exception("weekly_report.failed")
            await sleep_unless(stop, LOOK_SECONDS, self._clock)

    async def _look(self, settings: WeeklySettings) -> None:
        now = self._clock.now()
        slot, week = last_slot(settings, self._zone, now)
        if self._done == week.name or now - slot > CATCH_UP:
            return
        missing = [
            (receiver, name)
            for receiver in settings.receivers
            for name, notifier in self._receivers.of(receiver).items()
            if notifier.wants(Transition.NOTIFIED)
            and await self._store.directive(telling_id(week.name, receiver, name)) is None
        ]
        if missing:
            report = await self._weeks.report(week)
            for receiver, name in missing:
                await self._write_down(report, receiver, name, now)
        self._done = week.name

    async def _write_down(self, report: WeeklyReport, receiver: str, notifier: str, now: datetime) -> None:
        name = telling_id(report.week, receiver, notifier)
        data = {"receiver": receiver, "notifier": notifier, "message": msgspec.to_builtins(self._message(report, name))}
        errand = Errand(name, Hook.REPORTS, EVENT, now, data, now)
        telling = WeeklyTelling(name, report.week, receiver, notifier, now, now, errands=(errand,))
        text = f"The report of week {report.week} goes to {receiver} over {notifier}"
        try:
            async with self._store.begin() as unit:
                entry = DirectiveEntry(name, now, "report.written", SYSTEM, text)
                await unit.keep(telling, [entry], expected_revision=None)
        except Stale:
            return  # another process was first
        log.info("weekly_report.written", week=report.week, receiver=receiver, notifier=notifier)

    def _message(self, report: WeeklyReport, name: str) -> Message:
        whole, week = report.whole, f"report-{report.week}"
        return Message(
            incident=week,
            dedup_key=f"tocsin-{name}",
            revision=1,
            change=Transition.NOTIFIED,
            severity=Severity.SEV4,
            direction=Direction.VIRAL,
            topic="report",
            topic_name="Weekly report",
            headline=wording.fitted(f"Week {report.week}", None, headline_of(report)),
            title=f"The week {report.week}",
            why=in_short(report),
            odds="see the report",
            facts=(
                Fact(counted(whole.pages), f"pages, {whole.false_alarms} said to be false"),
                Fact(both(whole.detect), "to detect: median, p90"),
                Fact(both(whole.acknowledge), "to acknowledge: median, p90"),
                Fact(both(whole.resolve), "to resolve: median, p90"),
            ),
            opened_at=report.start,
            onset_at=report.start,
            at=report.written_at,
            url=f"{self._public_url.rstrip('/')}/reports/weekly?week={report.week}" if self._public_url else None,
            insights=(Fact(driver_words(report), "What drove most"),) if whole.drivers else (),
            state=IncidentState.RESOLVED,  # there is nothing to acknowledge
            delivery=name,
        )


class WeeklyPost:
    """Carries a written report to its notifier, as an errand.

    Args:
        receivers: Closed by whoever made them.
    """

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers

    async def send(self, errand: Errand, *, timeout_seconds: float) -> None:
        """Make one attempt.

        Raises:
            DeliveryRetryable: It is busy, limited or down.
            DeliveryInDoubt: It may have arrived.
            DeliveryRejected: It never will.
        """
        receiver, notifier_id = str(errand.data["receiver"]), str(errand.data["notifier"])
        notifier = self._receivers.find(receiver, notifier_id)
        if notifier is None:
            raise DeliveryRejected(f"the configuration knows no {receiver} {notifier_id}")
        message = msgspec.convert(errand.data["message"], Message)
        told = msgspec.structs.replace(message, again=errand.attempts > 0)
        await notifier.send(told, reference=None, timeout_seconds=timeout_seconds)

    async def close(self) -> None:
        """Nothing is held open."""
