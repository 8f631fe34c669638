"""`tocsin serve` on Apache Kafka, killed again and again in the middle of a replay and of calls."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from alerting.contact_reading import written
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.settings import DatabaseSettings
from streams import codec
from streams.broker.base import Broker, Outgoing
from streams.broker.registry import open_broker
from streams.clock import SystemClock
from streams.contact import Contact
from tests.bench import airline_tweets
from tests.fakes import airline_stream
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import Vendors
from tests.kafka.apache import ApacheKafka
from tests.kafka.selection import quick_settings

SOAK: Final = bool(os.environ.get("TOCSIN_SOAK"))

pytestmark = [pytest.mark.integration, pytest.mark.apache, pytest.mark.timeout(1800 if SOAK else 240)]

CLOCK: Final = SystemClock()
SEED: Final = 20_150_222
KILLS: Final = 20 if SOAK else 3
PARTS: Final = KILLS + 1
PART_SECONDS: Final = 6.0
STILL_SECONDS: Final = 5.0
CALLS_BEGAN: Final = CLOCK.now() - timedelta(days=2)
BATCHES: Final = 12  # of calls while a part is replayed
CALLS: Final = {"refund missing": 17, "parcel late": 5}  # of a batch, without ids: each record counts
REPEATED: Final = "complaint"  # with an id, and sent again with every batch: counts once


@dataclass(frozen=True, slots=True)
class Story:
    """What a run led to.

    Attributes:
        incidents: Topic, onset and state, in order.
        posts: Slack messages of their own, by incident.
        pages: Incidents at PagerDuty, by dedup key.
        calls: Contacts by reason.
    """

    incidents: tuple[tuple[str, str, str], ...]
    ids: tuple[str, ...]
    dedup_keys: tuple[str, ...]
    posts: dict[str, int]
    pages: dict[str, int]
    calls: dict[str, int]


@dataclass(frozen=True, slots=True)
class Recording:
    """Mentions in files, one after the other in time, and the topics that watch them."""

    parts: tuple[Path, ...]
    topics: list[dict[str, Any]]
    pace: float


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Fifteen hours at fictitious airlines, or the real tweets where AIRLINE_CSV names them; parts of equal length."""
    named = os.environ.get("AIRLINE_CSV")
    if named:
        mentions, topics = airline_tweets.read_tweets(Path(named)), airline_tweets.topics()
    else:
        mentions, topics = list(airline_stream.mentions(SEED)), airline_stream.topics()
    begin, end = mentions[0].published_at, mentions[-1].published_at
    written: list[list[bytes]] = [[] for _ in range(PARTS)]
    for mention in mentions:
        number = min(int((mention.published_at - begin) / (end - begin) * PARTS), PARTS - 1)
        written[number].append(codec.encode_mention(mention) + b"\n")
    parts = tuple(tmp_path / f"part-{number}.jsonl" for number in range(PARTS))
    for path, lines in zip(parts, written, strict=True):
        path.write_bytes(b"".join(lines))
    return Recording(parts, topics, (end - begin).total_seconds() / PARTS / PART_SECONDS)


class Run:
    """One `tocsin serve` with Kafka topics, a database and vendors of its own."""

    def __init__(self, name: str, node: ApacheKafka, recording: Recording, folder: Path) -> None:
        self._recording = recording
        self._folder = folder / name.rpartition(".")[2]
        self._folder.mkdir()
        self._kafka = quick_settings(node.bootstrap_servers).model_copy(
            update={"mentions": f"{name}.mentions", "contacts": f"{name}.contacts", "prefix": name, "partitions": 1}
        )
        self.vendors = Vendors(CLOCK)

    async def story(self, *, killed: bool) -> Story:
        """Replay everything, wait until it is taken in, and tell."""
        async with self.vendors:
            document = self.vendors.document(
                self._kafka,
                self._recording.topics,
                folder=self._folder,
                port=free_port(),
                detect={"quiet_hours_to_end": 0.5, "snapshot_seconds": 2},
            )
            served = Served(self._folder, document)
            await served.command("kafka", "init", seconds=60)
            with _never_left_running(served):
                await served.start()
                async with open_broker(self._kafka) as broker:
                    for number in range(PARTS):
                        async with asyncio.TaskGroup() as tasks:
                            producing = tasks.create_task(self._produce(served, number), name="produce")
                            tasks.create_task(self._call(broker), name="call")
                            if killed and number < KILLS:
                                tasks.create_task(self._kill_while(producing, served, number), name="kill")
                found = await self._settled(served)
                store = await open_store(DatabaseSettings.model_validate(document["database"]), CLOCK)
                async with asyncio.timeout(60):
                    while sum((await _heard(store)).values()) < sum(expected_calls().values()):
                        await CLOCK.sleep(0.2)
                assert await served.stop() == 0, served.said()
                heard = await _heard(store)
                await store.close()
            return Story(
                tuple(sorted((one["topic"], one["onset_at"], one["state"]) for one in found)),
                tuple(one["id"] for one in found),
                tuple(one["dedup_key"] for one in found),
                self.vendors.slack_posts(),
                self.vendors.pager_incidents(),
                heard,
            )

    async def _produce(self, served: Served, number: int) -> None:
        path, pace = str(self._recording.parts[number]), f"{self._recording.pace:.3f}"
        await served.command("produce", path, "--as-recorded", "--pace", pace, seconds=120)

    async def _call(self, broker: Broker) -> None:
        """Calls, one batch after the other, for about as long as the part is replayed."""
        for batch in range(BATCHES):
            at = CALLS_BEGAN + timedelta(minutes=batch)
            calls = [Contact(at, reason) for reason, count in CALLS.items() for _ in range(count)]
            calls.append(Contact(CALLS_BEGAN, REPEATED, id="case-1", count=40))
            records = [Outgoing(self._kafka.contacts, None, written(call)) for call in calls]
            await broker.send([*records, Outgoing(self._kafka.contacts, None, b"cannot be read")])
            await CLOCK.sleep(PART_SECONDS / BATCHES)

    async def _kill_while(self, producing: asyncio.Task[None], served: Served, number: int) -> None:
        """The moment a page arrives, its delivery not settled yet; or by chance, where none arrives before."""
        rng = random.Random(SEED + number)  # noqa: S311  # moments of chance
        pages = len(self.vendors.pager.events)
        moment = CLOCK.monotonic() + rng.uniform(0.3, 0.9) * PART_SECONDS
        while CLOCK.monotonic() < moment and len(self.vendors.pager.events) == pages:
            await CLOCK.sleep(0.002)
        assert not producing.done(), "the kill comes after its part of the replay: it proves nothing"
        await served.kill()
        await served.start()

    async def _settled(self, served: Served) -> list[dict[str, Any]]:
        """The incidents, once every mention is read and nothing more comes of it."""
        before: object = None
        still_since = CLOCK.monotonic()
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while CLOCK.monotonic() - still_since < STILL_SECONDS:
                found = await served.incidents()
                now = (
                    [(one["id"], one["revision"]) for one in found],
                    len(self.vendors.pager.events),
                    len(self.vendors.slack.calls),
                )
                lags = await served.metrics("tocsin_lag_records")
                waiting = await served.metrics("tocsin_outbox_pending")
                # the last watermarks are always on their way: one a second
                if now != before or not lags or max(lags) > 5 or waiting != [0]:
                    still_since = CLOCK.monotonic()
                before = now
                await CLOCK.sleep(0.25)
        return found


def expected_calls() -> dict[str, int]:
    """What a contact centre counts that each record reaches once."""
    return {reason: count * BATCHES * PARTS for reason, count in CALLS.items()} | {REPEATED: 40}


async def _heard(store: SqlStore) -> dict[str, int]:
    found: Counter[str] = Counter()
    for hour in await store.contacts.hours(CALLS_BEGAN - timedelta(hours=1), CLOCK.now()):
        found[hour.reason] += hour.count
    return dict(found)


@contextmanager
def _never_left_running(served: Served) -> Iterator[None]:
    try:
        yield
    finally:
        served.end()


async def test_a_serve_killed_again_and_again_opens_each_incident_once_pages_each_and_counts_each_call_once(
    apache_kafka: ApacheKafka, unique_name: str, recording: Recording, tmp_path: Path
) -> None:
    async with asyncio.TaskGroup() as runs:
        plain_run = Run(f"{unique_name}.plain", apache_kafka, recording, tmp_path)
        killed_run = Run(f"{unique_name}.killed", apache_kafka, recording, tmp_path)
        plain_task = runs.create_task(plain_run.story(killed=False), name="plain")
        killed_task = runs.create_task(killed_run.story(killed=True), name="killed")
    plain, killed = plain_task.result(), killed_task.result()

    assert {topic for topic, _, _ in plain.incidents} >= set(airline_stream.CRISES) or "AIRLINE_CSV" in os.environ
    assert killed.incidents == plain.incidents
    assert set(killed.posts) == set(killed.ids)
    assert set(killed.pages) == set(killed.dedup_keys)
    assert sorted(killed.pages.values()) == sorted(plain.pages.values())
    assert killed.calls == plain.calls == expected_calls()
