"""Who should have been told, and was not: found whatever forgot it."""

import msgspec
import pytest

from alerting.auditor import Auditor
from alerting.errors import DeliveryRejected
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.escalation import Chain, ChainStep, Escalation, Target, TargetKind
from alerting.incidents.omissions import Omission, OmissionKind, calls_due
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from tests.fakes.clock import START
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.on_call import call_out

ROUTE = {"receiver": "comms", "policy": "payments"}
GRACE = 90.0
PEOPLE = ("comms", "maya", "ben", "lead")


def auditor(house: House, world: World) -> Auditor:
    receivers = Receivers({name: [notifier] for name, notifier in world.notifiers.items()})
    routes = Routes(RouteSettings.model_validate(ROUTE))
    return Auditor(house.store, routes, receivers, world.clock, house.metrics, grace_seconds=GRACE)


async def missing(house: House, world: World) -> list[tuple[OmissionKind, str]]:
    return [(one.kind, one.receiver) for one in await auditor(house, world).look()]


async def test_while_everybody_is_told_in_time_nothing_is_missing() -> None:
    world = World(**{name: ScriptedNotifier() for name in PEOPLE})

    async with House(world, route=ROUTE, calls=call_out()).running() as house:
        world.claim(detection())
        await world.clock.settle()
        found = [await missing(house, world)]
        for _ in range(12):
            await world.clock.advance(60)
            found.append(await missing(house, world))

    assert found == [[]] * 13
    assert house.metric("tocsin_untold", missing="not_arrived") == 0


async def test_a_call_that_nobody_makes_is_missing() -> None:
    world = World(**{name: ScriptedNotifier() for name in PEOPLE})

    async with House(world, route=ROUTE, calls=call_out(), without=("rescue",)).running() as house:
        world.claim(detection())
        await world.clock.settle()
    await world.clock.advance(5 * 60 + GRACE - 1)  # nobody is alive who would call Ben
    before = await missing(house, world)
    await world.clock.advance(2)
    after = await missing(house, world)

    assert before == []
    assert after == [(OmissionKind.CALL_NOT_MADE, "")]
    assert house.metric("tocsin_untold", missing="call_not_made") == 1


async def test_a_page_that_was_refused_is_missing_until_its_receiver_is_reached() -> None:
    phones = {name: ScriptedNotifier() for name in PEOPLE}
    phones["maya"] = ScriptedNotifier(DeliveryRejected("no such topic"))
    world = World(**phones)

    async with House(world, route=ROUTE, calls=call_out(), without=("rescue",)).running() as house:
        world.claim(detection())
        await world.clock.advance(GRACE + 2)
        found = await missing(house, world)
        await house.acts.acknowledge(world.incidents[0].id, by="Ben")
        taken = await missing(house, world)

    assert found == [(OmissionKind.NOT_ARRIVED, "maya")]
    assert taken == []  # somebody has it


async def test_a_call_whose_message_got_lost_is_missing() -> None:
    world = World(**{name: ScriptedNotifier() for name in PEOPLE})

    async with House(world, route=ROUTE, calls=call_out(), without=("delivery", "rescue")).running() as house:
        world.claim(detection())
        await world.clock.settle()
        for name in [one.id for one in world.outbox if one.receiver == "maya"]:
            del world.tables.outbox[name]
        await world.clock.advance(GRACE + 1)
        found = await missing(house, world)

    assert (OmissionKind.NOT_IN_OUTBOX, "maya") in found


async def test_an_incident_that_told_nobody_is_missing_where_its_route_pages() -> None:
    world = World(**{name: ScriptedNotifier() for name in PEOPLE})

    async with House(world, route=ROUTE, calls=call_out(), without=("rescue",)).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        forgotten = msgspec.structs.replace(incident, receivers=(), escalation=None)
        world.tables.incidents[incident.id] = forgotten
        world.tables.outbox.clear()
        await world.clock.advance(GRACE + 1)
        found = await auditor(house, world).look()

    assert found == (Omission(incident.id, OmissionKind.NOBODY),)


async def test_what_waits_for_the_morning_is_not_missing() -> None:
    world = World(**{name: ScriptedNotifier() for name in PEOPLE})

    async with House(world, route=ROUTE, calls=call_out(), without=("delivery", "rescue")).running() as house:
        world.claim(detection())
        await world.clock.settle()
        for name, one in list(world.tables.outbox.items()):
            later = one.created_at.replace(hour=20)
            world.tables.outbox[name] = msgspec.structs.replace(one, next_attempt_at=later)
        await world.clock.advance(GRACE + 1)
        found = await missing(house, world)

    assert all(one.state is DeliveryState.PENDING for one in world.outbox)
    assert found == []


@pytest.mark.parametrize("repeats", [None, 0, 3])
def test_what_is_due_is_counted_as_the_calls_come_one_after_the_other(repeats: int | None) -> None:
    target = (Target(TargetKind.PERSON, "Maya"),)
    chain = Chain("payments", (ChainStep(target, 60.0), ChainStep(target, 30.0), ChainStep(target, 45.0)), repeats)
    escalation = Escalation(chain, START)

    for seconds in range(0, 900, 15):
        now = START.replace(microsecond=0) + (seconds * (START.resolution * 1_000_000))
        dues = [due for number in range(60) if (due := escalation.due_at(number)) is not None]
        assert calls_due(escalation, now) == sum(due <= now for due in dues)
