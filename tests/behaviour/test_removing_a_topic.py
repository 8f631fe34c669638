"""A topic is removed while an incident about it is open."""

from alerting.incidents.model import IncidentState, Transition
from streams.events import Direction, Phase
from streams.topic import Topic
from tests.fakes.detections import detection
from tests.fakes.house import REFUNDS, House, World
from tests.fakes.notifier import ScriptedNotifier

DELAYS = Topic(id="delays", name="Delays", query="late", brand="Acme", owner="Operations")


async def test_its_incident_is_resolved_the_timeline_says_why_and_whoever_was_paged_is_told() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, topics=(REFUNDS, DELAYS)).running() as house:
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(5)
        house.intake.know([DELAYS])
        await world.clock.settle()
        await world.clock.advance(5)

    [incident] = world.incidents
    assert (incident.state, incident.resolved_by) == (IncidentState.RESOLVED, "tocsin")
    assert world.tables.entries[-1].text == "Resolved: nobody tracks Refunds any more"
    assert comms.told == [Transition.OPENED, Transition.RESOLVED]


async def test_what_was_removed_while_the_process_was_away_is_resolved_when_it_is_back() -> None:
    world = World()
    async with House(world).running():
        world.claim(detection())
        await world.clock.settle()

    async with House(world, topics=(DELAYS,)).running():
        await world.clock.settle()

    [incident] = world.incidents
    assert incident.state is IncidentState.RESOLVED


async def test_what_was_on_its_way_when_it_was_removed_does_not_open_it_again() -> None:
    world = World()

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.settle()
        house.intake.know([DELAYS])
        await world.clock.settle()
        world.claim(detection(Phase.GREW, sequence=1, minutes=1))
        await world.clock.settle()

    [incident] = world.incidents
    assert incident.state is IncidentState.RESOLVED


async def test_an_incident_that_shows_in_another_topic_goes_on() -> None:
    world = World()

    async with House(world, topics=(REFUNDS, DELAYS)).running() as house:
        world.claim(detection(), detection(topic="delays", episode="e2"))
        await world.clock.settle()
        refunds, delays = world.incidents
        await house.acts.merge(refunds.id, delays.id, by="Maya")
        house.intake.know([DELAYS])
        await world.clock.settle()

    incident = next(one for one in world.incidents if one.merged_into is None)
    assert set(incident.topics) == {"refunds", "delays"}
    assert incident.state is IncidentState.TRIGGERED


async def test_a_silent_feed_is_no_removed_topic() -> None:
    world = World()

    async with House(world, topics=(REFUNDS, DELAYS)).running() as house:
        world.claim(detection(topic="feed/forum", direction=Direction.QUIET, detector="feed quiet"))
        await world.clock.settle()
        house.intake.know([DELAYS])
        await world.clock.settle()

    [incident] = world.incidents
    assert incident.state is IncidentState.TRIGGERED
