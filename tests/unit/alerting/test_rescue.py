from structlog.testing import capture_logs

from alerting.errors import DeliveryRejected, DeliveryRetryable
from alerting.incidents.model import Transition
from alerting.receivers import ReceiverPolicy
from alerting.settings import DeliverySettings
from streams.events import Phase
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

MINUTE = DeliverySettings(fallback_seconds=60)
TO_CARE = {"comms": ReceiverPolicy(fallback="care")}
ROUTE = {"receiver": "comms"}


def down(attempts: int = 1000) -> ScriptedNotifier:
    return ScriptedNotifier(*(DeliveryRetryable("503") for _ in range(attempts)))


async def test_a_page_that_does_not_arrive_in_time_goes_to_the_fallback_which_hears_of_what_follows() -> None:
    care = ScriptedNotifier()
    world = World(comms=down(), care=care)

    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running() as house:
        world.claim(detection())
        await world.clock.advance(58)
        before = len(care.attempts)
        await world.clock.advance(4)
        world.claim(detection(Phase.ENDED, sequence=1, minutes=60))
        await world.clock.advance(1)

        assert house.metric("tocsin_fallbacks_total", receiver="comms") == 1
    assert before == 0
    assert care.told == [Transition.OPENED, Transition.RESOLVED]
    assert care.attempts[0].message.note == "Sent to you because comms could not be reached."
    assert "care is told, because comms could not be reached" in [entry.text for entry in world.tables.entries]


async def test_a_refused_page_does_not_wait() -> None:
    care = ScriptedNotifier()
    world = World(comms=ScriptedNotifier(DeliveryRejected("is_archived")), care=care)

    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running():
        world.claim(detection())
        await world.clock.advance(2)

    assert care.told == [Transition.OPENED]


async def test_a_page_that_waits_for_the_end_of_a_hold_falls_back_though_nobody_tried_it() -> None:
    comms, care = ScriptedNotifier(DeliveryRetryable("429", retry_after=3600)), ScriptedNotifier()
    world = World(comms=comms, care=care)

    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running():
        world.claim(detection(topic="one", episode="one"))
        await world.clock.settle()
        world.claim(detection(topic="two", episode="two"))
        await world.clock.advance(62)

    assert len(comms.attempts) == 1
    assert [attempt.message.topic for attempt in care.attempts] == ["one", "two"]


async def test_a_page_that_arrived_late_but_arrived_calls_nobody_else() -> None:
    care = ScriptedNotifier()
    world = World(comms=down(3), care=care)

    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running():
        world.claim(detection())
        await world.clock.advance(120)

    assert care.attempts == []


async def test_a_page_that_only_waits_for_its_group_is_not_overdue() -> None:
    care = ScriptedNotifier()
    world = World(comms=ScriptedNotifier(), care=care)
    route = {"receiver": "comms", "group_wait_seconds": 300}

    async with House(world, route=route, delivery=MINUTE, policies=TO_CARE).running():
        world.claim(detection())
        await world.clock.advance(299)

    assert care.attempts == []


async def test_a_restart_does_not_call_the_fallback_again() -> None:
    care = ScriptedNotifier()
    world = World(comms=down(), care=care)
    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running():
        world.claim(detection())
        await world.clock.advance(62)

    async with House(world, route=ROUTE, delivery=MINUTE, policies=TO_CARE).running():
        await world.clock.advance(62)

    assert care.told == [Transition.OPENED]


async def test_that_nobody_was_reached_is_an_alert_of_its_own() -> None:
    boss = ScriptedNotifier()
    world = World(comms=down(), boss=boss)
    settings = DeliverySettings(fallback_seconds=60, last_resort="boss")

    with capture_logs() as logs:
        async with House(world, route=ROUTE, delivery=settings).running() as house:
            world.claim(detection())
            await world.clock.advance(62)

            assert house.metric("tocsin_nobody_reached_total") == 1
    assert boss.told == [Transition.OPENED]
    assert [line["log_level"] for line in logs if line["event"] == "delivery.nobody_reached"] == ["critical"]


async def test_the_last_resort_is_left_alone_where_somebody_was_reached() -> None:
    boss, care = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=down(), care=care, boss=boss)
    settings = DeliverySettings(fallback_seconds=60, last_resort="boss")
    route = {"receiver": "comms", "routes": [{"receiver": "comms", "continue": True}, {"receiver": "care"}]}

    async with House(world, route=route, delivery=settings).running() as house:
        world.claim(detection())
        await world.clock.advance(62)

        assert house.metric("tocsin_nobody_reached_total") == 0
    assert len(care.attempts) == 1
    assert boss.attempts == []


async def test_a_fallback_that_does_not_answer_either_has_one_of_its_own() -> None:
    boss = ScriptedNotifier()
    world = World(comms=down(), care=down(), boss=boss)
    chain = {"comms": ReceiverPolicy(fallback="care"), "care": ReceiverPolicy(fallback="boss")}

    async with House(world, route=ROUTE, delivery=MINUTE, policies=chain).running():
        world.claim(detection())
        await world.clock.advance(125)

    assert boss.told == [Transition.OPENED]
