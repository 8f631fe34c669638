"""One event is one incident and one page, over however many topics; many events are many incidents."""

import random
from collections.abc import Sequence

import pytest

from alerting.incidents.model import IncidentState, Transition
from alerting.incidents.part import GroupingReason
from streams.events import Detection
from streams.topic import Topic
from tests.fakes.house import House, World
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.storms import in_order, storm, topics

pytestmark = pytest.mark.parametrize("seed", range(5))


async def told(world: World, about: Sequence[Topic], claims: Sequence[Detection]) -> None:
    async with House(world, topics=about).running():
        for claim in claims:
            world.claim(claim)
        await world.clock.settle()
        await world.clock.advance(5)


async def test_fifty_subjects_on_four_platforms_are_one_incident_and_one_page(seed: int) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    about = topics("subject", 50)
    rng = random.Random(seed)  # noqa: S311  # that a test can repeat

    await told(world, about, in_order(storm("outage", about, rng)))

    [incident] = world.incidents
    assert len(incident.topics) == 50 * 4
    assert comms.told.count(Transition.OPENED) == 1
    assert set(comms.told) <= {Transition.OPENED, Transition.SEVERITY_CHANGED}
    assert incident.why.endswith("The same event shows in 199 more topics.")
    reasons = {part.reason for part in incident.parts[1:]}
    assert reasons <= {GroupingReason.SHARED_MENTIONS, GroupingReason.SHARED_DRIVERS}
    assert all("in common with" in part.because for part in incident.parts[1:])


async def test_twenty_unrelated_events_at_the_same_time_are_twenty_incidents(seed: int) -> None:
    comms = ScriptedNotifier()
    world = World(comms=comms)
    rng = random.Random(seed)  # noqa: S311  # that a test can repeat
    about = {f"event{number}": topics(f"subject{number}x", 1)[:1] for number in range(20)}

    claims = in_order(*(storm(name, some, rng) for name, some in about.items()))
    await told(world, [topic for some in about.values() for topic in some], claims)

    assert len(world.incidents) == 20
    assert comms.told.count(Transition.OPENED) == 20


async def test_twenty_events_over_twelve_topics_each_are_twenty_incidents(seed: int) -> None:
    world = World()
    rng = random.Random(seed)  # noqa: S311  # that a test can repeat
    about = {f"event{number}": topics(f"subject{number}x", 3) for number in range(20)}

    claims = in_order(*(storm(name, some, rng) for name, some in about.items()))
    await told(world, [topic for some in about.values() for topic in some], claims)

    open_now = [incident for incident in world.incidents if incident.state is not IncidentState.RESOLVED]
    assert sorted(len(incident.topics) for incident in open_now) == [12] * 20


async def test_the_same_event_a_day_later_is_another_incident(seed: int) -> None:
    world = World()
    rng = random.Random(seed)  # noqa: S311  # that a test can repeat
    first, second = topics("first", 2), topics("second", 2)
    claims = in_order(storm("outage", first, rng), storm("outage", second, rng, minutes=24 * 60))

    await told(world, [*first, *second], claims)

    assert sorted(len(incident.topics) for incident in world.incidents) == [8, 8]


async def test_events_of_different_brands_are_never_one_incident(seed: int) -> None:
    world = World()
    rng = random.Random(seed)  # noqa: S311  # that a test can repeat
    ours, theirs = topics("ours", 2), topics("theirs", 2, brand="Bolt")

    await told(world, [*ours, *theirs], in_order(storm("outage", [*ours, *theirs], rng)))

    assert sorted(incident.brand or "" for incident in world.incidents) == ["Acme", "Bolt"]
