"""Alerting, the database and Kafka stand still under `score`, `detect` and `alert` at work: memory stays flat.

What waits, waits in Kafka; readiness tells who is missing; afterwards nothing is lost and nothing was done twice.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings, DeliverySettings
from streams import codec
from streams.broker.base import Broker, Outgoing
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.kafka_topics import create
from streams.mention import Mention
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes.detections import detection
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import Vendors
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings
from tests.postgres.server import Postgres, PostgresMissing

SOAK: Final = bool(os.environ.get("TOCSIN_SOAK"))
pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(1800 if SOAK else 300)]

CLOCK: Final = SystemClock()
TOPICS: Final = 100
MINUTES: Final = 600 if SOAK else 30  # of event time in each phase
PARTITIONS: Final = 2
WATERMARKS_ON_THEIR_WAY: Final = 10
HELD_SECONDS: Final = 60.0 if SOAK else 2.0  # how long a fault goes on once everybody has noticed
MORE_MEMORY: Final = 48 * 1024 * 1024  # beyond the peak of the same work without a fault
SLOW: Final = "slow database"
FAULTS: Final = (
    ("alerting", "database", SLOW, "kafka") if SOAK else ("alerting", "kafka")  # a statement has half a minute
)
FROZEN_SECONDS, AWAKE_SECONDS = 0.4, 0.02  # of a slow database: every statement waits for up to 0.4 s
BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)


def words(number: int) -> str:
    return f"word{number:03d}"


class Load:
    """The same work for each phase: every topic is talked about once in every minute of event time, and one pages."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self.phases = 0

    @property
    def mentions(self) -> int:
        """Of each topic, sent so far."""
        return self.phases * MINUTES

    def next(self) -> Iterator[list[Outgoing]]:
        """Minute by minute."""
        begin = BEGIN + timedelta(minutes=MINUTES * self.phases)
        for minute in range(MINUTES):
            at = begin + timedelta(minutes=minute)
            yield [self._said(f"{self.phases}-{minute}-{number}", words(number), at) for number in range(TOPICS)]
        claim = detection(topic=words(self.phases), episode=f"e{self.phases}", start=begin)
        yield [Outgoing(self._kafka.detections, claim.topic.encode(), codec.encode_detection(claim))]
        self.phases += 1

    def last(self) -> list[Outgoing]:
        """Ten event minutes later something else is said in every partition: what was open is closed."""
        at = BEGIN + timedelta(minutes=MINUTES * self.phases + 10)
        return [
            Outgoing(self._kafka.mentions, b"x:end", self._said(f"end{number}", "nothing", at).value, partition=number)
            for number in range(PARTITIONS)
        ]

    def _said(self, name: str, text: str, at: datetime) -> Outgoing:
        said = Mention(id=name, platform="x", published_at=at, ingested_at=at, text=f"{text} is in short supply again")
        return Outgoing(self._kafka.mentions, said.key.encode(), codec.encode_mention(said))


class Watch:
    """The memory of the processes, looked at again and again."""

    def __init__(self, home: "House") -> None:
        self._home = home
        self.peaks: dict[int, int] = {}

    def look(self) -> None:
        """Remember the most that each has taken."""
        for process in self._home.all:
            taken = psutil.Process(process.pid).memory_info().rss
            self.peaks[process.pid] = max(taken, self.peaks.get(process.pid, 0))

    async def until(
        self, reached: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 900.0 if SOAK else 90.0
    ) -> None:
        """Look on until it is so; somebody who is too busy to answer is asked again."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with suppress(TimeoutError):
                        if await reached():
                            break
                    self.look()
                    await CLOCK.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{what} did not come about: {self._home.seen}") from None
        self.look()


class House:
    """Three processes on one Kafka and one Postgres, and what was sent to them."""

    def __init__(
        self, broker: Broker, kafka: KafkaSettings, vendors: Vendors, score: Served, detect: Served, alert: Served
    ) -> None:
        self.broker, self.kafka, self.vendors = broker, kafka, vendors
        self.score, self.detect, self.alert = score, detect, alert
        self.all = (score, detect, alert)
        self.load = Load(kafka)
        self.seen: dict[str, str] = {}

    async def feed(self, *, at_once: bool = False) -> None:
        parts = list(self.load.next())
        for records in [[one for part in parts for one in part]] if at_once else parts:
            await self.broker.send(records)

    async def streams_are_through(self) -> bool:
        """Every mention is counted, and every partial count is folded."""
        counted = sum(await self.score.metrics("tocsin_mentions_matched_total"))
        lags = await self.detect.metrics("tocsin_lag_records")
        self.seen["streams"] = f"{counted:.0f} of {TOPICS * self.load.mentions} mentions counted, detect lags {lags}"
        return counted == TOPICS * self.load.mentions and bool(lags) and max(lags) <= WATERMARKS_ON_THEIR_WAY

    async def pages_are_out(self) -> bool:
        """The pager was told of every claim of the load."""
        pages = len(self.vendors.pager_incidents())
        self.seen["pages"] = f"{pages} of {self.load.phases}"
        return pages == self.load.phases

    async def all_is_through(self) -> bool:
        """And alerting has taken everything in and told the pager."""
        if not await self.streams_are_through():
            return False
        missing = await self.alert.readiness()
        lags = [await self.alert.metrics(f"tocsin_{name}") for name in ("intake_lag_records", "outbox_pending")]
        pages = len(self.vendors.pager_incidents())
        self.seen["alert"] = f"{missing or 'is ready'}, intake and outbox {lags}, {pages} of {self.load.phases} pages"
        through = all(lag and max(lag) <= WATERMARKS_ON_THEIR_WAY for lag in lags)
        return not missing and pages == self.load.phases and through


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server of the test's own, which it may stop."""
    server = Postgres()
    try:
        try:
            server.start()
        except PostgresMissing as exc:
            pytest.skip(f"no Postgres: {exc}")
        yield server
    finally:
        server.thaw()
        server.close()


@asynccontextmanager
async def house(node: ApacheKafka, name: str, database: str, folder: Path) -> AsyncIterator[House]:
    kafka = quick_settings(node.bootstrap_servers).model_copy(
        update={
            "mentions": f"{name}.m",
            "prefix": name,
            "partitions": PARTITIONS,
            "request_timeout_seconds": 5.0,
            "session_timeout_seconds": 10.0,
        }
    )
    topics: list[dict[str, Any]] = [
        {"id": words(number), "name": words(number), "brand": words(number), "query": words(number)}
        for number in range(TOPICS)
    ]
    ports = {"score_port": free_port(), "detect_port": free_port()}
    async with Vendors(CLOCK) as vendors, KafkaBroker(kafka) as broker, AsyncExitStack() as running:
        document = vendors.document(
            kafka,
            topics,
            folder=folder,
            port=free_port(),
            roles=ports,
            database={"url": database},
            score={"index_mentions": 2000},  # full at once, so that it does not grow under the eyes of the test
            detect={"snapshot_seconds": 2, "pages_per_week": 1e-9},  # nobody is paged but by the claims of the load
        )
        await create(broker, StreamSettings(kafka=kafka))
        roles = [Served(folder, document, role=role) for role in ("score", "detect", "alert")]
        for role in roles:
            running.push_async_callback(role.gone)
            running.callback(role.thaw)
        async with asyncio.TaskGroup() as starting:
            for role in roles:
                starting.create_task(role.start(), name="start")
        yield House(broker, kafka, vendors, *roles)


@asynccontextmanager
async def slowed(postgres: Postgres) -> AsyncIterator[None]:
    """While the block runs it hardly gets to work."""

    async def stutter() -> None:
        while True:
            postgres.freeze()
            await CLOCK.sleep(FROZEN_SECONDS)
            postgres.thaw()
            await CLOCK.sleep(AWAKE_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        stuttering = tasks.create_task(stutter(), name="stutter")
        try:
            yield
        finally:
            stuttering.cancel()
            postgres.thaw()


@asynccontextmanager
async def stopped(fault: str, home: House, node: ApacheKafka, postgres: Postgres) -> AsyncIterator[None]:
    """While the block runs it stands still."""
    assert node.pid is not None
    if fault == SLOW:
        async with slowed(postgres):
            yield
        return
    halt: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "alerting": (home.alert.freeze, home.alert.thaw),
        "database": (postgres.freeze, postgres.thaw),
        "kafka": (lambda: os.kill(node.pid or 0, signal.SIGSTOP), lambda: os.kill(node.pid or 0, signal.SIGCONT)),
    }
    stop, go_on = halt[fault]
    stop()
    try:
        yield
    finally:
        go_on()


class Word:
    """Who has told of a fault since it began, and who has told that nothing touches it."""

    def __init__(self, fault: str, home: House) -> None:
        self._fault = fault
        self._home = home
        self._told: set[str] = set()

    async def is_out(self) -> bool:
        """Whether readiness of everybody who is touched named what is missing, and that of the others stayed."""
        score, detect, alert = [await role.readiness() for role in self._home.all]
        self._home.seen["readiness"] = f"{score} {detect} {alert}, told {self._told}"
        silent = "Kafka does not answer; retrying"
        expected = {
            "kafka": {
                "score": score == {"score": silent},
                "detect": detect == {"detect": silent},
                "alert": alert.get("intake") == "kafka down",
            },
            "database": {
                "score": not score,
                "detect": not detect,
                "alert": alert.get("intake") == "database down" and "database" in alert,
            },
            SLOW: {"score": not score, "detect": not detect, "alert": "database down" not in alert.values()},
            "alerting": {"score": not score, "detect": not detect, "alert": "no answer" in alert.values()},
        }[self._fault]
        self._told |= {role for role, told in expected.items() if told}
        return self._told == expected.keys()


async def test_memory_stays_flat_while_others_stand_still_and_nothing_is_lost_or_done_twice(
    apache_kafka: ApacheKafka, postgres: Postgres, unique_name: str, tmp_path: Path
) -> None:
    async with house(apache_kafka, unique_name, postgres.url, tmp_path) as home:
        await home.feed()
        await Watch(home).until(home.all_is_through, "the first load")
        usual = Watch(home)
        await home.feed(at_once=True)
        await usual.until(home.all_is_through, "the usual load")
        faulty = Watch(home)
        pages_took: dict[str, float] = {}
        for fault in FAULTS:
            if fault == "kafka":  # it stops as soon as it has the work, which nobody has done by then
                await home.feed(at_once=True)
            async with stopped(fault, home, apache_kafka, postgres):
                if fault != "kafka":
                    await home.feed()
                    if fault == SLOW:
                        claimed = CLOCK.monotonic()
                        await faulty.until(home.pages_are_out, f"a page past {fault}")
                        pages_took[fault] = CLOCK.monotonic() - claimed
                    await faulty.until(home.streams_are_through, f"the streams' way past {fault}")
                await faulty.until(Word(fault, home).is_out, f"word of {fault}")
                until = CLOCK.monotonic() + HELD_SECONDS
                while CLOCK.monotonic() < until:
                    faulty.look()
                    await CLOCK.sleep(0.1)
            await faulty.until(home.all_is_through, f"the end of the backlog after {fault}")
        await home.broker.send(home.load.last())
        await faulty.until(home.all_is_through, "the end")
        counted = await windows_of(home, postgres)
        pages = home.vendors.pager_incidents()

    for fault, seconds in pages_took.items():
        print(f"{fault}: a page took {seconds:.1f} s while each statement waited for up to {FROZEN_SECONDS:g} s")
        assert seconds < DeliverySettings().fallback_seconds  # later somebody else is paged in its place
    mib = 1024 * 1024
    for role, name in zip(home.all, ("score", "detect", "alert"), strict=True):
        before, peak = usual.peaks[role.pid], faulty.peaks[role.pid]
        print(f"{name}: {before // mib} MiB at the same work without a fault, {peak // mib} MiB at most with")
        assert peak <= before + MORE_MEMORY
    assert counted == {words(number): home.load.mentions for number in range(TOPICS)}
    assert sorted(pages.values()) == [1] * home.load.phases


async def windows_of(home: House, postgres: Postgres) -> dict[str, int]:
    """Mentions in the history, by topic, once every window is closed."""
    store = await open_store(DatabaseSettings(url=postgres.url), CLOCK)
    end = BEGIN + timedelta(minutes=MINUTES * home.load.phases)
    expected = TOPICS * home.load.mentions
    try:
        async with asyncio.timeout(300 if SOAK else 30):
            while True:
                found = {
                    words(number): sum(
                        one.mentions for one in await store.windows(words(number), start=BEGIN, end=end, seconds=86_400)
                    )
                    for number in range(TOPICS)
                }
                if sum(found.values()) >= expected:
                    return found
                await CLOCK.sleep(0.5)
    finally:
        await store.close()
