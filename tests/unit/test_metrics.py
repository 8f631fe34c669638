import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from streams.broker.base import Partition
from streams.matching import TopicMatcher
from streams.metrics import StreamMetrics
from streams.readiness import Readiness
from streams.sentiment.none import NoScorer
from streams.settings import StreamSettings
from streams.stage_reading import CountingStage, StageReading, reader
from streams.stages.base import Stage
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage

SETTINGS = StreamSettings()
ZERO = Partition("mentions", 0)
SCORE = ScoreStage(
    matcher=TopicMatcher(()),
    scorer=NoScorer(),
    kafka=SETTINGS.kafka,
    time=SETTINGS.time,
    settings=SETTINGS.score,
    source=ZERO,
    sources=1,
    partials_partitions=1,
)
DETECT = DetectStage(0, kafka=SETTINGS.kafka, time=SETTINGS.time, detect=SETTINGS.detect, topics=())


@pytest.mark.parametrize("stage", [SCORE, DETECT])
def test_everything_that_a_stage_counts_has_a_metric(stage: Stage) -> None:
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    assert isinstance(stage, CountingStage)

    totals = reader(SETTINGS.kafka)(stage, ()).totals

    metrics.read("g", ZERO, StageReading(totals=dict.fromkeys(totals, 7)), since=StageReading(), now=0.0)
    missing = {name for name in totals if registry.get_sample_value(f"tocsin_{name}_total") != 7}
    # Detections are counted by phase; of canaries the time of the last one is shown.
    assert missing - {"detections_written", "canaries"} == set()


def test_counts_what_came_since_the_reading_before_and_nothing_twice() -> None:
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    three, four, five = (StageReading(totals={"mentions_read": total}) for total in (3, 4, 5))

    metrics.read("g", ZERO, five, since=StageReading(), now=0.0)
    metrics.read("g", ZERO, four, since=three, now=0.0)  # of a new stage, three were replayed
    metrics.forget("g", ZERO)
    metrics.read("g", ZERO, five, since=four, now=None)  # a commit that ended after the partition was let go

    assert registry.get_sample_value("tocsin_mentions_read_total") == 5 + 1 + 1


def test_says_how_far_event_time_is_behind() -> None:
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)

    metrics.read("g", ZERO, StageReading(event_seconds=95.0), since=StageReading(), now=100.0)

    labels = {"group": "g", "kafka_topic": "mentions", "partition": "0"}
    assert registry.get_sample_value("tocsin_watermark_delay_seconds", labels) == 5.0


def test_a_partition_that_went_to_somebody_else_is_not_reported_any_more() -> None:
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    labels = {"group": "g", "kafka_topic": "mentions", "partition": "0"}
    metrics.lag("g", ZERO, 12)
    assert registry.get_sample_value("tocsin_lag_records", labels) == 12

    metrics.forget("g", ZERO)

    assert registry.get_sample_value("tocsin_lag_records", labels) is None


def test_a_lag_that_nobody_knows_is_not_zero() -> None:
    registry = CollectorRegistry()

    StreamMetrics(registry).lag("g", ZERO, None)

    labels = {"group": "g", "kafka_topic": "mentions", "partition": "0"}
    assert registry.get_sample_value("tocsin_lag_records", labels) is None


@pytest.mark.parametrize("readiness", list(Readiness))
def test_ready_is_one_only_where_the_answer_is_ready(readiness: Readiness) -> None:
    registry = CollectorRegistry()

    StreamMetrics(registry).show_readiness("g", readiness)

    ready = registry.get_sample_value("tocsin_stream_ready", {"group": "g"})
    assert ready == (1 if readiness in {Readiness.READY, Readiness.STANDBY} else 0)


def test_two_processes_worth_of_metrics_live_side_by_side() -> None:
    StreamMetrics(CollectorRegistry())
    StreamMetrics(CollectorRegistry())


def test_every_name_is_ours_and_in_base_units() -> None:
    registry = CollectorRegistry()
    StreamMetrics(registry)

    names = re.findall(r"^# TYPE (\S+) ", generate_latest(registry).decode(), re.MULTILINE)

    assert names
    assert all(name.startswith("tocsin_") for name in names)
    assert not [name for name in names if re.search(r"_(ms|millis|minutes|kb)(_|$)", name)]


def test_nobody_else_in_streams_declares_metrics() -> None:
    folder = Path(__file__).parents[2] / "streams"

    declaring = {path.name for path in folder.rglob("*.py") if "prometheus_client" in path.read_text()}

    assert declaring == {"metrics.py"}
