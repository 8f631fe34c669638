"""From the broker's acceptance of the mention that made the score cross to the vendor's receipt of the first page.

Five thousand mentions a second on Apache Kafka, 42 % of them about one of 10,000 topics, exactly once, all roles in one
process as in `tocsin serve`. The thousand largest topics have learned four hours of history, those that will burst a
day; then one topic after the other gets twenty times its usual mentions for a quarter of a minute, on top of the usual
load. Broker, load and vendors' clocks are this machine's clock.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from alerting.app import ALL_ROLES, Running, Tocsin
from alerting.cli.serve import collect_garbage_rarely, run_in_loop
from alerting.incidents.model import Incident
from alerting.incidents.store import IncidentFilter
from alerting.settings import Settings
from streams import codec
from streams.broker.base import Partition
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.events import PartialCount, Phase
from streams.kafka_topics import specs
from streams.log import set_up_logging
from streams.produce import load_history
from streams.sentiment.vader import VaderScorer
from streams.settings import KafkaSettings
from tests.bench import latency_load
from tests.bench.latency_report import Measured, Page, show
from tests.bench.latency_watch import ReceiptWatch
from tests.fakes.vendors import Vendors
from tests.kafka.apache import ApacheKafka
from tests.kafka.jars import ApacheKafkaMissing

SEED: Final = 20_260_105
BURSTS: Final = 50
CALM_SECONDS: Final = 15.0
MEASURED_SECONDS: Final = 75.0
AFTER_SECONDS: Final = latency_load.BURST_SECONDS + 3.0
PATIENCE_SECONDS: Final = 400.0


def main() -> int:
    """The exit code."""
    set_up_logging(level="warning")
    try:
        node = ApacheKafka().start()
    except ApacheKafkaMissing as exc:
        print(f"This needs Apache Kafka: {exc}")
        return 1
    began = os.getloadavg()[0]
    collect_garbage_rarely()
    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            measured = run_in_loop(
                lambda: measure(KafkaSettings(bootstrap_servers=node.bootstrap_servers), Path(folder))
            )
    finally:
        node.close()
    show(measured, seed=SEED, bursts=BURSTS, load=(began, os.getloadavg()[0]))
    return 0


async def measure(kafka: KafkaSettings, folder: Path) -> Measured:
    """One run."""
    clock, stop = SystemClock(), asyncio.Event()
    planned = latency_load.bursts(SEED, count=BURSTS, first=CALM_SECONDS, seconds=MEASURED_SECONDS)
    async with Vendors(clock) as vendors, KafkaBroker(kafka) as broker:
        # The topics' own budget is to bind. Shared by 10,000 topics, a receiver's usual two pages a week ask each of
        # them for odds of one in 5,000 weeks, and nobody who has seen a day of a topic can state those.
        detect = {"pages_per_week_per_receiver": latency_load.TOPICS}
        settings = Settings.model_validate(vendors.document(kafka, latency_load.topics(), folder=folder, detect=detect))
        await broker.create_topics(specs(settings))
        until = latency_load.minute_now(clock.now())  # what the past takes to be written and learned was not observed
        history = await load_history(latency_load.past(SEED, VaderScorer(), until), broker, settings)
        process = Tocsin(settings, ALL_ROLES, broker=KafkaBroker(kafka), clock=clock, announce_key=lambda _: None)
        async with asyncio.TaskGroup() as group:
            group.create_task(process.run(stop), name="tocsin")
            running = await process.until_started()
            began = clock.monotonic()
            await process.until_ready()
            await _until(lambda: _count(running, "tocsin_partials_read_total") >= history, clock)
            history_seconds = clock.monotonic() - began
            watch = ReceiptWatch(vendors)
            before = _commits(running, settings)
            cpu, mentions, seconds, start = await _under_load(kafka, planned, running, watch, clock)
            commits = {role: _mean(now, before[role]) for role, now in _commits(running, settings).items()}
            incidents = await _incidents(running)
            stop.set()
        counted, detected = await _written(broker, kafka)
    pages = [
        page
        for incident in incidents
        if incident.accepted_ms
        for received in watch.received.get(incident.id, {}).values()
        for page in [_page(incident, received, counted, detected)]
    ]
    begins = {latency_load.topic_id(burst.topic): start + burst.at for burst in planned}
    opened = {incident.topic for incident in incidents}
    return Measured(
        pages=pages,
        decided=[one.accepted_ms / 1000 - begins[one.topic] for one in incidents if one.topic in begins],
        missed=sorted(begins.keys() - opened),
        unasked=len(opened - begins.keys()),
        history=history,
        history_seconds=history_seconds,
        mentions=mentions,
        rate=mentions / seconds,
        cpu_seconds=cpu,
        commits=commits,
    )


async def _under_load(
    kafka: KafkaSettings,
    planned: Sequence[latency_load.Burst],
    running: Running,
    watch: ReceiptWatch,
    clock: SystemClock,
) -> tuple[float, int, float, float]:
    """CPU seconds of this process, mentions read and seconds, from the first burst to the last; when the load began."""
    context = multiprocessing.get_context("spawn")
    ended, sent, start = context.Event(), context.Value("q", 0), context.Value("d", 0.0)
    load = context.Process(
        target=latency_load.run_load,
        args=(
            kafka.model_copy(update={"request_timeout_seconds": 60.0}).model_dump(mode="json"),
            SEED,
            planned,
            ended,
            sent,
            start,
        ),
        daemon=True,
    )
    load.start()
    try:
        await _until(lambda: _count(running, "tocsin_mentions_read_total") > 0, clock)
        await _watched(watch, CALM_SECONDS, clock)
        cpu, read, began = time.process_time(), _count(running, "tocsin_mentions_read_total"), clock.monotonic()
        await _watched(watch, MEASURED_SECONDS, clock)
        cpu, read = time.process_time() - cpu, _count(running, "tocsin_mentions_read_total") - read
        seconds = clock.monotonic() - began
        await _watched(watch, AFTER_SECONDS, clock)
    finally:
        ended.set()
        await asyncio.to_thread(load.join, 20)
        if load.is_alive():
            load.kill()
    await _until(lambda: _count(running, "tocsin_mentions_read_total") >= sent.value, clock)
    await _watched(watch, 3.0, clock)
    return cpu, read, seconds, start.value


async def _watched(watch: ReceiptWatch, seconds: float, clock: SystemClock) -> None:
    until = clock.monotonic() + seconds
    while (left := until - clock.monotonic()) > 0:
        await clock.sleep(min(2.0, left))
        watch.look()


async def _until(reached: Callable[[], bool], clock: SystemClock) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached():
            await clock.sleep(0.1)


async def _incidents(running: Running) -> tuple[Incident, ...]:
    assert running.store is not None
    page = await running.store.find(IncidentFilter(), cursor=None, limit=1000)
    return page.incidents


async def _written(
    broker: KafkaBroker, kafka: KafkaSettings
) -> tuple[Mapping[tuple[str, int], float], Mapping[str, float]]:
    """When partial counts were written, by topic and newest mention; when episodes were opened, by episode."""
    counted: dict[tuple[str, int], float] = {}
    detected: dict[str, float] = {}
    for number in range(kafka.partitions):
        async for records in broker.scan(Partition(kafka.detections, number), None):
            for record in records:
                detection = codec.decode_detection(record.value)
                if detection.phase is Phase.OPENED and not detection.history:
                    detected[detection.episode] = record.timestamp_ms / 1000
        async for records in broker.scan(Partition(kafka.partials, number), None):
            for record in records:
                for value in codec.decode_of_partials(record.value):
                    if isinstance(value, PartialCount) and not value.history:
                        counted.setdefault((value.topic, value.accepted_ms), record.timestamp_ms / 1000)
    return counted, detected


def _page(
    incident: Incident, received: float, counted: Mapping[tuple[str, int], float], detected: Mapping[str, float]
) -> Page:
    return Page(
        accepted=incident.accepted_ms / 1000,
        counted=counted.get((incident.topic, incident.accepted_ms)),
        detected=detected.get(incident.episode),
        opened=incident.opened_at.timestamp(),
        received=received,
    )


def _count(running: Running, name: str) -> int:
    return int(running.registry.get_sample_value(name) or 0)


def _commits(running: Running, settings: Settings) -> dict[str, tuple[float, float]]:
    """Seconds of all commits so far and their number, by role."""
    sums: dict[str, tuple[float, float]] = {}
    for role in ("score", "detect"):
        labels = {"group": f"{settings.kafka.prefix}-{role}"}
        total = running.registry.get_sample_value("tocsin_commit_seconds_sum", labels) or 0.0
        sums[role] = total, running.registry.get_sample_value("tocsin_commit_seconds_count", labels) or 0.0
    return sums


def _mean(now: tuple[float, float], before: tuple[float, float]) -> float:
    return (now[0] - before[0]) / max(now[1] - before[1], 1.0)


if __name__ == "__main__":
    sys.exit(main())
