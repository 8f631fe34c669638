"""Both stages in a row, as the workers run them, without any broker: every step is committed, or killed and redone."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Partition, Record
from streams.events import Detection, WindowCount
from streams.matching import TopicMatcher
from streams.settings import DetectSettings, KafkaSettings, ScoreSettings, TimeSettings
from streams.stages.base import Stage
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from streams.topic import Topic
from tests.fakes.score_stage import WordScorer

START: Final = 1_767_225_600
STEP_SECONDS: Final = 10
DETECT: Final = "detect"
TOPICS: Final = tuple(
    Topic(id=name, name=name, query=query, pages_per_week=1.0, collecting_since=datetime.fromtimestamp(START, UTC))
    for name, query in (("refunds", "refund*"), ("acme", "acme"))
)

_KAFKA: Final = KafkaSettings()
_TIME: Final = TimeSettings(wait_seconds=5, grace_seconds=120, idle_seconds=60)
_SNAPSHOT_STEPS: Final = 7


class Arrival(msgspec.Struct, frozen=True):
    """A version of a mention that Kafka accepts `at` seconds after START in partition `source`."""

    at: float
    source: int
    fields: dict[str, Any]


class Run(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        detections: In the order in which they were told.
        windows: The newest count of each topic and minute.
        expected: What each topic's baseline expects of ten minutes.
    """

    detections: tuple[Detection, ...]
    windows: dict[tuple[str, int], WindowCount]
    expected: dict[str, tuple[float, float, float] | None]

    def standing(self) -> dict[str, int]:
        """How many episodes of each topic stand."""
        last = {detection.episode: detection for detection in self.detections}
        found = [detection.topic for detection in last.values() if detection.phase.value != "withdrawn"]
        return {topic.id: found.count(topic.id) for topic in TOPICS}


def run(arrivals: Iterable[Arrival], *, seconds: int, sources: int = 2, kills: Collection[tuple[int, str]] = ()) -> Run:
    """Everything that follows from the arrivals in `seconds`.

    Args:
        kills: In which steps the score stage of a source ("0", "1") or the detect stage dies before its commit.
    """
    ordered = sorted(arrivals, key=lambda arrival: arrival.at)
    scores = [_Lane(lambda number=number: _score(number, sources), f"{number}") for number in range(sources)]
    detect = _Lane(_detect, DETECT)
    written: list[Outgoing] = []
    for step in range(seconds // STEP_SECONDS):
        until = (step + 1) * STEP_SECONDS
        now = datetime.fromtimestamp(START + until, UTC)
        while ordered and ordered[0].at < until:
            arrival = ordered.pop(0)
            scores[arrival.source].log.append(_record(arrival, len(scores[arrival.source].log)))
        for lane in scores:
            for made in lane.commit(now, killed=(step, lane.name) in kills):
                if made.kafka_topic == _KAFKA.partials:
                    detect.log.append(Record(Partition(_KAFKA.partials, 0), len(detect.log), made.key, made.value, 0))
        written += detect.commit(now, killed=(step, DETECT) in kills, snapshot=step % _SNAPSHOT_STEPS == 0)
    stage = detect.stage
    assert isinstance(stage, DetectStage)
    windows = [codec.decode_window(made.value) for made in written if made.kafka_topic == _KAFKA.windows]
    return Run(
        detections=tuple(codec.decode_detection(m.value) for m in written if m.kafka_topic == _KAFKA.detections),
        windows={(window.topic, window.start): window for window in windows},
        expected={topic.id: stage.expected(topic.id, 600) for topic in TOPICS},
    )


class _Lane:
    """One partition's stage with its log, its changelog and its committed position."""

    def __init__(self, make: Any, name: str) -> None:
        self._make = make
        self.name = name
        self.log: list[Record] = []
        self.stage: Stage = make()
        self._changelog: dict[bytes | None, Record] = {}
        self._committed: int | None = None

    def commit(self, now: datetime, *, killed: bool, snapshot: bool = False) -> list[Outgoing]:
        made, changes = self._work(now, snapshot=snapshot)
        if killed:
            self.stage = self._make()
            found = self.stage.restore(tuple(self._changelog.values()), self._committed)
            assert found.rebuilds == ()
            if self._committed is not None:
                self.stage.replay(self.log[found.replay_from or 0 : self._committed])
            made, changes = self._work(now, snapshot=snapshot)
        for change in changes:
            self._changelog.pop(change.key, None)
            if change.value is not None:
                partition = Partition(change.kafka_topic, 0)
                self._changelog[change.key] = Record(partition, 0, change.key, change.value, 0)
        self._committed = len(self.log)
        return made

    def _work(self, now: datetime, *, snapshot: bool) -> tuple[list[Outgoing], Sequence[Outgoing]]:
        fresh = self.log[self._committed or 0 :]
        if fresh:
            self.stage.fold(fresh, now)
        made = self.stage.flush(now, at_end=True)
        changes = self.stage.changes(len(self.log))
        return made, [*changes, *(self.stage.snapshot(len(self.log)) if snapshot else ())]


def _score(number: int, sources: int) -> ScoreStage:
    return ScoreStage(
        matcher=TopicMatcher(TOPICS),
        scorer=WordScorer(),
        kafka=_KAFKA,
        time=_TIME,
        settings=ScoreSettings(),
        source=Partition(_KAFKA.mentions, number),
        sources=sources,
        partials_partitions=1,
    )


def _detect() -> DetectStage:
    return DetectStage(0, kafka=_KAFKA, time=_TIME, detect=DetectSettings(quiet_hours_to_end=0.1), topics=TOPICS)


def _record(arrival: Arrival, offset: int) -> Record:
    accepted_ms = round((START + arrival.at) * 1000)
    key = f"x:{arrival.fields['id']}".encode()
    partition = Partition(_KAFKA.mentions, arrival.source)
    return Record(partition, offset, key, msgspec.json.encode({"platform": "x", **arrival.fields}), accepted_ms)
