import asyncio

import pytest
from msgspec.structs import replace

from alerting.errors import DeliveryRejected, DeliveryRetryable
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, Transition
from streams.events import Phase
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

SECOND_MS = 1000
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
SEVERE = evidence(reach=1_900_000)


async def test_a_detection_pages_with_what_and_how_big() -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()

    [attempt] = comms.attempts
    [incident] = world.incidents
    assert attempt.message.headline == "Acme Refunds: 143/min, 4x usual, angry"
    assert attempt.message.change is Transition.OPENED
    assert attempt.message.odds == "about once in 40 weeks for this topic"
    assert attempt.message.url == f"https://tocsin.example.com/incidents/{incident.id}"
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


async def test_the_time_to_the_first_page_is_measured_from_the_brokers_acceptance() -> None:
    world = World()
    accepted_ms = int(START.timestamp() * 1000) - 700

    async with House(world).running() as house:
        world.claim(detection(accepted_ms=accepted_ms))
        await world.clock.settle()
        world.claim(detection(Phase.GREW, sequence=1, minutes=5, seen=SEVERE))
        await world.clock.settle()

        assert house.metric("tocsin_page_latency_seconds_count", notifier="slack") == 1
        assert house.metric("tocsin_page_latency_seconds_sum", notifier="slack") == pytest.approx(0.7)


async def test_waits_as_long_as_the_receiver_asked_before_retrying() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30), "C1:1.0")
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection())
        await world.clock.advance(29)
        attempts_before = len(comms.attempts)
        await world.clock.advance(1)

    assert attempts_before == 1
    assert len(comms.attempts) == 2
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


async def test_a_restart_knocks_no_earlier_than_the_receiver_asked() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30), "C1:1.0")
    world = World(comms=comms)
    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()

    async with House(world).running():
        await world.clock.advance(29)
        attempts_before = len(comms.attempts)
        await world.clock.advance(2)  # after a restart it looks once a second

    assert attempts_before == 1
    assert len(comms.attempts) == 2


async def test_a_page_committed_before_a_crash_goes_out_after_the_restart() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world, without=("delivery",)).running():
        world.claim(detection())
        await world.clock.settle()
    assert comms.attempts == []

    async with House(world).running():
        await world.clock.settle()

    assert comms.told == [Transition.OPENED]


async def test_a_send_cut_off_by_a_crash_is_taken_up_when_its_lease_ends() -> None:
    gate = asyncio.Event()
    comms = ScriptedNotifier(gate=gate)
    world = World(comms=comms)
    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()
    assert len(comms.attempts) == 1
    gate.set()

    async with House(world).running():
        await world.clock.advance(7)
        attempts_while_leased = len(comms.attempts)
        await world.clock.advance(2)  # lease_seconds is 8, and it looks once a second

    assert attempts_while_leased == 1
    assert comms.told == [Transition.OPENED, Transition.OPENED]
    assert comms.attempts[0].message.dedup_key == comms.attempts[1].message.dedup_key


async def test_the_same_detection_twice_is_one_incident_and_one_page() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection(), detection())
        await world.clock.settle()

        assert house.metric("tocsin_intake_detections_total", outcome="duplicate") == 1
    assert len(world.incidents) == 1
    assert comms.told == [Transition.OPENED]


async def test_a_detection_re_read_after_a_crash_is_one_incident_and_one_page() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()
    world.tables.positions.clear()

    async with House(world).running():
        await world.clock.settle()

    assert len(world.incidents) == 1
    assert comms.told == [Transition.OPENED]


async def test_the_end_of_an_event_edits_the_message_it_began() -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60))
        await world.clock.settle()

    over = comms.attempts[1]
    assert comms.told == [Transition.OPENED, Transition.RESOLVED]
    assert over.reference == "C1:1.0"
    assert over.message.headline == "Acme Refunds: back to usual, peaked at 143/min"
    assert world.incidents[0].state is IncidentState.RESOLVED


async def test_an_acknowledgement_from_the_api_edits_the_message() -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await house.acts.acknowledge(world.incidents[0].id, by="Kim")
        await house.acts.acknowledge(world.incidents[0].id, by="Lee")
        await world.clock.settle()

    assert comms.told == [Transition.OPENED, Transition.ACKNOWLEDGED]
    assert comms.attempts[1].reference == "C1:1.0"
    assert comms.attempts[1].message.actor == "Kim"


async def test_a_message_shows_the_incident_as_it_is_when_it_is_sent() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("503", retry_after=30))
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=replace(MILD, observed=210, per_minute=42.0)))
        await world.clock.advance(30)

    assert comms.told == [Transition.OPENED, Transition.OPENED]  # the second shows the growth already
    assert [attempt.message.headline for attempt in comms.attempts] == ["Acme Refunds: 40/min", "Acme Refunds: 42/min"]


async def test_whoever_a_higher_severity_reaches_is_paged_and_both_hear_the_all_clear() -> None:
    comms, on_call = ScriptedNotifier(), ScriptedNotifier(kind="pagerduty")
    world = World(comms=comms, on_call=on_call)
    route = {"receiver": "comms", "routes": [{"matchers": ["severity=SEV1"], "receiver": "on_call"}]}

    async with House(world, route=route).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        told_first = list(on_call.told)
        world.claim(detection(Phase.GREW, sequence=1, minutes=5, seen=SEVERE))
        await world.clock.settle()
        world.claim(detection(Phase.ENDED, sequence=2, minutes=60))
        await world.clock.settle()

    assert told_first == []
    assert on_call.told == [Transition.OPENED, Transition.RESOLVED]
    assert comms.told == [Transition.OPENED, Transition.SEVERITY_CHANGED, Transition.RESOLVED]


async def test_a_refused_page_is_loud_and_the_others_are_still_told() -> None:
    comms, care = ScriptedNotifier(DeliveryRejected("channel_not_found")), ScriptedNotifier()
    world = World(comms=comms, care=care)
    route = {"routes": [{"receiver": "comms", "continue": True}, {"receiver": "care"}]}

    async with House(world, route=route).running() as house:
        world.claim(detection())
        await world.clock.settle()

        assert house.metric("tocsin_deliveries_total", notifier="slack", outcome="rejected") == 1
    assert {delivery.receiver: delivery.state for delivery in world.outbox} == {
        "comms": DeliveryState.REJECTED,
        "care": DeliveryState.SENT,
    }
    assert world.tables.entries[-1].text == "comms was not told over slack:0: channel_not_found"


async def test_past_data_pages_nobody() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running():
        world.claim(
            detection(history=True, minutes=-10_000),
            detection(Phase.ENDED, sequence=1, history=True, minutes=-9_900),
        )
        await world.clock.settle()

    assert [incident.history for incident in world.incidents] == [True]
    assert world.outbox == []
    assert comms.attempts == []


async def test_the_first_page_waits_for_its_group_and_tells_the_size_it_has_by_then() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, route={"receiver": "comms", "group_wait_seconds": 20}).running():
        world.claim(detection(seen=MILD))
        await world.clock.advance(19)
        told_before = list(comms.told)
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=replace(MILD, observed=210, per_minute=42.0)))
        await world.clock.advance(2)

    assert told_before == []
    assert comms.told == [Transition.OPENED]
    assert comms.attempts[0].message.headline == "Acme Refunds: 42/min"


async def test_a_topic_that_rises_again_soon_opens_its_incident_again() -> None:
    comms = ScriptedNotifier("C1:1.0")
    world = World(comms=comms)

    async with House(world).running():
        world.claim(
            detection(),
            detection(Phase.ENDED, sequence=1, minutes=60),
            detection(episode="e2", minutes=100),
        )
        await world.clock.settle()

    assert len(world.incidents) == 1
    assert comms.told == [Transition.OPENED, Transition.RESOLVED, Transition.REOPENED]
