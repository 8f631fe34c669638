"""Routes with `group_by`: incidents that share something are told together, and later ones at the group's interval."""

import pytest

from alerting.fakes.pagerduty import FakePagerDuty
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.notifiers.pagerduty import PagerDutyNotifier
from alerting.settings import DeliverySettings
from streams.events import Detection, Evidence, Phase
from streams.topic import Topic
from tests.fakes.detections import detection, evidence
from tests.fakes.egress import LOOPBACK
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import call_out

MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
WORST = evidence(observed=50_000, reach=500_000_000, negative_share=0.99, per_minute=10_000.0, polarity=-0.9)
# Of different brands, so that they stay incidents of their own.
TOPICS = [Topic(id=name, name=name.title(), query=name, brand=name.upper(), owner="Payments") for name in "abcd"]
BY_OWNER = {"receiver": "comms", "group_by": ["owner"], "group_interval_seconds": 300}


def opens(name: str, seen: Evidence = MILD) -> Detection:
    return detection(topic=name, episode=f"of-{name}", seen=seen)


def titles(comms: ScriptedNotifier) -> list[str]:
    return [attempt.message.title for attempt in comms.attempts]


def house(world: World, route: dict[str, object], **more: object) -> House:
    return House(world, route=route, topics=TOPICS, **more)  # type: ignore[arg-type]  # passed on as they are


async def test_what_waits_for_the_group_goes_out_as_one_message() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with house(world, {**BY_OWNER, "group_wait_seconds": 30}).running():
        world.claim(opens("a"))
        await world.clock.advance(10)
        world.claim(opens("b"), opens("c"))
        await world.clock.advance(19)
        before = list(comms.told)
        await world.clock.advance(2)

    assert before == []
    assert comms.told == [Transition.OPENED]
    assert titles(comms) == ["3 incidents of owner=Payments"]
    assert comms.attempts[0].message.topic == "group"
    assert {delivery.state for delivery in world.outbox} == {DeliveryState.SENT}


async def test_without_a_wait_the_first_is_told_at_once_as_ever_and_a_later_one_at_the_interval() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with house(world, BY_OWNER).running():
        world.claim(opens("a"))
        await world.clock.advance(1)
        at_once = titles(comms)
        await world.clock.advance(59)
        world.claim(opens("b"))
        await world.clock.advance(60)
        world.claim(opens("c"))
        await world.clock.advance(179)
        before_the_interval = titles(comms)
        await world.clock.advance(2)

    assert at_once == before_the_interval == [world.incidents[0].title]  # a message of its own, as without groups
    assert titles(comms)[1:] == ["2 incidents of owner=Payments"]
    assert "Still open: " in comms.attempts[1].message.why
    assert comms.told == [Transition.OPENED, Transition.OPENED]


async def test_a_group_of_which_all_is_over_is_over_and_the_next_one_is_the_first_again() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with house(world, BY_OWNER).running():
        world.claim(opens("a"))
        await world.clock.advance(10)
        world.claim(detection(Phase.ENDED, topic="a", episode="of-a", sequence=1, minutes=60))
        await world.clock.advance(10)
        world.claim(opens("b"))
        await world.clock.advance(1)

    assert comms.told == [Transition.OPENED, Transition.RESOLVED, Transition.OPENED]


async def test_what_was_told_together_is_over_together_and_wakes_nobody() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with house(world, {**BY_OWNER, "group_wait_seconds": 30}).running():
        world.claim(opens("a"), opens("b"), opens("c"))
        await world.clock.advance(31)
        for name in "ab":
            world.claim(detection(Phase.ENDED, topic=name, episode=f"of-{name}", sequence=1, minutes=60))
        await world.clock.advance(298)
        before = list(comms.told)
        await world.clock.advance(2)

    assert before == [Transition.OPENED]
    assert comms.told == [Transition.OPENED, Transition.NOTIFIED]
    assert comms.attempts[1].message.title == "2 over of owner=Payments"
    assert "Still open: SEV4 C" in comms.attempts[1].message.why


async def test_one_alone_that_is_over_of_those_told_together_waits_for_the_interval_too() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with house(world, {**BY_OWNER, "group_wait_seconds": 30}).running():
        world.claim(opens("a"), opens("b"))
        await world.clock.advance(31)
        world.claim(detection(Phase.ENDED, topic="b", episode="of-b", sequence=1, minutes=60))
        await world.clock.advance(300)

    assert titles(comms) == ["2 incidents of owner=Payments", "1 over of owner=Payments"]
    assert comms.attempts[1].message.why.startswith("Over: SEV4 B")


async def test_a_sev1_waits_for_no_group_and_what_becomes_one_waits_no_longer() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    route = {**BY_OWNER, "group_wait_seconds": 600}

    async with house(world, route).running():
        world.claim(opens("a", WORST))
        await world.clock.advance(1)
        at_once = titles(comms)
        world.claim(opens("b"), opens("c"))
        await world.clock.advance(5)
        waiting = list(comms.told)
        world.claim(detection(Phase.GREW, topic="b", episode="of-b", sequence=1, minutes=1, seen=WORST))
        await world.clock.advance(1)

    assert len(at_once) == len(waiting) == 1
    assert [attempt.message.topic for attempt in comms.attempts if attempt.message.change is Transition.OPENED] == [
        "a",
        "b",
    ]
    assert [delivery.state for delivery in world.outbox if delivery.incident == world.incidents[2].id] == [
        DeliveryState.PENDING
    ]


@pytest.mark.parametrize("group_by", [["..."], ["incident", "owner"], None])
async def test_every_incident_by_itself_is_told_as_without_groups(group_by: list[str] | None) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    above: dict[str, object] = {"receiver": "comms", "group_by": ["owner"], "routes": [{"group_by": group_by}]}
    route: dict[str, object] = above if group_by else {"receiver": "comms"}

    async with house(world, route).running():
        world.claim(opens("a"), opens("b"))
        await world.clock.advance(1)
        world.claim(opens("c"))
        await world.clock.advance(1)

    assert comms.told == [Transition.OPENED] * 3
    assert world.tables.groups == {}


async def test_groups_of_other_values_and_of_other_receivers_do_not_wait_for_one_another() -> None:
    comms, care = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, care=care)
    both: dict[str, object] = {
        "group_by": ["topic"],
        "routes": [{"receiver": "comms", "continue": True}, {"receiver": "care"}],
    }

    async with house(world, both).running():
        world.claim(opens("a"), opens("b"))
        await world.clock.advance(1)

    assert comms.told == care.told == [Transition.OPENED] * 2
    assert len(world.tables.groups) == 4


async def test_whom_a_policy_calls_waits_for_no_group() -> None:
    comms, maya = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, maya=maya)
    route = {**BY_OWNER, "group_wait_seconds": 600, "policy": "payments"}

    async with house(world, route, calls=call_out()).running():
        world.claim(opens("a"))
        await world.clock.advance(1)

    assert maya.told == [Transition.OPENED]
    assert comms.told == []


@pytest.mark.parametrize("lost", [0, 1])
async def test_a_kill_while_a_group_waits_loses_nothing_and_sends_nothing_twice(lost: int) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    route = {**BY_OWNER, "group_wait_seconds": 30}

    killed = house(world, route)
    async with killed.running():
        killed.store.lose_answers = lost
        world.claim(opens("a"))
        await world.clock.advance(10)
        world.claim(opens("b"))
        await world.clock.advance(1)
    told_before = list(comms.told)
    async with house(world, route).running():
        world.claim(opens("c"))
        await world.clock.advance(20)

    assert told_before == []
    assert titles(comms) == ["3 incidents of owner=Payments"]


async def test_a_group_whose_answer_was_lost_is_sent_again_under_the_same_name() -> None:
    comms = ScriptedNotifier(TimeoutError())
    world = World(comms=comms)

    async with house(world, {**BY_OWNER, "group_wait_seconds": 5}, delivery=DeliverySettings()).running():
        world.claim(opens("a"), opens("b"))
        await world.clock.advance(20)

    first, second = (attempt.message for attempt in comms.attempts)
    assert first.delivery == second.delivery
    assert first.dedup_key == second.dedup_key


async def test_a_pager_hears_of_a_group_as_of_one_page_and_is_not_woken_by_its_end() -> None:
    world = World()
    async with FakePagerDuty(world.clock, routing_key="R" * 32) as vendor:
        world.notifiers = {
            "comms": PagerDutyNotifier(
                routing_key="R" * 32,
                service="Payments",
                events_url=vendor.events_url,
                clock=world.clock,
                egress=LOOPBACK,
            )
        }
        async with house(world, {**BY_OWNER, "group_wait_seconds": 5}).running():
            world.claim(opens("a"), opens("b"))
            await world.clock.advance(6)
            for name in "ab":
                world.claim(detection(Phase.ENDED, topic=name, episode=f"of-{name}", sequence=1, minutes=60))
            await world.clock.advance(400)

        entries = vendor.inbox.entries()
        await world.notifiers["comms"].close()

    assert len(entries) == 1
    assert {one.state for one in world.outbox if one.change is Transition.RESOLVED} == {DeliveryState.SUPERSEDED}
