"""A receiver that sleeps at times, and incidents that mute others: who is told, and when after all."""

from datetime import timedelta

import pytest

from alerting.incidents.model import Transition
from alerting.incidents.muted import MuteKind
from alerting.muting_settings import InhibitRuleSettings, TimeIntervalSettings
from streams.events import Phase
from tests.fakes.detections import detection, evidence
from tests.fakes.house import REFUNDS, House, World
from tests.fakes.notifier import ScriptedNotifier

MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)


def nights(world: World) -> TimeIntervalSettings:
    """Two minutes from now on, every day."""
    now = world.clock.now()
    times = {"start_time": f"{now:%H:%M}", "end_time": f"{now + timedelta(minutes=2):%H:%M}"}
    return TimeIntervalSettings.model_validate({"name": "nights", "time_intervals": [{"times": [times]}]})


async def test_who_sleeps_is_paged_when_the_interval_ends_and_others_at_once() -> None:
    comms, app = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, app=app)
    route = {
        "receiver": "comms",
        "routes": [
            {"matchers": ["topic=refunds"], "receiver": "app", "mute_time_intervals": ["nights"], "continue": True},
            {"matchers": ["topic=refunds"], "receiver": "comms"},
        ],
    }

    async with House(world, route=route, time_intervals=[nights(world)]).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        [incident] = world.incidents
        told_in_the_night = list(app.told)
        told_others = list(comms.told)
        await world.clock.advance(122)

    [muted] = incident.muted
    assert (muted.kind, muted.source, muted.receivers) == (MuteKind.TIME_INTERVAL, "nights", ("app",))
    assert muted.because == "Not sent to app at this time: nights"
    assert told_in_the_night == []
    assert told_others == [Transition.OPENED]
    assert app.told == [Transition.OPENED]
    assert comms.told == told_others  # who was awake is not woken because somebody else wakes up


async def test_outside_of_its_active_hours_a_receiver_is_told_nothing() -> None:
    comms, app = ScriptedNotifier(), ScriptedNotifier()
    world = World(comms=comms, app=app)
    now = world.clock.now()
    times = {"start_time": f"{now + timedelta(minutes=2):%H:%M}", "end_time": "24:00"}
    hours = TimeIntervalSettings.model_validate({"name": "hours", "time_intervals": [{"times": [times]}]})
    route = {
        "receiver": "comms",
        "routes": [{"matchers": ["topic=refunds"], "receiver": "app", "active_time_intervals": ["hours"]}],
    }

    async with House(world, route=route, time_intervals=[hours]).running():
        world.claim(detection(seen=MILD))
        await world.clock.settle()
        before = list(app.told)
        await world.clock.advance(122)

    assert before == []
    assert app.told == [Transition.OPENED]


async def test_an_open_source_mutes_its_targets_until_it_is_over() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    rule = InhibitRuleSettings(
        name="platform-first",
        source_matchers=("topic=platform",),
        target_matchers=("topic!=platform",),
        equal=("brand",),
    )
    topics = [
        REFUNDS,
        type(REFUNDS)(id="platform", name="Platform", query="platform", brand="Acme"),
        type(REFUNDS)(id="other", name="Other", query="other", brand="Bmce"),
    ]

    async with House(world, topics=topics, inhibit_rules=[rule]).running():
        world.claim(detection(topic="platform", episode="p", seen=MILD))
        world.claim(detection(seen=MILD, minutes=45), detection(topic="other", episode="o", seen=MILD, minutes=45))
        await world.clock.settle()
        refunds = next(one for one in world.incidents if one.topic == "refunds")
        paged_meanwhile = {attempt.message.topic for attempt in comms.attempts}
        world.claim(detection(Phase.ENDED, topic="platform", episode="p", sequence=1, minutes=46, seen=MILD))
        await world.clock.settle()
        await world.clock.advance(2)

    platform = next(one for one in world.incidents if one.topic == "platform")
    assert [(muted.kind, muted.source) for muted in refunds.muted] == [(MuteKind.INHIBITION, "platform-first")]
    assert platform.id in refunds.muted[0].because
    assert paged_meanwhile == {"platform", "other"}
    assert Transition.OPENED in [one.message.change for one in comms.attempts if one.message.topic == "refunds"]


async def test_two_incidents_that_are_both_source_and_target_mute_neither() -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    rule = InhibitRuleSettings(source_matchers=("severity=~SEV[1-3]",), target_matchers=("severity=~SEV[1-3]",))

    async with House(world, inhibit_rules=[rule]).running():
        world.claim(detection(seen=MILD), detection(topic="app", episode="e2", minutes=45, seen=MILD))
        await world.clock.settle()

    assert {incident.muted for incident in world.incidents} == {()}
    assert comms.told == [Transition.OPENED, Transition.OPENED]


@pytest.mark.parametrize("minutes", [0, 45])
async def test_without_a_rule_nothing_is_muted(minutes: int) -> None:
    world = World()

    async with House(world).running():
        world.claim(detection(seen=MILD, minutes=minutes))
        await world.clock.settle()

    assert world.incidents[0].muted == ()
