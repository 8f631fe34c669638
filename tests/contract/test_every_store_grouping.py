"""Grouping on every store: what the pure rule decides, the tables hold."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from alerting.casework import Casework
from alerting.dispatch import Dispatch
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import IncidentState
from alerting.incidents.sql.store import SqlStore
from alerting.incidents.store import IncidentFilter
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from streams.events import Detection
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.storms import in_order, storm, topics

Opener = Callable[[], Awaitable[SqlStore]]
OPEN = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
DISPATCH = Dispatch(Routes(RouteSettings()), Receivers({}))


async def take(store: SqlStore, about: Sequence[Topic], claims: Sequence[Detection]) -> None:
    """One unit, as the intake would take it."""
    known = {topic.id: topic for topic in about}
    async with store.begin() as unit:
        casework = Casework(unit, DISPATCH, known, Kinship(known))
        await casework.begin(claims)
        for claim in claims:
            await casework.take(claim, START)


async def test_two_processes_make_one_incident_of_one_event(store: SqlStore, another: Opener) -> None:
    other = await another()
    about = topics("subject", 10)
    claims = storm("outage", about, random.Random(1))  # noqa: S311  # that a test can repeat

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(4):
            through = other if number % 2 else store
            group.create_task(take(through, about, claims[number::4]), name=f"take {number}")

    [incident] = (await store.find(OPEN, cursor=None, limit=100)).incidents
    assert set(incident.topics) == {topic.id for topic in about}
    assert set(incident.episodes) == {claim.episode for claim in claims}
    async with store.begin() as unit:
        for claim in claims:
            found = await unit.by_episode(claim.episode)
            assert found is not None
            assert found.id == incident.id


async def test_events_that_overlap_stay_apart(store: SqlStore) -> None:
    rng = random.Random(2)  # noqa: S311  # that a test can repeat
    about = {f"event{number}": topics(f"subject{number}x", 1) for number in range(6)}
    claims = in_order(*(storm(name, some, rng) for name, some in about.items()))

    await take(store, [topic for some in about.values() for topic in some], claims)

    found = (await store.find(OPEN, cursor=None, limit=100)).incidents
    assert sorted(len(incident.topics) for incident in found) == [4] * 6
