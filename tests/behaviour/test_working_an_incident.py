"""People work on an incident: what they do, who hears of it, and what time does meanwhile."""

from datetime import timedelta

from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.work import Comment, PassOn, Snooze, State
from alerting.settings import TargetSettings
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier

TARGETS = TargetSettings(acknowledge_minutes=15)
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)


async def test_a_snoozed_incident_is_quiet_and_pages_again_at_its_end() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, targets=TARGETS).running() as house:
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.perform(incident.id, Snooze(world.clock.now() + timedelta(minutes=10)), by="Maya")
        world.claim(detection(Phase.GREW, sequence=1, minutes=1, seen=MILD))
        await world.clock.advance(9 * 60)
        told_before = list(comms.told)
        await world.clock.advance(62)

    assert told_before == [Transition.OPENED, Transition.SNOOZED]
    assert comms.told[2:] == [Transition.REOPENED]
    assert world.incidents[0].snoozed_until is None


async def test_a_promise_that_is_not_kept_is_told_once_and_stands_in_the_timeline() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world, targets=TARGETS).running():
        world.claim(detection())
        await world.clock.settle()
        await world.clock.advance(15 * 60 + 3)
        await world.clock.advance(60)

    assert comms.told == [Transition.OPENED, Transition.ACKNOWLEDGE_OVERDUE]
    assert world.tables.entries[-1].text == "Nobody has acknowledged it within 15 min"


async def test_what_is_stated_stands_on_every_later_message() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.perform(incident.id, State("Provider is down", "DNS"), by="Ops")
        await house.acts.perform(incident.id, Comment("calling them"), by="Maya")
        await house.acts.resolve(incident.id, by="Maya")
        await world.clock.settle()

    stated, commented, resolved = (attempt.message for attempt in comms.attempts[1:])
    assert stated.statement == commented.statement == resolved.statement == "Provider is down. Cause: DNS."
    assert commented.said == "Maya: calling them"


async def test_passing_it_on_pages_the_new_owners_receiver() -> None:
    comms, app = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, app=app)
    route = {"receiver": "comms", "routes": [{"matchers": ["owner=App"], "receiver": "app"}]}

    async with House(world, route=route).running() as house:
        world.claim(detection())
        await world.clock.settle()
        [incident] = world.incidents
        await house.acts.acknowledge(incident.id, by="Maya")
        await house.acts.perform(incident.id, PassOn("App"), by="Maya", comment="it is the app")
        await world.clock.settle()

    assert app.told == [Transition.OPENED]
    assert comms.told == [Transition.OPENED, Transition.ACKNOWLEDGED, Transition.PASSED_ON]
    assert world.incidents[0].state is IncidentState.TRIGGERED
    assert world.tables.entries[-1].paged == ("app",)


async def test_merging_closes_the_younger_ones_page_and_splitting_opens_another() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)

    async with House(world).running() as house:
        world.claim(detection())
        await world.clock.advance(1)
        world.claim(detection(topic="app", episode="e2", minutes=30))
        await world.clock.settle()
        older, younger = sorted(world.incidents, key=lambda one: one.id)
        lives = await house.acts.merge(older.id, younger.id, by="Maya")
        await world.clock.settle()
        told_of_younger = [each.message.change for each in comms.attempts if each.message.incident == younger.id]
        fresh = await house.acts.split(lives.id, frozenset({"app"}), by="Maya", comment="no, two")
        await world.clock.settle()
        told_of_fresh = [each.message.change for each in comms.attempts if each.message.incident == fresh.id]

    assert lives.id == older.id
    assert lives.dedup_key == older.dedup_key
    assert told_of_younger == [Transition.OPENED, Transition.RESOLVED]
    assert told_of_fresh == [Transition.OPENED]
    assert fresh.topics == ("app",)
