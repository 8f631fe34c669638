"""Five recorded hours of a shop's mentions with a refund crisis in them."""

import random
from collections.abc import Iterable
from datetime import timedelta
from itertools import takewhile

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import PartialCount
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.vader import VaderScorer
from streams.settings import DetectSettings, KafkaSettings, StreamSettings
from streams.stages.score import ScoreStage
from streams.topic_settings import TopicSettings
from tests.fakes.clock import START

CRISIS_AFTER_SECONDS = 3 * 3600
LENGTH_SECONDS = 5 * 3600
_USUAL = ("Arvella refund took a while", "the Arvella delivery came today", "my Arvella lamp is great")
_ANGRY = ("Arvella refund pending for 9 days, terrible", "worst refund ever @Arvella", "refund gone, this is a scam")


def settings(kafka: KafkaSettings) -> StreamSettings:
    """Two topics, thresholds low enough for a short recording."""
    return StreamSettings(
        kafka=kafka,
        detect=DetectSettings(pages_per_week=1.0, warm_up_mentions=30, quiet_hours_to_end=0.5, snapshot_seconds=2),
        topics=(
            TopicSettings(id="refunds", name="Refunds", query="refund", collecting_since=START),
            TopicSettings(id="delivery", name="Delivery", query="delivery", collecting_since=START),
        ),
    )


def mentions(seed: int = 1) -> list[Mention]:
    """A mention every 20 s, plus two a second for ten minutes; every tenth is delivered twice."""
    rng = random.Random(seed)  # noqa: S311  # a recording, not a secret
    recorded: list[Mention] = []
    for second in range(LENGTH_SECONDS):
        angry = CRISIS_AFTER_SECONDS <= second < CRISIS_AFTER_SECONDS + 600
        for _ in range((rng.random() < 0.05) + (2 if angry else 0)):
            recorded.append(
                Mention(
                    id=str(len(recorded)),
                    platform="x",
                    published_at=START + timedelta(seconds=second),
                    ingested_at=START + timedelta(seconds=second),
                    text=rng.choice(_ANGRY if angry else _USUAL),
                )
            )
            if len(recorded) % 10 == 0:
                recorded.append(recorded[-1])
    return recorded


def outgoing(kafka: KafkaSettings, recorded: list[Mention]) -> list[Outgoing]:
    """The records as the broker accepted them, each in the second in which it was published, and one that is none."""
    records = [
        Outgoing(
            kafka.mentions,
            mention.key.encode(),
            codec.encode_mention(mention),
            timestamp_ms=int(mention.published_at.timestamp() * 1000),
        )
        for mention in recorded
    ]
    middle = len(records) // 2
    unreadable = Outgoing(kafka.mentions, b"x:?", b"no mention", timestamp_ms=records[middle].timestamp_ms)
    return [*records[:middle], unreadable, *records[middle:]]


def partials(settings: StreamSettings, recorded: list[Mention]) -> list[Outgoing]:
    """What the score stage makes of the recording as it happens, flushed every ten seconds."""
    stage = ScoreStage(
        matcher=TopicMatcher(settings.topic_values()),
        scorer=VaderScorer(),
        kafka=settings.kafka,
        time=settings.time,
        settings=settings.score,
        source=Partition(settings.kafka.mentions, 0),
        sources=1,
        partials_partitions=settings.kafka.partitions,
    )
    records = [
        Record(Partition(record.kafka_topic, 0), offset, record.key, record.value, record.timestamp_ms or 0)
        for offset, record in enumerate(outgoing(settings.kafka, recorded))
    ]
    written: list[Outgoing] = []
    start_ms = int(START.timestamp() * 1000)
    for second in range(0, LENGTH_SECONDS + 3600, 10):
        now = START + timedelta(seconds=second)
        arrived = list(takewhile(lambda record: record.timestamp_ms <= start_ms + second * 1000, records))  # noqa: B023
        records = records[len(arrived) :]
        if arrived:
            stage.fold(arrived, now)
        written += stage.flush(now, at_end=True)
    return [record for record in written if record.kafka_topic == settings.kafka.partials]


def counts(records: Iterable[Record | Outgoing]) -> int:
    """How many of them are partial counts."""
    return sum(
        isinstance(value, PartialCount) for record in records for value in codec.decode_of_partials(record.value)
    )
