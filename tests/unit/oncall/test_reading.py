"""Schedules that others keep: read, kept, and trusted while they cannot be read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from alerting.fakes.pagerduty_oncalls import FakePagerDutyOnCalls, Turn
from alerting.inbound_settings import PersonSettings
from alerting.metrics import AlertingMetrics
from alerting.notifiers.egress import Egress
from alerting.oncall.reading import ScheduleReading
from alerting.oncall.roster import Roster
from alerting.oncall_settings import ScheduleSettings
from tests.fakes.clock import START, FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.transactional_store import Tables, TransactionalStore
from tests.unit.oncall.test_calendar import calendar, event

TOKEN = "pd-of-the-test"
PEOPLE = (PersonSettings(name="Maya", pagerduty="PMAYA"), PersonSettings(name="Ben"))
NOW_MAYA = event("DTSTART:20260105T000000Z", "DTEND:20260106T000000Z", "SUMMARY:Maya")
REFRESH = 60.0


@asynccontextmanager
async def reading(
    schedule: dict[str, Any], tables: Tables, clock: FakeClock, *, egress: Egress = LOOPBACK
) -> AsyncIterator[Roster]:
    """The loop alive; time stands still until a test moves it."""
    settings = ScheduleSettings.model_validate({"name": "payments"} | schedule)
    roster = Roster((settings,))
    metrics = AlertingMetrics(CollectorRegistry())
    store = TransactionalStore(tables)
    loop = ScheduleReading((settings,), PEOPLE, roster=roster, store=store, egress=egress, clock=clock, metrics=metrics)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run(asyncio.Event()))
        try:
            await clock.until_sleeping()
            yield roster
        finally:
            task.cancel()


async def later(clock: FakeClock, seconds: float) -> None:
    """After the next attempt, whatever threads and sockets take for it."""
    await clock.advance(seconds)
    await clock.until_sleeping()


async def test_a_file_is_read_again_and_its_last_good_copy_outlives_both_it_and_the_process(tmp_path: Path) -> None:
    clock, tables, file = FakeClock(), Tables(), tmp_path / "rota.ics"
    file.write_bytes(calendar(*NOW_MAYA))
    schedule = {"calendar": {"file": str(file), "refresh_seconds": REFRESH}}

    async with reading(schedule, tables, clock) as roster:
        first = roster.on_call("payments", clock.now())
        file.write_bytes(b"<html>moved</html>")
        await later(clock, REFRESH)
        broken = roster.on_call("payments", clock.now())
    file.unlink()
    async with reading(schedule, tables, clock) as roster:
        restarted = roster.on_call("payments", clock.now())
        file.write_bytes(calendar(*event("DTSTART:20260105T000000Z", "DTEND:20260106T000000Z", "SUMMARY:Ben")))
        await later(clock, REFRESH)
        mended = roster.on_call("payments", clock.now())

    assert (first.people, first.read_at, first.problem) == (("Maya",), START, None)
    assert (broken.people, broken.read_at) == (("Maya",), START)
    assert "no iCalendar file" in (broken.problem or "")
    assert (restarted.people, restarted.read_at) == (("Maya",), START)
    assert "cannot be read" in (restarted.problem or "")
    assert (mended.people, mended.problem) == (("Ben",), None)


async def test_what_was_never_read_is_unknown_and_not_nobody(tmp_path: Path) -> None:
    clock = FakeClock()

    async with reading({"calendar": {"file": str(tmp_path / "none.ics")}}, Tables(), clock) as roster:
        now = roster.on_call("payments", clock.now())

    assert (now.known, now.people) == (False, ())


async def test_an_address_inside_our_own_network_is_not_fetched() -> None:
    clock = FakeClock()
    schedule = {"calendar": {"url": "http://127.0.0.1:9/secret-path.ics"}}

    async with reading(schedule, Tables(), clock, egress=Egress()) as roster:
        problem = roster.on_call("payments", clock.now()).problem or ""

    assert "is refused (loopback)" in problem
    assert "secret-path" not in problem


async def test_pagerduty_says_who_is_on_call_page_by_page_and_each_shift_counts_once() -> None:
    clock, tables = FakeClock(), Tables()
    days = [START + timedelta(days=number) for number in range(60)]
    async with FakePagerDutyOnCalls(clock, token=TOKEN, schedule="PABC123") as pagerduty:
        shifts = [Turn("PMAYA", "M.", day, day + timedelta(days=1)) for day in days[:30]]
        shifts += [Turn("PZOE", "Zoe", day, day + timedelta(days=1)) for day in days[30:]]
        pagerduty.turns = [*shifts, *shifts, *shifts]  # once for every policy: 180, which is two pages
        schedule = {"pagerduty": {"schedule": "PABC123", "token": TOKEN, "api_url": pagerduty.api_url}}

        async with reading(schedule, tables, clock) as roster:
            now = roster.on_call("payments", START)
            in_a_month = roster.on_call("payments", days[40])
            pagerduty.script.fail(503)
            await later(clock, 300)
            stale = roster.on_call("payments", clock.now())

    assert (now.people, now.until) == (("Maya",), days[30])
    assert in_a_month.people == ("Zoe",)
    assert (stale.people, stale.problem) == (("Maya",), "PagerDuty answered 503")
    assert pagerduty.asked == 2


async def test_a_key_that_pagerduty_refuses_is_told_without_the_key() -> None:
    clock = FakeClock()
    async with FakePagerDutyOnCalls(clock, token="another", schedule="PABC123") as pagerduty:
        schedule = {"pagerduty": {"schedule": "PABC123", "token": TOKEN, "api_url": pagerduty.api_url}}

        async with reading(schedule, Tables(), clock) as roster:
            now = roster.on_call("payments", clock.now())

    assert (now.known, now.problem) == (False, "PagerDuty answered 401")
