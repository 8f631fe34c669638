"""A schedule that others keep and that cannot be read any more: somebody is told, once a day, whoever sees it."""

from datetime import timedelta

import pytest

from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.oncall.pagerduty import KnownShifts
from alerting.oncall.roster import Roster
from alerting.oncall_settings import ScheduleSettings
from alerting.receivers import Receivers
from alerting.stale_schedules import StaleSchedules
from tests.fakes.clock import START
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SCHEDULE = ScheduleSettings.model_validate({"name": "payments", "calendar": {"file": "rota.ics"}})


def watching(house: House, roster: Roster, *, receiver: str | None = "comms") -> StaleSchedules:
    return StaleSchedules(
        (SCHEDULE,),
        roster=roster,
        store=house.store,
        receivers=Receivers({name: [one] for name, one in house.world.notifiers.items()}),
        receiver=receiver,
        clock=house.world.clock,
        metrics=house.metrics,
    )


async def test_after_six_hours_somebody_is_told_why_and_what_counts_meanwhile() -> None:
    comms = ScriptedNotifier()
    world, roster = World(comms=comms), Roster((SCHEDULE,))
    roster.know("payments", KnownShifts(()), START)
    roster.miss("payments", "the calendar answers 503")
    house = House(world)

    async with house.running():
        watch = watching(house, roster)
        world.clock.skip(6 * HOUR - SECOND)
        await watch.look()
        await world.clock.settle()
        before = (list(comms.told), house.metric("tocsin_schedule_stale", schedule="payments"))
        world.clock.skip(SECOND)
        await watch.look()
        await watch.look()
        await world.clock.advance(1)

    assert before == ([], 0.0)
    assert house.metric("tocsin_schedule_stale", schedule="payments") == 1.0
    [attempt] = comms.attempts
    assert attempt.message.headline == "Tocsin: on-call schedule payments is out of date"
    assert attempt.message.why == (
        "It could not be read for 6 h: the calendar answers 503. Until it can, what was read on 05 Jan at 12:00 UTC"
        " still counts."
    )
    assert attempt.message.change is Transition.NOTIFIED
    assert [entry.act for entry in world.tables.directive_entries] == ["schedule.stale"]
    assert world.incidents == []


async def test_two_processes_tell_it_once_and_the_next_day_again() -> None:
    comms = ScriptedNotifier()
    world, roster = World(comms=comms), Roster((SCHEDULE,))
    house = House(world)

    async with house.running():
        watches = [watching(house, roster), watching(house, roster)]
        world.clock.skip(7 * HOUR)
        for watch in watches:
            await watch.look()
        await world.clock.advance(1)
        same_day = len(comms.attempts)
        world.clock.skip(24 * HOUR)
        for watch in watches:
            await watch.look()
        await world.clock.advance(1)

    assert same_day == 1
    assert len(comms.attempts) == 2
    assert "nobody is called by it" in comms.attempts[0].message.why


async def test_what_is_read_again_is_stale_no_more() -> None:
    world, roster = World(), Roster((SCHEDULE,))
    house = House(world, without=("delivery",))
    async with house.running():
        watch = watching(house, roster)
        world.clock.skip(7 * HOUR)
        await watch.look()
        stale = house.metric("tocsin_schedule_stale", schedule="payments")
        roster.know("payments", KnownShifts(()), world.clock.now())
        await watch.look()

    assert (stale, house.metric("tocsin_schedule_stale", schedule="payments")) == (1.0, 0.0)


async def test_it_is_tried_again_like_a_page_and_survives_a_kill() -> None:
    comms = ScriptedNotifier(TimeoutError())
    world, roster = World(comms=comms), Roster((SCHEDULE,))
    killed = House(world, without=("delivery",))
    async with killed.running():
        watch = watching(killed, roster)
        world.clock.skip(7 * HOUR)
        await watch.look()

    async with House(world).running():
        await world.clock.advance(30)

    assert len(comms.attempts) == 2
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


@pytest.mark.parametrize(("unwanted", "change"), [(frozenset({Transition.NOTIFIED}), Transition.OPENED)])
async def test_who_has_only_a_pager_is_paged(unwanted: frozenset[Transition], change: Transition) -> None:
    comms = ScriptedNotifier(unwanted=unwanted)
    world, roster = World(comms=comms), Roster((SCHEDULE,))
    house = House(world)
    async with house.running():
        watch = watching(house, roster)
        world.clock.skip(7 * HOUR)
        await watch.look()
        await world.clock.advance(1)

    assert comms.told == [change]
