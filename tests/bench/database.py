"""How far one database carries: window counts taken in, incidents opened, messages sent, a second.

One alerting process, its detections and windows from a broker in memory, its vendor one that takes everything at once:
what is left is ours and the database's. Postgres is the embedded one with its own defaults: a commit is on disk when it
is answered. The CPU of its sessions is counted apart.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import logging

import psutil
import structlog

from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings, DeliverySettings
from streams.broker.base import Outgoing, Partition, TopicSpec
from streams.broker.memory_cluster import MemoryCluster
from streams.clock import SystemClock
from streams.codec import encode_detection, encode_window
from streams.events import Tally, WindowCount
from streams.topic import Topic
from tests.bench.report import Report
from tests.fakes.alerting_process import AlertingProcess
from tests.fakes.detections import detection
from tests.fakes.house import DETECTIONS, WINDOWS
from tests.fakes.notifier import ScriptedNotifier
from tests.postgres.server import Postgres

TOPICS: Final = 2_000
MINUTES: Final = 20
INCIDENTS: Final = 300
BEGIN: Final = 1_767_571_200
CLOCK: Final = SystemClock()
# Each of a brand of its own: every detection opens an incident.
TRACKED: Final = [Topic(f"topic-{n}", f"Topic {n}", f"word{n}", brand=f"brand-{n}") for n in range(TOPICS)]


class Spent(NamedTuple):
    """What something took, seconds: of the wall, of our CPU, of the database's."""

    wall: float
    ours: float
    database: float


def database_cpu(server: Postgres | None) -> float:
    """CPU seconds of the server and its sessions so far."""
    if server is None:
        return 0.0
    found = psutil.Process(server.pid)
    times = [one.cpu_times() for one in (found, *found.children(recursive=True))]
    return sum(one.user + one.system for one in times)


async def spent(process: AlertingProcess, done: Callable[[], Awaitable[bool]], server: Postgres | None) -> Spent:
    """Run the process until it is done."""
    ours = psutil.Process()
    wall, before, database = CLOCK.monotonic(), ours.cpu_times(), database_cpu(server)
    async with process.running():
        while not await done():
            await CLOCK.sleep(0.05)
        after = ours.cpu_times()
        return Spent(
            CLOCK.monotonic() - wall,
            after.user + after.system - before.user - before.system,
            database_cpu(server) - database,
        )


def taken_in(store: SqlStore, partition: Partition, number: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many records of it are in the database."""

    async def done() -> bool:
        async with store.begin() as unit:
            return await unit.position(partition) == number

    return done


async def measure(url: str, server: Postgres | None) -> dict[str, tuple[int, Spent]]:
    """What was done, and what that took."""
    store = await open_store(DatabaseSettings(url=url), CLOCK)
    vendor = ScriptedNotifier()
    found: dict[str, tuple[int, Spent]] = {}

    def process(*records: Outgoing, parts: tuple[str, ...]) -> AlertingProcess:
        cluster = MemoryCluster(clock=CLOCK)
        for name in (DETECTIONS.kafka_topic, WINDOWS.kafka_topic):
            cluster.create(TopicSpec(name, 1))
        cluster.append(records)
        settings = DeliverySettings()
        return AlertingProcess(
            store, CLOCK, cluster, {"all": vendor}, settings=settings, seed=1, topics=TRACKED, parts=parts
        )

    async def all_sent() -> bool:
        return len(vendor.attempts) >= INCIDENTS and (await store.outbox_age(CLOCK.now()))[0] == 0

    try:
        windows = [
            WindowCount(topic.id, BEGIN + 60 * minute, 60, Tally(mentions=9, neutral=9), 0, 8.0, 2.0, 15.0, 0.3)
            for minute in range(MINUTES)
            for topic in TRACKED
        ]
        records = [Outgoing(WINDOWS.kafka_topic, b"t", encode_window(one), partition=0) for one in windows]
        taking = process(*records, parts=("intake",))
        found["window counts"] = len(windows), await spent(taking, taken_in(store, WINDOWS, len(windows)), server)
        claims = [detection(topic=one.id, episode=one.id, start=CLOCK.now()) for one in TRACKED[:INCIDENTS]]
        records = [Outgoing(DETECTIONS.kafka_topic, b"t", encode_detection(one), partition=0) for one in claims]
        opening = process(*records, parts=("intake",))
        found["incidents opened"] = INCIDENTS, await spent(opening, taken_in(store, DETECTIONS, INCIDENTS), server)
        found["messages sent"] = INCIDENTS, await spent(process(parts=("delivery",)), all_sent, server)
    finally:
        await store.close()
    return found


async def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    report = Report("database", seed=1)
    with Postgres(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        for name, url, watched in (
            ("Postgres", server.url, server),
            ("SQLite", f"sqlite:///{folder}/tocsin.db", None),
        ):
            for what, (number, took) in (await measure(url, watched)).items():
                report.add(f"{name}: {what}", number / took.wall, "a second")
                report.add("  our CPU for each", took.ours / number * 1e6, "us")
                if watched is not None:
                    report.add("  the database's CPU for each", took.database / number * 1e6, "us")
                if what == "window counts":
                    report.add("  topics that can be talked about in every minute", 60 * number / took.wall, "topics")
    report.print()


if __name__ == "__main__":
    asyncio.run(main())
