import asyncio

import pytest

from alerting.delivery import MAX_QUEUED
from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.settings import DeliverySettings
from streams.events import Phase
from streams.topic import Topic
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

ONE_AND_TWO = [Topic(id=name, name=name, query=name) for name in ("one", "two")]

PATIENCE = DeliverySettings(
    first_backoff_seconds=4, max_backoff_seconds=8, give_up_hours=60 / 3600, attempt_seconds=5, lease_seconds=20
)


async def test_backs_off_longer_each_time_up_to_the_cap() -> None:
    down = [DeliveryRetryable("503") for _ in range(4)]
    comms = ScriptedNotifier(*down)
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running():
        world.claim(detection())
        await world.clock.settle()
        waits = []
        for attempts in range(2, 6):
            before = world.clock.monotonic()
            while len(comms.attempts) < attempts:
                await world.clock.advance(0.25)
            waits.append(world.clock.monotonic() - before)

    assert 2 <= waits[0] <= 4.25  # the upper half of 4 s, seen every quarter of a second
    assert all(4 <= wait <= 8.25 for wait in waits[1:])


async def test_a_message_in_doubt_is_sent_again() -> None:
    comms = ScriptedNotifier(DeliveryInDoubt("the answer was lost"), "C1:1.0")
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        world.claim(detection())
        await world.clock.advance(5)

        assert house.metric("tocsin_deliveries_total", notifier="slack", outcome="in_doubt") == 1
        assert house.metric("tocsin_delivery_attempts_total", notifier="slack") == 2
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


async def test_a_second_attempt_shows_the_grown_incident_under_the_same_deliverys_name() -> None:
    comms = ScriptedNotifier(DeliveryInDoubt("the answer was lost"), "C1:1.0")
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running():
        world.claim(detection())
        await world.clock.settle()
        world.claim(detection(Phase.GREW, sequence=1, minutes=1))
        await world.clock.advance(5)

    first, second = (attempt.message for attempt in comms.attempts[:2])
    assert (first.revision, second.revision) == (1, 2)
    assert first.delivery == second.delivery == world.outbox[0].id


async def test_gives_up_loudly_after_the_set_time() -> None:
    comms = ScriptedNotifier(*(DeliveryRetryable("503") for _ in range(100)))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running():
        world.claim(detection())
        await world.clock.advance(59)
        state_before = world.outbox[0].state
        await world.clock.advance(2)

    [given_up] = world.outbox
    assert state_before is DeliveryState.PENDING
    assert given_up.state is DeliveryState.REJECTED
    assert given_up.reason is not None
    assert given_up.reason.startswith("gave up after")
    assert "comms was not told over slack:0" in world.tables.entries[-1].text


async def test_a_wait_that_reaches_beyond_giving_up_still_gets_a_last_attempt() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=1e6))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running():
        world.claim(detection())
        await world.clock.advance(61)

    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


async def test_a_broken_notifier_does_not_stop_the_others() -> None:
    broken, care = ScriptedNotifier(ZeroDivisionError("a bug")), ScriptedNotifier(kind="webhook")
    world = World(broken=broken, care=care)
    route = {"routes": [{"receiver": "broken", "continue": True}, {"receiver": "care"}]}

    async with House(world, route=route, delivery=PATIENCE).running():
        world.claim(detection())
        await world.clock.advance(5)

    assert len(care.attempts) == 1
    assert len(broken.attempts) == 2
    assert {delivery.state for delivery in world.outbox} == {DeliveryState.SENT}


async def test_one_destination_gets_its_messages_one_after_the_other_and_holds_up_nobody_else() -> None:
    gate = asyncio.Event()
    slow, quick = ScriptedNotifier(gate=gate), ScriptedNotifier(kind="webhook")
    world = World(slow=slow, quick=quick)
    route = {"routes": [{"receiver": "slow", "continue": True}, {"receiver": "quick"}]}
    topics = [f"topic-{number}" for number in range(3 * MAX_QUEUED)]

    async with House(world, route=route).running():
        world.claim(*(detection(topic=topic, episode=topic) for topic in topics))
        await world.clock.advance(5)  # as long as an attempt may take, and less than a lease
        quick_while_stuck = len(quick.attempts)
        gate.set()
        await world.clock.advance(5)

    assert quick_while_stuck == len(topics)
    assert slow.most_at_once == 1
    assert len(slow.attempts) == len(topics)


async def test_while_a_destination_is_down_its_other_messages_wait_without_attempts() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30))
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection(topic="one", episode="one"))
        await world.clock.settle()
        world.claim(detection(topic="two", episode="two"))
        await world.clock.advance(29)
        attempts_before = len(comms.attempts)
        await world.clock.advance(2)

    assert attempts_before == 1
    assert len(comms.attempts) == 3
    assert [delivery.attempts for delivery in world.outbox] == [2, 1]


async def test_no_send_begins_that_could_outlive_its_lease() -> None:
    gate = asyncio.Event()
    comms = ScriptedNotifier(gate=gate)
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running():
        world.claim(detection(topic="one", episode="one"), detection(topic="two", episode="two"))
        await world.clock.advance(14.5)  # the second was leased for 20 s; an attempt of 5 s is given up within 6
        gate.set()
        leased_until = world.tables.leases[world.outbox[1].id][0]
        await world.clock.settle()

    assert len(comms.attempts) == 2
    assert comms.attempts[1].message.at == world.clock.now()
    assert world.tables.leases[world.outbox[1].id][1] == 2  # given back and leased anew before it was sent
    assert leased_until < world.clock.now() + (leased_until - world.outbox[1].created_at)


async def test_growth_that_a_message_showed_already_is_not_sent_again() -> None:
    gate = asyncio.Event()
    comms = ScriptedNotifier(gate=gate)
    world = World(comms=comms)

    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()
        world.claim(detection(Phase.GREW, sequence=1, minutes=1), detection(Phase.GREW, sequence=2, minutes=2))
        await world.clock.settle()
        gate.set()
        await world.clock.settle()

    assert comms.told == [Transition.OPENED, Transition.GREW]
    assert [delivery.state.value for delivery in world.outbox] == ["sent", "superseded", "sent"]


async def test_a_receiver_that_left_the_configuration_is_told_to_a_human() -> None:
    world = World(comms=ScriptedNotifier())
    async with House(world, without=("delivery",)).running():
        world.claim(detection())
        await world.clock.settle()
    world.notifiers = {"care": ScriptedNotifier()}

    async with House(world).running():
        await world.clock.settle()

    [gone] = world.outbox
    assert gone.state is DeliveryState.REJECTED
    assert gone.reason == "the configuration knows no comms slack:0"


async def test_an_outcome_is_written_even_when_the_database_comes_back_only_later() -> None:
    gate = asyncio.Event()
    comms = ScriptedNotifier("C1:1.0", gate=gate)
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.settle()
        house.store.down = True
        gate.set()
        await world.clock.advance(6)  # less than what is left of the lease
        house.store.down = False
        await world.clock.advance(60)

    assert len(comms.attempts) == 1
    assert [(delivery.state, delivery.reference) for delivery in world.outbox] == [(DeliveryState.SENT, "C1:1.0")]


async def test_a_stop_lets_a_running_attempt_end() -> None:
    gate = asyncio.Event()
    comms = ScriptedNotifier(gate=gate)
    world = World(comms=comms)
    house = House(world)
    async with House(world, without=("delivery",)).running():
        world.claim(detection())
        await world.clock.settle()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(house.delivery.run(house.stop), name="delivery")
        await world.clock.settle()
        house.stop.set()
        await world.clock.settle()
        stopped_too_early = running.done()
        gate.set()

    assert not stopped_too_early
    assert [delivery.state for delivery in world.outbox] == [DeliveryState.SENT]


@pytest.mark.parametrize("failure", [DeliveryRejected("gone"), DeliveryRetryable("503")])
async def test_what_was_never_told_has_no_first_page_latency(failure: Exception) -> None:
    world = World(comms=ScriptedNotifier(failure))

    async with House(world, delivery=PATIENCE).running() as house:
        world.claim(detection(accepted_ms=1, seen=evidence()))
        await world.clock.settle()

        assert house.metric("tocsin_page_latency_seconds_count", notifier="slack") == 0


async def test_a_wait_that_the_receiver_asked_for_is_kept_by_the_process_that_comes_next() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30))
    world = World(comms=comms)
    async with House(world, topics=ONE_AND_TWO).running():
        world.claim(detection(topic="one", episode="one"), detection(topic="two", episode="two"))
        await world.clock.advance(3)

    async with House(world, topics=ONE_AND_TWO).running():
        await world.clock.advance(26)
        attempts_before = len(comms.attempts)
        await world.clock.advance(2)

    assert attempts_before == 1
    assert sorted(attempt.message.topic for attempt in comms.attempts[1:]) == ["one", "two"]


async def test_another_process_does_not_knock_where_one_was_told_to_wait() -> None:
    comms = ScriptedNotifier(DeliveryRetryable("429", retry_after=30))
    world = World(comms=comms)

    async with House(world).running(), House(world, without=("intake",)).running():
        for number in range(6):
            world.claim(detection(topic=f"topic-{number}", episode=f"e{number}"))
            await world.clock.advance(4)
        attempts_before = len(comms.attempts)
        await world.clock.advance(8)

    assert attempts_before == 1
    assert len(comms.attempts) == 7


async def test_failures_in_a_row_are_shown_until_one_attempt_succeeds() -> None:
    comms = ScriptedNotifier(*(DeliveryRetryable("503") for _ in range(5)))
    world = World(comms=comms)

    async with House(world, delivery=PATIENCE).running() as house:
        world.claim(detection())
        shown = []
        for _ in range(40):
            await world.clock.advance(1)
            shown.append(int(house.metric("tocsin_destination_failures", receiver="comms", notifier="slack:0")))

    assert sorted(set(shown)) == [0, 1, 2, 3, 4, 5]
    assert shown[-1] == 0
