"""What happened while somebody slept, told at their hand-over."""

import asyncio
from datetime import UTC, datetime

import pytest

from alerting.hand_over import HandOver, last_hand_over
from alerting.incidents.model import IncidentState, Transition
from alerting.receivers import Receivers
from alerting.settings import ReceiverSettings
from alerting.tier_settings import HandOverSettings
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

# The clock of the house stands at 12:00 UTC on 5 January 2026: 13:00 in Berlin.
IN_TEN_MINUTES = {"time": "13:10", "time_zone": "Europe/Berlin", "hours": 2}


def settings(**hand_over: object) -> list[ReceiverSettings]:
    made = {"name": "comms", "hand_over": hand_over, "notifiers": [{"type": "log"}]}
    return [ReceiverSettings.model_validate(made)]


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-01-05T08:00", "2026-01-05T08:00"),
        ("2026-01-05T07:59", "2026-01-04T08:00"),
        ("2026-07-06T07:30", "2026-07-06T07:00"),  # summer time: the same nine o'clock is an hour earlier
        ("2026-03-29T06:59", "2026-03-28T08:00"),
        ("2026-03-29T07:00", "2026-03-29T07:00"),
    ],
)
def test_nine_o_clock_is_nine_o_clock_where_people_are(now: str, slot: str) -> None:
    nine = HandOverSettings(time="09:00", time_zone="Europe/Berlin")

    found = last_hand_over(nine, datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert found == datetime.fromisoformat(slot).replace(tzinfo=UTC)


async def run_past_the_hand_over(world: World, comms: ScriptedNotifier, processes: int = 1) -> None:
    async with House(world).running() as house, asyncio.TaskGroup() as group:
        world.claim(*(detection(topic=name, episode=name, seen=evidence(reach=1000)) for name in ("one", "two")))
        await world.clock.advance(60)
        world.claim(detection(Phase.ENDED, topic="two", episode="two", sequence=1, minutes=1))
        await world.clock.advance(60)
        stop = asyncio.Event()
        for number in range(processes):
            receivers = Receivers({"comms": [comms]})
            hand_over = HandOver(house.store, receivers, settings(**IN_TEN_MINUTES), world.clock)
            group.create_task(hand_over.run(stop), name=f"hand-over {number}")
        await world.clock.advance(500)
        stop.set()
        await world.clock.advance(15)


async def test_one_message_tells_what_is_still_open_and_what_is_over() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await run_past_the_hand_over(world, comms)

    digest = comms.attempts[-1].message
    assert [incident.state for incident in world.incidents] == [IncidentState.TRIGGERED, IncidentState.RESOLVED]
    assert digest.headline == "While you slept: 2 incidents, 1 still open, worst SEV2"
    assert digest.why.startswith("Still open: SEV2 ")
    assert "Over: SEV2 " in digest.why
    assert digest.change is Transition.NOTIFIED  # it wakes nobody


async def test_two_processes_send_it_once() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    await run_past_the_hand_over(world, comms, processes=2)

    told = [attempt.message.headline for attempt in comms.attempts]
    assert sum(headline.startswith("While you slept") for headline in told) == 1


async def test_a_quiet_night_sends_nothing_and_one_that_is_long_over_is_left_out() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    three_minutes = IN_TEN_MINUTES | {"hours": 0.05}
    async with House(world).running() as house, asyncio.TaskGroup() as group:
        world.claim(detection(), detection(Phase.ENDED, sequence=1, minutes=1))
        stop = asyncio.Event()
        hand_over = HandOver(house.store, Receivers({"comms": [comms]}), settings(**three_minutes), world.clock)
        group.create_task(hand_over.run(stop), name="hand-over")
        await world.clock.advance(660)
        stop.set()
        await world.clock.advance(15)

    assert world.incidents[0].state is IncidentState.RESOLVED
    assert not any(attempt.message.headline.startswith("While you slept") for attempt in comms.attempts)
