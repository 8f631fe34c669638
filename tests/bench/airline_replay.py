"""One replay of recorded mentions through the whole product, in this process, and what came of it."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from alerting.app import ALL_ROLES, Running, Tocsin
from alerting.incidents.model import Incident
from alerting.incidents.store import IncidentFilter
from alerting.settings import Settings
from streams import codec
from streams.broker.base import Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import Detection
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.produce import produce
from streams.settings import KafkaSettings
from tests.fakes.recorded_source import RecordedSource
from tests.fakes.vendors import Vendors

_LOOK_EVERY_SECONDS = 0.5
_STILL_LOOKS = 8


class Outcome(NamedTuple):
    """What a replay led to.

    Attributes:
        claims: Everything the detectors said, by episode, in the order of the log.
        posts: Messages of their own at Slack, by incident.
        pager: Incidents at PagerDuty, by dedup key.
        settled: False where the wait for the last mention ended without it.
    """

    incidents: tuple[Incident, ...]
    claims: dict[str, list[Detection]]
    posts: dict[str, int]
    pager: dict[str, int]
    mentions_read: int
    mentions_matched: int
    seconds: float
    settled: bool


class Replay:
    """All roles on a real Kafka with exactly-once, SQLite in a temporary folder, and fake vendors.

    Args:
        topics: As in a configuration file; likewise `peers`.
        pace: The recorded pace times this.
        patience_seconds: The longest wait, after the last mention was sent, for everything to be taken in.
        detect: As in a configuration file.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topics: Sequence[dict[str, str]],
        peers: Sequence[dict[str, Any]],
        *,
        pace: float,
        patience_seconds: float,
        detect: Mapping[str, Any],
    ) -> None:
        self._kafka = kafka
        self._topics = topics
        self._peers = peers
        self._pace = pace
        self._patience_seconds = patience_seconds
        self._detect = detect
        self._clock = SystemClock()

    async def run(self, mentions: Sequence[Mention]) -> Outcome:
        """Replay `mentions`, wait until they are taken in, stop in order."""
        stop = asyncio.Event()
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            async with Vendors(self._clock) as vendors, KafkaBroker(self._kafka) as broker:
                document = vendors.document(self._kafka, self._topics, folder=Path(folder), detect=self._detect)
                settings = Settings.model_validate(document | {"peers": self._peers})
                await broker.create_topics(specs(settings))
                process = Tocsin(
                    settings,
                    ALL_ROLES,
                    broker=KafkaBroker(self._kafka),
                    clock=self._clock,
                    announce_key=lambda _: None,
                )
                began = self._clock.monotonic()
                async with asyncio.TaskGroup() as group:
                    group.create_task(process.run(stop), name="tocsin")
                    running = await process.until_started()
                    await process.until_ready()
                    await produce(
                        RecordedSource(mentions), broker, settings, self._clock, pace=self._pace, as_recorded=True
                    )
                    settled = await self._until_taken_in(running, len(mentions))
                    incidents = await _incidents(running)
                    stop.set()
                return Outcome(
                    incidents=incidents,
                    claims=await _claims(broker, self._kafka),
                    posts=vendors.slack_posts(),
                    pager=vendors.pager_incidents(),
                    mentions_read=_count(running, "tocsin_mentions_read_total"),
                    mentions_matched=_count(running, "tocsin_mentions_matched_total"),
                    seconds=self._clock.monotonic() - began,
                    settled=settled,
                )

    async def _until_taken_in(self, running: Running, sent: int) -> bool:
        """Everything read, and nothing but the passing of time to be seen for some seconds."""
        deadline = self._clock.monotonic() + self._patience_seconds
        before: object = None
        still = 0
        while self._clock.monotonic() < deadline:
            assert running.store is not None
            now = (
                tuple((incident.id, incident.revision) for incident in await _incidents(running)),
                _count(running, "tocsin_partials_read_total"),
            )
            waiting, _ = await running.store.outbox_age(self._clock.now())
            done = (
                waiting == 0
                and _count(running, "tocsin_mentions_read_total") >= sent
                and _count(running, "tocsin_partials_read_total") >= _count(running, "tocsin_partials_written_total")
            )
            still = still + 1 if done and now == before else 0
            if still >= _STILL_LOOKS:
                return True
            before = now
            await self._clock.sleep(_LOOK_EVERY_SECONDS)
        return False


async def _incidents(running: Running) -> tuple[Incident, ...]:
    """Oldest onset first."""
    assert running.store is not None
    found: list[Incident] = []
    cursor: str | None = None
    while True:
        page = await running.store.find(IncidentFilter(), cursor=cursor, limit=100)
        found += page.incidents
        cursor = page.next_cursor
        if cursor is None:
            return tuple(sorted(found, key=lambda incident: (incident.onset_at, incident.topic)))


async def _claims(broker: KafkaBroker, kafka: KafkaSettings) -> dict[str, list[Detection]]:
    claims: dict[str, list[Detection]] = {}
    for number in range(kafka.partitions):
        async for records in broker.scan(Partition(kafka.detections, number), None):
            for record in records:
                detection = codec.decode_detection(record.value)
                claims.setdefault(detection.episode, []).append(detection)
    return claims


def _count(running: Running, name: str) -> int:
    return int(running.registry.get_sample_value(name) or 0)
