"""A test page takes the way that every page takes."""

import asyncio
from datetime import timedelta

import pytest

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable, DirectiveRefused, UnknownDirective
from alerting.incidents.delivery import DeliveryState
from alerting.receivers import PageBudget, ReceiverPolicy
from alerting.settings import DeliverySettings
from streams.canary import CANARY
from tests.fakes.clock import START
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

PATIENCE = DeliverySettings(first_backoff_seconds=4, max_backoff_seconds=8, attempt_seconds=5, lease_seconds=20)


def acts(house: House, drill_id: str) -> list[tuple[str, str]]:
    return [(line.act, line.text) for line in house.world.tables.directive_entries if line.directive == drill_id]


async def test_goes_out_over_every_notifier_of_the_receiver_marked_as_a_test() -> None:
    comms, others = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, others=others)

    async with House(world).running() as house:
        drill = await house.drills.begin("comms", by="Ada")
        await world.clock.settle()

        (told,) = await house.drills.deliveries(drill.id)
    (attempt,) = comms.attempts
    assert attempt.message.test
    assert attempt.message.delivery == told.id
    assert (told.state, told.detail, told.attempts) == (DeliveryState.SENT, "#slack", 1)
    assert others.attempts == []
    assert world.incidents == []


async def test_says_when_it_was_leased_when_it_was_sent_and_when_the_vendor_answered() -> None:
    gate = asyncio.Event()
    world = World(comms=ScriptedNotifier(gate=gate))

    async with House(world, without=("delivery",)).running() as house, asyncio.TaskGroup() as group:
        drill = await house.drills.begin("comms", by="Ada")
        await world.clock.advance(2)  # nobody delivers yet
        group.create_task(house.delivery.run(house.stop), name="delivery")
        await world.clock.settle()
        await world.clock.advance(3)  # the vendor takes its time
        gate.set()
        await world.clock.settle()

        (told,) = await house.drills.deliveries(drill.id)
        house.stop.set()
    after = [(hop.name, (hop.at - told.created_at).total_seconds()) for hop in told.hops]
    assert after == [("leased", 2), ("begun", 2), ("answered", 5)]


async def test_whoever_asked_and_how_it_ended_stands_in_the_trail() -> None:
    world = World(comms=ScriptedNotifier(), night=ScriptedNotifier(DeliveryRejected("channel_not_found")))

    async with House(world).running() as house:
        took = await house.drills.begin("comms", by="Ada")
        refused = await house.drills.begin("night", by="Ada")
        await world.clock.settle()

        assert acts(house, took.id) == [
            ("drill.asked", "Ada tests the way to comms"),
            ("drill.sent", "comms took the test over slack:0"),
        ]
        assert acts(house, refused.id)[1:] == [
            ("drill.rejected", "night did not take the test over slack:0: channel_not_found")
        ]


async def test_a_busy_vendor_is_asked_again_under_the_same_name_as_for_every_page() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30), DeliveryInDoubt("no answer"))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        drill = await house.drills.begin("comms", by="Ada")
        await world.clock.advance(29)
        assert len(comms.attempts) == 1
        (waiting,) = await house.drills.deliveries(drill.id)
        assert (waiting.reason, waiting.next_attempt_at) == ("429", START + timedelta(seconds=30))
        await world.clock.advance(10)

        (told,) = await house.drills.deliveries(drill.id)
    assert (told.state, told.attempts) == (DeliveryState.SENT, 3)
    assert len({(one.message.delivery, one.message.dedup_key, one.message.opened_at) for one in comms.attempts}) == 1
    assert [one.message.again for one in comms.attempts] == [False, True, True]


async def test_a_used_up_budget_does_not_hold_it_back_and_it_uses_none_up() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    budget = {"comms": ReceiverPolicy(budgets=(PageBudget(("comms",), 1),))}

    async with House(world, policies=budget).running() as house:
        await house.drills.begin("comms", by="Ada")
        await world.clock.settle()
        world.claim(detection())
        await world.clock.settle()
        beyond = await house.drills.begin("comms", by="Ada")
        await world.clock.settle()

        assert [one.message.test for one in comms.attempts] == [True, False, True]
        used_up = "Ada tests the way to comms, beyond its budget: 1 of 1 pages of this hour are used up"
        assert acts(house, beyond.id)[0] == ("drill.asked", used_up)


async def test_nobody_else_is_woken_where_it_does_not_arrive() -> None:
    comms, deputy = ScriptedNotifier(DeliveryRejected("gone")), ScriptedNotifier()
    world = World(comms=comms, deputy=deputy)

    async with House(world, policies={"comms": ReceiverPolicy(fallback="deputy")}).running() as house:
        await house.drills.begin("comms", by="Ada")
        await world.clock.advance(600)

        assert house.metric("tocsin_nobody_reached_total") == 0
    assert deputy.attempts == []


async def test_tests_that_fail_do_not_put_off_the_next_page() -> None:
    comms = ScriptedNotifier(*(DeliveryRetryable("500") for _ in range(3)))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        for _ in range(3):
            await house.drills.begin("comms", by="Ada")
            await world.clock.settle()
        world.claim(detection())
        await world.clock.settle()

        assert [one.message.test for one in comms.attempts] == [True, True, True, False]
        assert world.clock.now() == START


async def test_a_page_waits_where_a_test_was_told_when_to_come_back() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        await house.drills.begin("comms", by="Ada")
        await world.clock.settle()
        world.claim(detection())
        await world.clock.advance(29)
        assert [one.message.test for one in comms.attempts] == [True]
        await world.clock.advance(1)

        assert sorted(one.message.test for one in comms.attempts) == [False, True, True]


async def test_is_given_up_after_ten_minutes_and_says_why_it_waited() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=3600))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        first = await house.drills.begin("comms", by="Ada")
        await world.clock.settle()
        second = await house.drills.begin("comms", by="Ada")
        await world.clock.advance(3601)

        (tried,) = await house.drills.deliveries(first.id)
        (never_tried,) = await house.drills.deliveries(second.id)
    assert len(comms.attempts) == 1
    assert tried.reason == "a drill is given up after 10 min; last: 429"
    assert never_tried.reason is not None
    assert never_tried.reason.startswith("a drill is given up after 10 min")
    assert {tried.state, never_tried.state} == {DeliveryState.REJECTED}


async def test_a_killed_process_leaves_it_to_the_next_one() -> None:
    comms = ScriptedNotifier(gate=asyncio.Event())
    world = World(comms=comms)
    async with House(world, delivery=PATIENCE).running() as house:
        drill = await house.drills.begin("comms", by="Ada")
        await world.clock.settle()
    world.notifiers["comms"] = again = ScriptedNotifier()

    async with House(world, delivery=PATIENCE).running() as house:
        await world.clock.advance(21)  # the lease of the first one has ended

        (told,) = await house.drills.deliveries(drill.id)
    assert told.state is DeliveryState.SENT
    assert [one.message.again for one in again.attempts] == [True]


async def test_an_unknown_receiver_is_refused_and_the_known_are_named() -> None:
    async with House(World(comms=ScriptedNotifier(), night=ScriptedNotifier())).running() as house:
        with pytest.raises(DirectiveRefused, match="no receiver 'day'; known are comms, night"):
            await house.drills.begin("day", by="Ada")

        assert house.world.outbox == []


async def test_the_canarys_own_receiver_is_neither_tested_nor_named() -> None:
    async with House(World(**{"comms": ScriptedNotifier(), CANARY: ScriptedNotifier()})).running() as house:
        with pytest.raises(DirectiveRefused, match=r"known are comms$"):
            await house.drills.begin(CANARY, by="Ada")


async def test_only_drills_are_shown_as_drills() -> None:
    async with House(World()).running() as house:
        first = await house.drills.begin("comms", by="Ada")
        await house.world.clock.advance(1)
        second = await house.drills.begin("comms", by="Ben")

        assert [one.id for one in await house.drills.all()] == [second.id, first.id]
        with pytest.raises(UnknownDirective):
            await house.drills.get("slc_1")
