"""Mentions per second and core through the score stage, beside the ceiling: the same loop without sentiment.

Only CPU time of this process counts. Mentions are about 280 bytes of JSON, no two texts alike, 42 % of them belong to
one of 1,000 topics. With TOCSIN_TEST_KAFKA=host:port the same mentions are also read back through aiokafka.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from streams import codec
from streams.broker.base import Partition, Record
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.sentiment.none import NoScorer
from streams.sentiment.vader import VaderScorer
from streams.settings import KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.score import ScoreStage
from streams.terms import terms
from streams.topic import Topic
from tests.bench.report import Report

SEED = 20_260_101
MENTIONS = 30_000
BATCH = 500
TOPICS = 1_000
MATCHED_SHARE = 0.42
MENTION_BYTES = 280
PER_SECOND = 2_000
ROUNDS = 3
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOURCE = Partition("mentions", 0)
COMMON = """
    the a to and of in is it you that for on my was this with have but they just at be so not we what do your all
    when from about can been now still waiting hours phone today flight order account team support delivery again
    after store really anyone else why how there week money customer ticket website update email called yesterday
    nobody driver package before because people first never morning time day
""".split()  # noqa: SIM905 - readable as text
EMOJI = ("😡", "😂", "🙏", "❤️", "🔥", "é", "café", "naïve", "—", "…")


def topics(count: int) -> list[Topic]:
    """Brands with the queries people write: names, phrases, themes, exclusions."""
    shapes = (
        "{0}",
        '{0} OR "{0} support"',
        "{0} AND (refund* OR delay* OR cancel* OR support OR order) NOT (hiring OR jobs)",
        "{0} lang:en",
        "({0} OR #{0}down) NOT giveaway",
    )
    return [Topic(id=f"t{i}", name=f"T{i}", query=shapes[i % 5].format(brand(i))) for i in range(count)]


def brand(number: int) -> str:
    """A pronounceable name of its own for every number below 8,000."""
    first, rest = number % 20, number // 20
    return "bcdfghklmnprstvwxzjq"[first] + "aeiou"[rest % 5] + "lmnrstvzkp"[rest // 5 % 10] + f"ora{rest // 50:x}"


def mentions(count: int, rng: random.Random) -> list[Record]:
    """Records as they would be read, about 280 bytes each."""
    lexicon = [word for word in SentimentIntensityAnalyzer().lexicon if word.isalpha()]
    weights = [1 / (rank + 1) for rank in range(TOPICS)]
    brands = rng.choices(range(TOPICS), weights, k=count)
    records = []
    for number in range(count):
        at = START + timedelta(seconds=number / PER_SECOND)
        fields = {
            "id": str(1_900_000_000_000_000_000 + number * 7919),
            "platform": rng.choice(("x", "reddit", "instagram")),
            "published_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "author": {"id": f"{rng.getrandbits(40):x}"},
            "lang": "en",
            "text": "",
        }
        words: list[str] = []
        if rng.random() < MATCHED_SHARE:
            words += [brand(brands[number]), rng.choice(("support", "order", "refund", "delayed"))]
        room = MENTION_BYTES - len(json.dumps(fields, ensure_ascii=False).encode())
        while sum(len(word.encode()) + 1 for word in words) < room + 8:
            dice = rng.random()
            words.append(rng.choice(COMMON if dice < 0.8 else lexicon if dice < 0.985 else EMOJI))
        rng.shuffle(words)
        fields["text"] = " ".join(words)
        value = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        accepted_ms = round(at.timestamp() * 1000) + 800
        records.append(Record(SOURCE, number, f"{fields['platform']}:{fields['id']}".encode(), value, accepted_ms))
    return records


def stage(matcher: TopicMatcher, scorer: Scorer) -> ScoreStage:
    """A fresh stage as the worker would build it."""
    return ScoreStage(
        matcher=matcher,
        scorer=scorer,
        kafka=KafkaSettings(),
        time=TimeSettings(),
        settings=ScoreSettings(),
        source=SOURCE,
        sources=6,
        partials_partitions=6,
    )


def fold_all(score: ScoreStage, records: Sequence[Record]) -> int:
    """Fold and flush in batches; answers how many records went out."""
    written = 0
    for begin in range(0, len(records), BATCH):
        now = START + timedelta(seconds=1 + begin / PER_SECOND)
        score.fold(records[begin : begin + BATCH], now)
        written += len(score.flush(now, at_end=False))
    return written


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of one run, in seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def fold_seconds(score: ScoreStage, records: Sequence[Record]) -> float:
    """CPU seconds of folding all records."""
    return cpu_seconds(lambda: fold_all(score, records))


def match_seconds(matcher: TopicMatcher, decoded: Sequence[Mention]) -> float:
    """CPU seconds of matching all mentions."""
    return cpu_seconds(lambda: [matcher.match(mention) for mention in decoded])


async def create(address: str, kafka_topic: str) -> None:
    """A Kafka topic with one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(kafka_topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def through_kafka(address: str, records: Sequence[Record], score: ScoreStage) -> float:
    """CPU seconds of reading the records back with aiokafka and folding them; writing them is not measured."""
    kafka_topic = f"bench-pipeline-{uuid.uuid4().hex[:8]}"
    async with asyncio.timeout(50):
        await create(address, kafka_topic)
        async with AIOKafkaProducer(bootstrap_servers=address, linger_ms=20) as producer:
            sent = [await producer.send(kafka_topic, record.value, key=record.key, partition=0) for record in records]
            for future in sent:
                await future
        consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partition = TopicPartition(kafka_topic, 0)
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            read = 0
            began = time.process_time()
            while read < len(records):
                now = START + timedelta(seconds=1 + read / PER_SECOND)
                for batch in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values():
                    score.fold(
                        [Record(SOURCE, item.offset, item.key, item.value, item.timestamp) for item in batch], now
                    )
                    read += len(batch)
                score.flush(now, at_end=False)
            return time.process_time() - began
        finally:
            await consumer.stop()


def main() -> None:
    """Measure, then print."""
    rng = random.Random(SEED)  # noqa: S311 - no secret
    records = mentions(MENTIONS, rng)
    matcher = TopicMatcher(topics(TOPICS))
    decoded = [codec.decode_mention(record.value) for record in records]
    belonging = [mention for mention in decoded if matcher.match(mention)]
    scorer, none = VaderScorer(), NoScorer()
    report = Report("pipeline", seed=SEED)

    full, ceiling = [], []
    for _ in range(ROUNDS):  # interleaved, so that both see the same machine
        full.append(fold_seconds(stage(matcher, VaderScorer()), records))  # a new scorer remembers no text
        ceiling.append(fold_seconds(stage(matcher, none), records))
    full_seconds, ceiling_seconds = statistics.median(full), statistics.median(ceiling)
    report.add("mentions per second and core", MENTIONS / full_seconds, "1/s")
    report.add("the same without sentiment (ceiling)", MENTIONS / ceiling_seconds, "1/s")
    report.add("share of the ceiling", ceiling_seconds / full_seconds, "")
    address = os.environ.get("TOCSIN_TEST_KAFKA")
    if address:
        seconds = asyncio.run(through_kafka(address, records, stage(matcher, VaderScorer())))
        report.add("mentions per second and core, read with aiokafka", MENTIONS / seconds, "1/s")

    def per_mention(name: str, seconds: float) -> None:
        report.add(name, seconds / MENTIONS * 1e6, "us per mention")

    decode = cpu_seconds(lambda: [codec.decode_mention(record.value) for record in records])
    match = match_seconds(matcher, decoded)
    sentiment = cpu_seconds(lambda: [scorer.score(mention.text, mention.lang) for mention in belonging])
    words = cpu_seconds(lambda: [terms(mention.text) for mention in belonging])
    per_mention("all of it", full_seconds)
    per_mention("  decode", decode)
    per_mention(f"  match, {TOPICS:,} topics", match)
    per_mention("  sentiment of the matched", sentiment)
    per_mention("  terms of the matched", words)
    per_mention("  index, partial counts, encoding", ceiling_seconds - decode - match - words)
    for count in (10, 10_000):
        per_mention(f"match alone, {count:,} topics", match_seconds(TopicMatcher(topics(count)), decoded))
    report.add("size of a mention", statistics.mean(len(record.value or b"") for record in records), "bytes")
    report.add("matched", len(belonging) / MENTIONS, "share")
    report.add("records out per mention", fold_all(stage(matcher, none), records) / MENTIONS, "")
    report.print()


if __name__ == "__main__":
    main()
