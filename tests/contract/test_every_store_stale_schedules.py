"""A schedule that could not be read is told once, whichever process sees it, on SQLite and on Postgres."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from prometheus_client import CollectorRegistry

from alerting.directives.self_notice import SelfNotice
from alerting.incidents.sql.store import SqlStore
from alerting.metrics import AlertingMetrics
from alerting.oncall.pagerduty import KnownShifts
from alerting.oncall.roster import Roster
from alerting.oncall_settings import ScheduleSettings
from alerting.receivers import Receivers
from alerting.stale_schedules import StaleSchedules
from tests.fakes.clock import START, FakeClock
from tests.fakes.notifier import ScriptedNotifier

Opener = Callable[[], Awaitable[SqlStore]]

SCHEDULE = ScheduleSettings.model_validate({"name": "payments", "calendar": {"file": "rota.ics"}})
DAY = timedelta(days=1)


def watching(store: SqlStore, clock: FakeClock) -> StaleSchedules:
    roster = Roster((SCHEDULE,))
    roster.know("payments", KnownShifts(()), START)
    roster.miss("payments", "the calendar answers 503")
    return StaleSchedules(
        (SCHEDULE,),
        roster=roster,
        store=store,
        receivers=Receivers({"comms": [ScriptedNotifier()]}),
        receiver="comms",
        clock=clock,
        metrics=AlertingMetrics(CollectorRegistry()),
    )


async def test_two_processes_tell_it_once_a_day(another: Opener, store_clock: FakeClock) -> None:
    first, second = await another(), await another()
    watches = [watching(first, store_clock), watching(second, store_clock)]

    told = []
    for _ in range(2):
        store_clock.skip(DAY)
        for watch in watches:
            await watch.look()
        told.append(len(await second.lease(store_clock.now(), seconds=60, limit=10)))

    kept = [one for one in await second.directives("self_notice", limit=10) if isinstance(one, SelfNotice)]
    assert told == [1, 2]  # nobody delivers here, so that yesterday's waits still
    assert [one.headline for one in kept] == ["Tocsin: on-call schedule payments is out of date"] * 2
    assert [len(await second.directive_lines(one.id)) for one in kept] == [1, 1]
