"""A score stage to feed by hand, and records to feed it with."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import PartialCount, Watermark
from streams.matching import TopicMatcher
from streams.sentiment.base import Scorer
from streams.settings import KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.score import ScoreStage
from streams.topic import Topic

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
START_SECOND = round(START.timestamp())
SOURCE = Partition("mentions", 3)
TOPICS = (
    Topic(id="refunds", name="Refunds", query="refund*", revision=7),
    Topic(id="acme", name="Acme", query="acme"),
)


class WordScorer:
    """Angry texts are bad, happy ones good, others neutral; foreign ones cannot be read."""

    name = "words"

    def score(self, text: str, lang: str | None) -> float | None:
        if lang == "xx":
            return None
        return 0.3 * (text.count("happy") - text.count("angry"))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_stage(scorer: Scorer | None = None, *, partials_partitions: int = 3, **settings: Any) -> ScoreStage:
    return ScoreStage(
        matcher=TopicMatcher(TOPICS),
        scorer=scorer or WordScorer(),
        kafka=KafkaSettings(),
        time=TimeSettings(wait_seconds=5, grace_seconds=120, idle_seconds=10),
        settings=ScoreSettings(**settings),
        source=SOURCE,
        sources=4,
        partials_partitions=partials_partitions,
    )


def record(
    text: str = "refund",
    *,
    id: str = "1",  # noqa: A002 - as the field is called
    published: float = 0,
    accepted: float | None = None,
    **fields: Any,
) -> Record:
    """A mention published at START + `published` seconds, accepted by the broker then or at `accepted`."""
    value = {"id": id, "platform": "x", "published_at": at(published), "text": text, **fields}
    accepted_ms = round(at(published if accepted is None else accepted).timestamp() * 1000)
    return Record(SOURCE, 0, f"x:{id}".encode(), msgspec.json.encode(value), accepted_ms)


def partials(outgoing: Iterable[Outgoing]) -> list[PartialCount]:
    return [value for value in of_partials(outgoing) if isinstance(value, PartialCount)]


def of_partials(outgoing: Iterable[Outgoing]) -> list[codec.OfPartials]:
    """Everything that goes to the partials, unpacked."""
    packs = (codec.decode_of_partials(out.value) for out in outgoing if out.kafka_topic == "tocsin.partials")
    return [value for pack in packs for value in pack]


def watermarks(outgoing: Iterable[Outgoing]) -> list[tuple[int | None, Watermark]]:
    """With the partition each was written to."""
    found: list[tuple[int | None, Watermark]] = []
    for out in outgoing:
        if out.kafka_topic == "tocsin.partials":
            found += [
                (out.partition, value) for value in codec.decode_of_partials(out.value) if isinstance(value, Watermark)
            ]
    return found


def counted(*records: Record, stage: ScoreStage | None = None) -> list[PartialCount]:
    stage = stage or make_stage()
    stage.fold(records, at(0))
    return partials(stage.flush(at(0), at_end=False))
