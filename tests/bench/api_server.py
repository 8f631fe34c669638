"""The API in a process of its own, for `api.py`: fills a database, serves until its input ends."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import logging

import msgspec
import structlog

from alerting.cli.serve import collect_garbage_rarely, run_in_loop, take_for_permanent
from alerting.incidents.lifecycle import acknowledge, apply_detection, resolve
from alerting.incidents.sql.store import SqlStore
from alerting.settings import DatabaseSettings
from streams.clock import SystemClock
from streams.topic import Topic
from tests.fakes.api_house import served
from tests.fakes.detections import explained
from tests.fakes.whole_api import whole_api

INCIDENTS: Final = 10_000
OPEN: Final = 200
BRANDS: Final = 20
_AT_ONCE: Final = 500
CLOCK: Final = SystemClock()


async def fill(store: SqlStore) -> None:
    """Ten thousand incidents with all that explains them; the newest two hundred are open, half of those taken on."""
    began = CLOCK.now() - timedelta(minutes=INCIDENTS)
    for first in range(0, INCIDENTS, _AT_ONCE):
        async with store.begin() as unit:
            for number in range(first, first + _AT_ONCE):
                at = began + timedelta(minutes=number)
                topic = Topic(f"topic-{number}", f"Topic {number}", "refund*", brand=f"Brand {number % BRANDS}")
                claim = msgspec.structs.replace(
                    explained(episode=f"e{number}", detection_id=f"d{number}"), topic=topic.id, at=at, onset=at
                )
                opened = apply_detection(None, claim, topic, at)
                assert opened.incident is not None
                incident, entries = opened.incident, opened.entries
                if number < INCIDENTS - OPEN or number % 2:
                    act = resolve if number < INCIDENTS - OPEN else acknowledge
                    done = act(incident, "jo", at + timedelta(minutes=30))
                    assert done.incident is not None
                    incident, entries = done.incident, (*entries, *done.entries)
                await unit.save(incident, entries, expected_revision=None)


async def main(database: str) -> None:
    """Say where it listens once everything is there."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    newest = range(INCIDENTS - OPEN, INCIDENTS)
    topics = [{"id": f"topic-{n}", "name": f"Topic {n}", "query": f"word{n}", "brand": "Acme"} for n in newest]
    async with whole_api(DatabaseSettings(url=database), CLOCK, topics=topics) as house:
        await fill(house.store)
        take_for_permanent()  # as the process does once it is ready
        async with served(house.app) as address:
            print(address, flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    collect_garbage_rarely()
    run_in_loop(lambda: main(sys.argv[1]))
