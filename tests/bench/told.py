"""Simulated mentions through the product's own folds, score and detect, for the benchmarks of evidence."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams import codec
from streams.broker.base import Partition, Record
from streams.events import Detection
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.none import NoScorer
from streams.settings import DetectSettings, KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.score import ScoreStage
from streams.stages.topic_watch import TopicWatch
from streams.stages.tracked_topics import definition_of, topic_of
from streams.topic import Topic
from tests.fakes.score_stage import partials
from tests.fakes.streams_of_counts import START

BRAND: Final = "arvella"
TOPIC: Final = Topic(id="brand", name="Brand", query=BRAND, pages_per_week=1.0, collecting_since=None)
_KAFKA: Final = KafkaSettings()
_WAIT_SECONDS: Final = 5


class Told:
    """One topic, watched by both stages; mentions are given in order of time, second by second.

    Args:
        themes: As in the configuration.
    """

    def __init__(self, topic: Topic = TOPIC, *, themes: dict[str, tuple[str, ...]] | None = None) -> None:
        time = TimeSettings()
        self._score = ScoreStage(
            matcher=TopicMatcher((topic,)),
            scorer=NoScorer(),
            kafka=_KAFKA,
            time=time,
            settings=ScoreSettings(),
            source=Partition(_KAFKA.mentions, 0),
            sources=1,
            partials_partitions=1,
        )
        definition = definition_of(topic)
        detect = DetectSettings(themes=themes or {})
        self.watch = TopicWatch(topic_of(definition), time=time, detect=detect)
        self.watch.name(definition.own_words)
        self.detections: list[Detection] = []
        self._minute = 0

    def second(self, second: int, mentions: Sequence[Mention]) -> None:
        """What was said within one second of event time."""
        now = datetime.fromtimestamp(second + 1, UTC)
        if mentions:
            self._score.fold([_record(mention, second) for mention in mentions], now)
            for value in partials(self._score.flush(now, at_end=False)):
                self._note(self.watch.add(value, second - _WAIT_SECONDS)[1])
        minute = (second - _WAIT_SECONDS) // 60
        if minute != self._minute:
            self._minute = minute
            if self.watch.is_active:
                self._note(self.watch.tick(second - _WAIT_SECONDS))

    def run(self, mentions: Iterable[Mention], *, begin: int, end: int) -> list[Detection]:
        """All of them, in order of time, from `begin` to `end`."""
        by_second: dict[int, list[Mention]] = {}
        for mention in mentions:
            by_second.setdefault(int(mention.published_at.timestamp()), []).append(mention)
        for second in range(begin, end):
            self.second(second, by_second.get(second, ()))
        return self.detections

    def _note(self, told: Iterable[object]) -> None:
        self.detections += [value for value in told if isinstance(value, Detection)]


def _record(mention: Mention, second: int) -> Record:
    return Record(
        Partition(_KAFKA.mentions, 0), 0, mention.key.encode(), codec.encode_mention(mention), (second + 1) * 1000
    )


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return datetime.fromtimestamp(START + seconds, UTC)
