"""From Kafka to detections: mentions per second and core through both stages, beside the ceiling of the same run.

A backlog of mentions stands on Apache Kafka, about 280 bytes of JSON each, no two texts alike, 42 % of them about 1.2
of 1,000 topics. One process drains it as the product does, with the roles' own workers: query language, sentiment of
every matched mention, id index, partial counts, transactions, windows, detectors with opinions of their own, changelog.
The ceiling is the least that anybody could do in this language: aiokafka, decode, match, count.

The topics have learned three quarters of an hour at the very rates of the backlog, so that nearly all of it is as
usual; once more the backlog is a storm on every topic at once, with a page and its evidence for each.

Only CPU time of this process counts; the broker has its own. All three are measured in turns, and the share of the
ceiling is the median of the turns, so that it hardly depends on what else the machine does.
"""

import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from alerting.cli.serve import collect_garbage_rarely, run_in_loop
from streams import codec
from streams.broker.kafka import KafkaBroker
from streams.events import PartialCount
from streams.kafka_topics import specs
from streams.log import set_up_logging
from streams.matching import TopicMatcher
from streams.settings import KafkaSettings, StreamSettings
from tests.bench import pipeline_load
from tests.bench.cpu_samples import CpuSamples
from tests.bench.pipeline_drain import Drained, drain
from tests.bench.report import Report
from tests.kafka.apache import ApacheKafka
from tests.kafka.jars import ApacheKafkaMissing

SEED: Final = 20_260_101
MENTIONS: Final = int(os.environ.get("TOCSIN_BENCH_MENTIONS", "200000"))
TOPICS: Final = 1_000
PER_SECOND: Final = 50_000.0
ROUNDS: Final = 3
PARTITIONS: Final = 6
BATCH: Final = 500
USUAL: Final = "with evidence terms"
BARE: Final = "without evidence terms"
VARIANTS: Final[dict[str, dict[str, Any]]] = {BARE: {"terms": False}, USUAL: {}}
GOALS: Final = {BARE: ">= 50000", USUAL: ">= 30000"}
PLACES: Final = (
    ("streams/codec.py:decode_mention", "decode"),
    ("streams/matching.py", "match"),
    ("streams/sentiment/", "sentiment"),
    ("streams/terms.py", "terms"),
    ("streams/id_index.py", "id index"),
    ("streams/stages/partial_sums.py", "partial counts"),
    ("streams/stages/sampling.py", "samples and authors"),
    ("streams/masking.py", "samples and authors"),
    ("streams/codec.py:encode_", "encode"),
    ("streams/codec.py:decode_of_partials", "decode partial counts"),
    ("streams/stages/score", "score, the rest"),
    ("streams/stages/mention_", "score, the rest"),
    ("streams/clauses.py", "clauses"),
    ("streams/stages/dead_letters.py", "score, the rest"),
    ("streams/field_atoms.py", "match"),
    ("streams/detectors/", "detectors"),
    ("streams/budget.py", "budget"),
    ("streams/evidence/", "evidence"),
    ("streams/windows.py", "windows"),
    ("streams/stages/topic_watch.py", "topic watch"),
    ("streams/stages/detect.py", "detect, the rest"),
    ("streams/broker/kafka_producer.py", "Kafka: write"),
    ("aiokafka/producer/", "Kafka: write"),
    ("aiokafka/consumer/", "Kafka: read"),
    ("streams/broker/kafka_records.py", "Kafka: read"),
    ("streams/broker/kafka_consumer.py", "Kafka: read"),
    ("aiokafka/", "Kafka: connections"),
    ("streams/worker.py", "worker"),
    ("streams/lane", "worker"),
    ("streams/metrics.py", "metrics"),
    ("streams/stage_reading.py", "metrics"),
)


def main() -> int:
    """Measure, then print."""
    set_up_logging(level="critical")  # the client finds it worth a warning that a new Kafka topic has no leader yet
    try:
        node = ApacheKafka().start()
    except ApacheKafkaMissing as exc:
        print(f"This needs Apache Kafka: {exc}")
        return 1
    collect_garbage_rarely()
    try:
        run_in_loop(lambda: measure(KafkaSettings(bootstrap_servers=node.bootstrap_servers, partitions=PARTITIONS)))
    finally:
        node.close()
    return 0


async def measure(kafka: KafkaSettings) -> None:
    """All rounds, then the table."""
    ceilings: list[float] = []
    drained: dict[str, list[Drained]] = {name: [] for name in VARIANTS}
    samples = CpuSamples(PLACES)
    async with KafkaBroker(kafka) as broker:
        size = await fill(broker, kafka)
        for turn in range(ROUNDS):
            ceilings.append(await ceiling(settings(kafka, "ceiling")))
            for number, (name, score) in enumerate(VARIANTS.items()):
                run = settings(kafka, f"run-{turn}-{number}", **score)
                drained[name].append(await drain(run, broker, MENTIONS, past=usual()))
        sampled = await drain(settings(kafka, "sampled"), broker, MENTIONS, past=usual(), samples=samples)
        storm = await drain(settings(kafka, "storm"), broker, MENTIONS, past=quiet())
    report = Report("pipeline", seed=SEED)
    report.add("ceiling: aiokafka, decode, match, count", 1 / statistics.median(ceilings), "mentions/s and core")
    for name, variant in drained.items():
        each = statistics.median(run.each for run in variant)
        share = statistics.median(least / run.each for least, run in zip(ceilings, variant, strict=True))
        report.add(f"Kafka to detections, {name}", 1 / each, "mentions/s and core", goal=GOALS[name])
        report.add("  share of the ceiling", share, "", goal=">= 0.5")
    runs = drained[USUAL]
    report.add("Kafka to detections, every topic in a storm", 1 / storm.each, "mentions/s and core")
    report.add("  episodes opened", storm.detections, "")
    report.add("matched", statistics.median(run.matched for run in runs), "share of mentions")
    report.add("topics of a matched mention", statistics.median(run.topics for run in runs), "")
    report.add("size of a mention", size, "bytes")
    report.add("transactions", statistics.median(run.commits / run.seconds for run in runs), "1/s")
    report.add("partial counts", statistics.median(run.partials / run.mentions for run in runs), "per mention")
    report.add("records written", statistics.median(run.records / run.mentions for run in runs), "per mention")
    report.add("episodes opened", statistics.median(run.detections for run in runs), "")
    report.add("windows closed", statistics.median(run.windows for run in runs), "")
    report.add(f"CPU, {USUAL}", sampled.each * 1e6, "us per mention")
    for place, count in samples.by_place.most_common():
        report.add(f"  {place}", sampled.each * 1e6 * count / samples.total, "us per mention")
    report.print()


def usual() -> Iterator[PartialCount]:
    """A past like the backlog."""
    return pipeline_load.usual_past(TOPICS, random.Random(SEED), minutes=45, per_second=PER_SECOND)  # noqa: S311


def quiet() -> Iterator[PartialCount]:
    """Half a day of topics that hardly spoke."""
    return pipeline_load.past(TOPICS, random.Random(SEED), minutes=12 * 60, every=30)  # noqa: S311


def settings(kafka: KafkaSettings, prefix: str, **score: Any) -> StreamSettings:
    """As a configuration file would say it; every run has its own groups and Kafka topics but for the mentions."""
    return StreamSettings.model_validate(
        {
            "kafka": kafka.model_copy(update={"prefix": prefix}).model_dump(),
            "score": score,
            "topics": pipeline_load.topics(TOPICS),
        }
    )


async def fill(broker: KafkaBroker, kafka: KafkaSettings) -> float:
    """Write the backlog; answers the mean size of a mention in bytes.

    Its records keep the times they were made with, so that event time passes as in a live stream of this rate.
    """
    as_made = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}  # else a slow run loses them for their age
    await broker.create_topics(
        [
            msgspec.structs.replace(spec, config={**spec.config, **as_made})
            for spec in specs(settings(kafka, "unused"))
            if spec.name == kafka.mentions
        ]
    )
    rng = random.Random(SEED)  # noqa: S311 - no secret
    load = pipeline_load.mentions(MENTIONS, rng, brands=TOPICS, per_second=PER_SECOND, kafka_topic=kafka.mentions)
    size = 0
    while chunk := list(islice(load, 5_000)):
        size += sum(len(record.value or b"") for record in chunk)
        await broker.send(chunk)
    return size / MENTIONS


async def ceiling(of: StreamSettings) -> float:
    """CPU seconds of a mention through aiokafka, decode, match, count."""
    matcher = TopicMatcher(of.topic_values())
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=of.kafka.bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(of.kafka.mentions, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        counts: Counter[str] = Counter()
        read = 0
        cpu = time.process_time()
        while read < MENTIONS:
            for batch in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values():
                for record in batch:
                    for topic in matcher.match(codec.decode_mention(record.value)):
                        counts[topic.id] += 1
                read += len(batch)
        return (time.process_time() - cpu) / MENTIONS
    finally:
        await consumer.stop()


if __name__ == "__main__":
    sys.exit(main())
