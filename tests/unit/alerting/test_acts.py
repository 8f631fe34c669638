import pytest

from alerting.errors import DatabaseUnavailable, Stale, TransitionRefused, UnknownIncident
from alerting.incidents.model import IncidentState, Transition
from tests.fakes.detections import detection
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier


async def opened(world: World) -> House:
    async with House(world, without=("delivery",)).running():
        world.claim(detection())
        await world.clock.settle()
    return House(world)


async def test_an_acknowledgement_is_saved_with_its_timeline_and_its_messages() -> None:
    world = World(pager=ScriptedNotifier(kind="pagerduty"))
    house = await opened(world)

    answer = await house.acts.acknowledge(world.incidents[0].id, by="Kim", comment="on it")

    assert answer == world.incidents[0]
    assert (answer.state, answer.acknowledged_by, answer.revision) == (IncidentState.ACKNOWLEDGED, "Kim", 2)
    assert world.tables.entries[-1].text == "Acknowledged by Kim: on it"
    assert [delivery.change for delivery in world.outbox] == [Transition.OPENED, Transition.ACKNOWLEDGED]


async def test_repeating_an_act_answers_the_incident_and_tells_nobody() -> None:
    world = World()
    house = await opened(world)
    once = await house.acts.resolve(world.incidents[0].id, by="Kim")

    again = await house.acts.resolve(world.incidents[0].id, by="Lee")

    assert again == once
    assert [delivery.change for delivery in world.outbox] == [Transition.OPENED, Transition.RESOLVED]
    assert house.metric("tocsin_incident_transitions_total", transition="resolved") == 1


async def test_a_notifier_that_does_not_want_a_change_gets_no_delivery() -> None:
    world = World(pager=ScriptedNotifier(unwanted=frozenset({Transition.ACKNOWLEDGED})))
    house = await opened(world)

    await house.acts.acknowledge(world.incidents[0].id, by="Kim")

    assert [delivery.change for delivery in world.outbox] == [Transition.OPENED]


async def test_an_act_on_what_changed_meanwhile_is_refused() -> None:
    world = World()
    house = await opened(world)

    with pytest.raises(Stale, match="at revision 1, not 7"):
        await house.acts.acknowledge(world.incidents[0].id, by="Kim", expected_revision=7)


async def test_an_act_on_no_incident_says_so() -> None:
    with pytest.raises(UnknownIncident, match="inc_0"):
        await House(World()).acts.acknowledge("inc_0", by="Kim")


async def test_a_resolved_incident_cannot_be_acknowledged() -> None:
    world = World()
    house = await opened(world)
    await house.acts.resolve(world.incidents[0].id, by="Kim")

    with pytest.raises(TransitionRefused):
        await house.acts.acknowledge(world.incidents[0].id, by="Kim")


async def test_without_a_database_nothing_is_acknowledged() -> None:
    world = World()
    house = await opened(world)
    house.store.down = True

    with pytest.raises(DatabaseUnavailable):
        await house.acts.acknowledge(world.incidents[0].id, by="Kim")

    assert world.incidents[0].state is IncidentState.TRIGGERED
