"""The alerting side killed anywhere while groups wait and go out: every incident is told, and told once.

But for what was in flight: what the vendor took and nobody wrote down is sent again, under the same name.
"""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import Transition
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.incidents.store import IncidentFilter
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory_cluster import MemoryCluster
from streams.codec import encode_detection
from streams.topic import Topic
from tests.fakes.alerting_process import AlertingProcess
from tests.fakes.detections import detection, evidence
from tests.fakes.house import DETECTIONS, KAFKA
from tests.fakes.hurrying_clock import HurryingClock, rounds_of_the_loop
from tests.fakes.ledger import Ledger

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600)]

STORIES = 40 if os.environ.get("TOCSIN_SOAK") else 3
KILLS_PER_STORY = 4
SPEED = 20
MILD = evidence(observed=200, negative_share=0.31, per_minute=40.0, polarity=-0.08)
NAMES = [f"Topic{letter}" for letter in "abcdef"]
TRACKED = [Topic(id=name, name=name, query=name, brand=f"Of{name}", owner="Payments") for name in NAMES]
GROUPS = {"group_by": ["owner"], "group_wait_seconds": 2, "group_interval_seconds": 3}


async def waiting(store: SqlStore) -> set[str]:
    """Topics whose page is not known to have arrived."""
    page = await store.find(IncidentFilter(), cursor=None, limit=100)
    return {
        incident.topic
        for incident in page.incidents
        for one in await store.deliveries(incident.id)
        if one.change is Transition.OPENED and one.state is DeliveryState.PENDING
    }


async def all_told(store: SqlStore) -> bool:
    page = await store.find(IncidentFilter(), cursor=None, limit=100)
    return len(page.incidents) == len(NAMES) and not await waiting(store)


def told(ledger: Ledger) -> Counter[str]:
    """How often each topic's page reached the vendor, by itself or with its group."""
    found: Counter[str] = Counter()
    for message in ledger.taken:
        if message.change is Transition.OPENED:
            fresh = message.why.partition(" Still open:")[0] if message.topic == "group" else message.topic
            found.update(name for name in NAMES if name in fresh)
    return found


async def story(path: Path, rng: random.Random) -> int:
    """How many sends were in flight when a process was killed."""
    clock = HurryingClock(SPEED)
    cluster = MemoryCluster(clock=clock)
    for name in (KAFKA.detections, KAFKA.windows, KAFKA.notices, KAFKA.replies):
        cluster.create(TopicSpec(name, 1))
    claims = [encode_detection(detection(topic=name, episode=name, seen=MILD)) for name in NAMES]
    ledger = Ledger(lambda: rounds_of_the_loop(rng.choice((0, 1, 5, 500))))
    flights: Counter[str] = Counter()
    async with asyncio.TaskGroup() as group:
        for kill in range(KILLS_PER_STORY + 1):
            last = kill == KILLS_PER_STORY
            some = claims[:] if last else claims[: rng.randrange(1, 3)]
            del claims[: len(some)]
            cluster.append([Outgoing(KAFKA.detections, b"x", one, partition=DETECTIONS.number) for one in some])
            store = await open_store(DatabaseSettings(url=f"sqlite:///{path}"), clock)
            process = AlertingProcess(
                store, clock, cluster, {"ledger": ledger}, settings=DeliverySettings(), seed=kill, topics=TRACKED,
                groups=GROUPS,
            )  # fmt: skip
            begun = told(ledger)
            process.start(group)
            if last:
                async with asyncio.timeout(60):
                    while not await all_told(store):
                        await clock.sleep(0.5)
            else:
                await clock.sleep(rng.uniform(0, 4))
                await rounds_of_the_loop(rng.randrange(20))
            await process.kill()
            unknown = await waiting(store)
            flights.update(name for name in unknown if told(ledger)[name] > begun[name])
            await store.close()
    counts = told(ledger)
    assert set(counts) == set(NAMES)  # nothing is lost
    assert all(counts[name] <= 1 + flights[name] for name in NAMES), (counts, flights)  # and nothing comes twice
    return sum(flights.values())


async def test_no_incident_of_a_group_is_lost_and_none_is_told_twice_but_what_was_in_flight(tmp_path: Path) -> None:
    rng = random.Random(20260107)  # noqa: S311  # repeatable

    flying = [await story(tmp_path / f"{number}.db", rng) for number in range(STORIES)]

    print(f"\n{STORIES * KILLS_PER_STORY} kills, {sum(flying)} in flight, 0 lost, 0 twice besides")
