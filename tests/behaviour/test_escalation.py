"""Who is called when nobody answers: told with a clock and phones that a test owns."""

from typing import Any

import pytest

from alerting.errors import TransitionRefused
from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.work import HandOver, PassOn, Snooze
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import FIRST_THEN_SECOND_THEN_LEAD, Turns, call_out

ROUTE = {"receiver": "comms", "policy": "payments"}
PEOPLE = ("comms", "maya", "ben", "lead")
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
MINUTE = 60.0


def phones() -> dict[str, ScriptedNotifier]:
    return {name: ScriptedNotifier() for name in PEOPLE}


def paged(phone: ScriptedNotifier) -> int:
    return sum(change in {Transition.OPENED, Transition.CALLED, Transition.REOPENED} for change in phone.told)


def pages(phone: dict[str, ScriptedNotifier]) -> dict[str, int]:
    return {name: paged(phone[name]) for name in ("maya", "ben", "lead")}


async def test_nobody_answers_after_five_minutes_the_second_is_paged_after_ten_the_lead() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running():
        world.claim(detection())
        await world.clock.settle()
        at_once = pages(phone)
        await world.clock.advance(5 * MINUTE - 1)
        just_before = pages(phone)
        await world.clock.advance(2)
        after_five = pages(phone)
        await world.clock.advance(5 * MINUTE)
        after_ten = pages(phone)

    assert at_once == just_before == {"maya": 1, "ben": 0, "lead": 0}
    assert after_five == {"maya": 1, "ben": 1, "lead": 0}
    assert after_ten == {"maya": 1, "ben": 1, "lead": 1}
    assert phone["ben"].told[0] is Transition.OPENED
    lines = [entry.text for entry in world.tables.entries if entry.transition is Transition.ESCALATED]
    assert lines == [
        "Step 1 of payments: schedule payments (Maya) is called",
        "Step 2 of payments: Ben is called",
        "Step 3 of payments: Lead is called",
    ]


async def test_it_begins_anew_until_somebody_acknowledges_and_then_stops() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(20 * MINUTE + 1)  # 5 + 5 + 10: the second round
        second_round = pages(phone)
        await house.acts.acknowledge(world.incidents[0].id, by="Maya")
        await world.clock.advance(30 * MINUTE)

    assert second_round == {"maya": 2, "ben": 1, "lead": 1}
    assert pages(phone) == second_round
    assert phone["maya"].told.count(Transition.CALLED) == 1
    assert Transition.ACKNOWLEDGED in phone["lead"].told  # whoever was called hears who has it


async def test_several_acknowledgements_may_be_asked_for_and_they_have_to_be_different_peoples() -> None:
    phone = phones()
    world = World(**phone)
    two = {**FIRST_THEN_SECOND_THEN_LEAD, "acknowledgements": 2}

    async with House(world, route=ROUTE, calls=call_out(two)).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.acknowledge(incident.id, by="Maya")
        await house.acts.acknowledge(incident.id, by="Maya")
        await world.clock.advance(5 * MINUTE + 1)
        after_one = (world.incidents[0].state, pages(phone)["ben"])
        await house.acts.acknowledge(incident.id, by="Ben")
        await world.clock.advance(15 * MINUTE)

    assert after_one == (IncidentState.TRIGGERED, 1)
    assert world.incidents[0].acknowledged_by == "Maya, Ben"
    assert pages(phone)["lead"] == 0


async def test_not_mine_goes_to_the_next_step_at_once() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(60)
        await house.acts.perform(world.incidents[0].id, PassOn(), by="Maya")
        await world.clock.settle()
        at_once = pages(phone)
        await world.clock.advance(5 * MINUTE + 1)

    assert at_once == {"maya": 1, "ben": 1, "lead": 0}
    assert pages(phone)["lead"] == 1  # five minutes after Ben, not after ten


async def test_what_is_handed_over_calls_whom_it_was_given_to_and_then_the_others() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.acknowledge(incident.id, by="Maya")
        await house.acts.perform(incident.id, HandOver("Lead"), by="Maya", comment="my shift ends")
        await world.clock.settle()
        at_once = pages(phone)
        await world.clock.advance(5 * MINUTE + 1)

    assert at_once == {"maya": 1, "ben": 0, "lead": 1}
    assert pages(phone) == {"maya": 2, "ben": 0, "lead": 1}
    assert world.incidents[0].state is IncidentState.TRIGGERED


async def test_nothing_is_handed_over_to_somebody_who_cannot_be_called() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.acknowledge(incident.id, by="Maya")
        with pytest.raises(TransitionRefused, match=r"Laed cannot be called.*who can be: Ben, Lead, Maya"):
            await house.acts.perform(incident.id, HandOver("Laed"), by="Maya")

    assert world.incidents[0].state is IncidentState.ACKNOWLEDGED


async def test_a_second_wave_starts_the_chain_again() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await house.acts.acknowledge(world.incidents[0].id, by="Maya")
        world.claim(detection(Phase.ENDED, sequence=1, minutes=20))
        await world.clock.advance(1)
        world.claim(detection(episode="e2", minutes=40))
        await world.clock.settle()
        reopened = pages(phone)
        await world.clock.advance(5 * MINUTE + 1)

    assert reopened == {"maya": 2, "ben": 0, "lead": 0}
    assert pages(phone)["ben"] == 1


async def test_a_snoozed_incident_calls_nobody_until_it_wakes() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        until = world.clock.now().replace(hour=12, minute=30)
        await house.acts.perform(world.incidents[0].id, Snooze(until), by="Maya")
        await world.clock.advance(29 * MINUTE)

    assert pages(phone) == {"maya": 1, "ben": 0, "lead": 0}


async def test_the_chain_stays_as_it_was_when_the_incident_opened() -> None:
    phone = phones()
    world = World(**phone)
    edited: dict[str, Any] = {"name": "payments", "steps": [{"targets": [{"person": "Lead"}], "wait_minutes": 1}]}

    async with House(world, route=ROUTE, calls=call_out()).running():
        world.claim(detection())
        await world.clock.settle()
    async with House(world, route=ROUTE, calls=call_out(edited)).running():
        await world.clock.advance(5 * MINUTE + 1)
        as_it_was = pages(phone)
        world.claim(detection(topic="refunds", episode="e1", phase=Phase.ENDED, sequence=1, minutes=20))
        await world.clock.advance(1)
        world.claim(detection(episode="e2", minutes=60 * 24))
        await world.clock.settle()

    assert as_it_was == {"maya": 1, "ben": 1, "lead": 0}
    assert pages(phone)["lead"] == 1  # a later incident


async def test_a_step_that_reaches_nobody_does_not_wait() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out(on_call=Turns())).running():
        world.claim(detection())
        await world.clock.settle()

    assert pages(phone) == {"maya": 0, "ben": 1, "lead": 0}
    lines = [entry.text for entry in world.tables.entries if entry.transition is Transition.ESCALATED]
    assert lines == [
        "Step 1 of payments: schedule payments (nobody is on call) cannot be called; on to the next step",
        "Step 2 of payments: Ben is called",
    ]


async def test_the_owners_policy_counts_where_no_route_names_one() -> None:
    phone = phones()
    world = World(**phone)
    calls = call_out(of_owner={"Payments": "payments"})

    async with House(world, route={"receiver": "comms"}, calls=calls).running():
        world.claim(detection())
        await world.clock.settle()

    assert pages(phone) == {"maya": 1, "ben": 0, "lead": 0}


async def test_two_processes_never_make_the_same_call_and_a_dead_one_leaves_it_due() -> None:
    phone = phones()
    world = World(**phone)
    first = House(world, route=ROUTE, calls=call_out())
    second = House(world, route=ROUTE, calls=call_out(), without=("intake", "delivery", "rescue"))

    async with first.running(), second.running():
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(10 * MINUTE + 1)
        together = pages(phone)
    async with House(world, route=ROUTE, calls=call_out()).running():
        await world.clock.advance(10 * MINUTE)

    assert together == {"maya": 1, "ben": 1, "lead": 1}
    assert pages(phone) == {"maya": 2, "ben": 1, "lead": 1}


async def test_after_an_outage_everybody_is_called_once_and_at_once() -> None:
    phone = phones()
    world = World(**phone)

    async with House(world, route=ROUTE, calls=call_out()).running():
        world.claim(detection())
        await world.clock.settle()
    await world.clock.advance(12 * 60 * MINUTE)
    async with House(world, route=ROUTE, calls=call_out()).running():
        await world.clock.advance(1)

    assert pages(phone) == {"maya": 2, "ben": 1, "lead": 1}


async def test_a_route_without_a_policy_may_repeat_until_somebody_acknowledges() -> None:
    phone = phones()
    world = World(**phone)
    route = {"receiver": "comms", "repeat_interval_seconds": 600}

    async with House(world, route=route, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(21 * MINUTE)
        before = phone["comms"].told.count(Transition.CALLED)
        await house.acts.acknowledge(world.incidents[0].id, by="Maya")
        await world.clock.advance(15 * MINUTE)

    assert before == 2
    assert phone["comms"].told.count(Transition.CALLED) == 2


async def test_no_call_is_later_than_a_second() -> None:
    world = World(**phones())

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        for number in range(8):
            world.claim(detection(topic=f"topic-{number}", episode=f"e{number}", minutes=40 * number))
            await world.clock.advance(0.37)
        await world.clock.advance(20 * MINUTE + 1)
        made = house.metric("tocsin_call_delay_seconds_count")
        within_a_second = house.metric("tocsin_call_delay_seconds_bucket", le="1.0")

    # Of each incident the second, the third, and the first of the next round; the very first is made as it opens.
    assert made == within_a_second == 8 * 3
