"""The wiring of the stream side: settings in, roles out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Partition
from streams.clock import Clock
from streams.errors import AccessRefused, BrokerUnavailable
from streams.lane_traces import DetectTraces, ScoreTraces
from streams.live_matcher import LiveMatcher
from streams.metrics import StreamMetrics
from streams.role import Role, Shapes
from streams.sentiment.registry import scorer_of
from streams.settings import StreamSettings
from streams.stage_reading import reader
from streams.stages.base import Stage
from streams.stages.detect import DetectStage
from streams.stages.score import ScoreStage
from streams.topic_follower import TopicFollower
from streams.traced_stage import TracedStage
from streams.tracing import NO_TRACING, Tracing
from streams.worker import Worker, WorkerSettings

log = structlog.get_logger(__name__)

_FENCED_MARGIN_SECONDS: Final = 10.0


def score_role(
    settings: StreamSettings, broker: Broker, clock: Clock, metrics: StreamMetrics, tracing: Tracing = NO_TRACING
) -> Role:
    """Mentions in, partial counts and watermarks out, for the topics that are declared in Kafka."""
    kafka = settings.kafka
    live = LiveMatcher(clock)
    scorer = scorer_of(settings.score)

    def build(shapes: Shapes) -> Worker:
        def stage(partition: Partition) -> Stage:
            made = ScoreStage(
                matcher=live.matcher,
                scorer=scorer,
                kafka=kafka,
                time=settings.time,
                settings=settings.score,
                source=partition,
                sources=shapes[kafka.mentions].partitions,
                partials_partitions=shapes[kafka.partials].partitions,
            )
            live.serve(made)
            return TracedStage(made, ScoreTraces(tracing, kafka.partials)) if tracing.enabled else made

        return Worker(
            broker,
            score_group(settings),
            (kafka.mentions,),
            stage,
            changelog=kafka.score_state,
            clock=clock,
            settings=WorkerSettings(
                flush_seconds=settings.score.flush_seconds, fenced_seconds=_fenced_seconds(settings)
            ),
            metrics=metrics,
            reader=reader(kafka),
        )

    return Role(
        score_group(settings),
        broker=broker,
        clock=clock,
        metrics=metrics,
        needs=(
            kafka.topics,
            kafka.mentions,
            kafka.score_state,
            kafka.dead_letters,
            kafka.partials,
            kafka.replies,
        ),
        same_partitions=(kafka.mentions, kafka.score_state),
        build=build,
        topics=TopicFollower(broker, kafka, clock, live.changed),
    )


def detect_role(
    settings: StreamSettings, broker: Broker, clock: Clock, metrics: StreamMetrics, tracing: Tracing = NO_TRACING
) -> Role:
    """Partial counts and watermarks in, detections and window counts out."""
    kafka = settings.kafka

    def stage(partition: Partition) -> Stage:
        made = DetectStage(partition.number, kafka=kafka, time=settings.time, detect=settings.detect)
        return TracedStage(made, DetectTraces(tracing, kafka.detections)) if tracing.enabled else made

    def build(_: Shapes) -> Worker:
        return Worker(
            broker,
            detect_group(settings),
            (kafka.partials,),
            stage,
            changelog=kafka.detect_state,
            clock=clock,
            settings=WorkerSettings(
                snapshot_seconds=settings.detect.snapshot_seconds, fenced_seconds=_fenced_seconds(settings)
            ),
            metrics=metrics,
            reader=reader(kafka),
        )

    return Role(
        detect_group(settings),
        broker=broker,
        clock=clock,
        metrics=metrics,
        needs=(
            kafka.partials,
            kafka.detect_state,
            kafka.detect_anchors,
            kafka.detections,
            kafka.windows,
            kafka.watch,
            kafka.feeds,
        ),
        same_partitions=(kafka.partials, kafka.detect_state, kafka.detect_anchors),
        build=build,
    )


@asynccontextmanager
async def connected(broker: Broker, clock: Clock, stop: asyncio.Event) -> AsyncIterator[Broker]:
    """Enter `broker` as soon as it answers, however long that takes; say so once.

    Raises:
        AccessRefused: It answers, but does not let us in.
        BrokerUnavailable: `stop` was set before it answered.
    """
    backoff = Backoff()
    said = False
    while True:
        try:
            await broker.__aenter__()
        except AccessRefused:
            raise
        except BrokerUnavailable as exc:
            if not said:
                log.warning("broker.unavailable", reason=str(exc), then="retrying until it answers")
            said = True
            await sleep_unless(stop, backoff.next_seconds(), clock)
            if stop.is_set():
                raise
        else:
            break
    if said:
        log.info("broker.available")
    try:
        yield broker
    finally:
        await broker.__aexit__(None, None, None)


def score_group(settings: StreamSettings) -> str:
    """The consumer group of the score role."""
    return f"{settings.kafka.prefix}-score"


def detect_group(settings: StreamSettings) -> str:
    """The consumer group of the detect role."""
    return f"{settings.kafka.prefix}-detect"


def _fenced_seconds(settings: StreamSettings) -> float:
    """By then a member that lost its partition to somebody else has been told so by the group."""
    return settings.kafka.session_timeout_seconds + _FENCED_MARGIN_SECONDS
