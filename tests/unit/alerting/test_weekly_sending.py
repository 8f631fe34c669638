"""The report of the last whole week goes out once, whatever restarts and whoever else runs."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from alerting.directives.errand import ErrandState, Hook
from alerting.directives.weekly_telling import WeeklyTelling
from alerting.errors import DeliveryRetryable
from alerting.incidents.model import Transition
from alerting.receivers import Receivers
from alerting.report_settings import WeeklySettings
from alerting.settings import Settings
from alerting.weekly_sending import WeeklyPost, WeeklySending, last_slot
from alerting.weeks import Weeks
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

# The clock of the house stands at 12:00 UTC on Monday, 5 January 2026: 13:00 in Berlin.
IN_TEN_MINUTES = {"time_zone": "Europe/Berlin", "weekly": {"receivers": ["comms"], "time": "13:10"}}


@pytest.mark.parametrize(
    ("now", "slot", "week"),
    [
        ("2026-01-05T07:00", "2026-01-05T07:00", "2026-W01"),
        ("2026-01-05T06:59", "2025-12-29T07:00", "2025-W52"),
        ("2026-07-06T06:00", "2026-07-06T06:00", "2026-W27"),  # summer time: the same eight o'clock is an hour earlier
    ],
)
def test_it_is_due_on_its_day_at_its_time_where_people_are(now: str, slot: str, week: str) -> None:
    settings = WeeklySettings.model_validate({"receivers": ["comms"]})

    at, about = last_slot(settings, "Europe/Berlin", datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert (at, about.name) == (datetime.fromisoformat(slot).replace(tzinfo=UTC), week)


async def run_for(
    world: World, comms: ScriptedNotifier, seconds: float, *, processes: int = 1, reports: object = IN_TEN_MINUTES
) -> None:
    settings = Settings.model_validate(
        {
            "reports": reports,
            "receivers": [{"name": "comms", "notifiers": [{"type": "log"}]}],
            "api": {"public_url": "https://t.example"},
        }
    )
    receivers = Receivers({"comms": [comms]})
    hooks = {Hook.REPORTS: WeeklyPost(receivers)}
    async with House(world, hooks=hooks).running() as house, asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        for number in range(processes):
            sending = WeeklySending(
                house.store, Weeks(house.store, settings, world.clock), receivers, settings, world.clock
            )
            group.create_task(sending.run(stop), name=f"weekly {number}")
        await world.clock.advance(seconds)
        stop.set()
        await world.clock.advance(15)


def reports_in(comms: ScriptedNotifier) -> list[str]:
    told = [attempt.message for attempt in comms.attempts]
    return [message.headline for message in told if message.topic == "report"]


async def test_a_week_without_incidents_is_told_too() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await run_for(world, comms, 660)

    (told,) = [attempt.message for attempt in comms.attempts]
    assert told.headline == "Week 2026-W01: 0 pages, 0 said to be false, 0 incidents"
    assert told.change is Transition.NOTIFIED  # it wakes nobody
    assert told.url == "https://t.example/reports/weekly?week=2026-W01"


async def test_three_processes_and_a_restart_send_it_once() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await run_for(world, comms, 660, processes=3)
    await run_for(world, comms, 660, processes=2)

    assert len(reports_in(comms)) == 1


async def test_it_is_tried_until_it_arrives_and_says_the_same_at_every_attempt() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("503"), DeliveryRetryable("503"))
    world = World(comms=comms)

    await run_for(world, comms, 660)

    assert len(comms.attempts) == 3
    assert len({msgspec.json.encode(msgspec.structs.replace(one.message, again=False)) for one in comms.attempts}) == 1
    assert [one.message.again for one in comms.attempts] == [False, True, True]
    (kept,) = [one for one in world.tables.directives.values() if isinstance(one, WeeklyTelling)]
    assert (kept.errands[0].state, kept.errands[0].attempts) == (ErrandState.SENT, 3)
    assert [entry.act for entry in world.tables.directive_entries] == ["report.written", "errand.sent"]


async def test_what_a_process_wrote_down_before_it_died_is_sent_by_the_next_one() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    settings = Settings.model_validate({"reports": IN_TEN_MINUTES})
    async with House(world).running() as house, asyncio.TaskGroup() as group:  # nobody carries out errands here
        stop = asyncio.Event()
        weeks = Weeks(house.store, settings, world.clock)
        sending = WeeklySending(house.store, weeks, Receivers({"comms": [comms]}), settings, world.clock)
        group.create_task(sending.run(stop), name="weekly")
        await world.clock.advance(660)
        stop.set()
        await world.clock.advance(15)
    before = len(reports_in(comms))

    await run_for(world, comms, 60)

    assert (before, len(reports_in(comms))) == (0, 1)


async def test_one_that_was_missed_is_made_up_for_within_two_days() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    two_days_ago = {"weekly": {"receivers": ["comms"], "weekday": "saturday", "time": "12:01"}}
    longer_ago = {"weekly": {"receivers": ["comms"], "weekday": "saturday", "time": "11:59"}}

    await run_for(world, comms, 20, reports=longer_ago)
    missed = len(reports_in(comms))
    await run_for(world, comms, 20, reports=two_days_ago)

    assert (missed, len(reports_in(comms))) == (0, 1)


async def test_it_counts_what_happened_in_the_week() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world).running():
        world.claim(detection(topic="one", episode="one"), detection(topic="two", episode="two"))
        await world.clock.advance(60)
    await world.clock.advance(7 * 86_400)

    await run_for(world, comms, 660)

    assert reports_in(comms) == ["Week 2026-W02: 2 pages, 0 said to be false, 2 incidents"]
