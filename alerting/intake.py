"""Detections become incidents, window counts become history."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from alerting.casework import Casework
from alerting.dispatch import Dispatch
from alerting.errors import DatabaseUnavailable
from alerting.follower import FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS, Follower, IntakeState, Said
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.store import Store, Unit
from alerting.metrics import AlertingMetrics
from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Record
from streams.clock import Clock
from streams.codec import decode_detection, decode_window
from streams.errors import StateCorrupted
from streams.events import Detection, WindowCount
from streams.settings import KafkaSettings
from streams.topic import Topic

log = structlog.get_logger(__name__)

DETECTIONS_PER_UNIT: Final = 200
WINDOWS_PER_UNIT: Final = 2_000  # a page waits for at most one such unit where the database has one writer
WINDOWS_LINGER_SECONDS: Final = 0.5

_WORST_FIRST: Final = (IntakeState.DATABASE_DOWN, IntakeState.KAFKA_DOWN, IntakeState.STARTING)


class Intake:
    """Takes in detections and window counts, each through a consumer group of its own: history never delays a page.

    A detection counts once, by its id; one that cannot be read is logged, counted and passed over. What it led to
    (incident, timeline, deliveries) commits together with the Kafka position.

    Args:
        topics: As configured; the topic table is made equal to them first.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        dispatch: Dispatch,
        topics: Sequence[Topic],
        kafka: KafkaSettings,
        clock: Clock,
        metrics: AlertingMetrics,
        rng: random.Random | None = None,
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._topics: Mapping[str, Topic] = {topic.id: topic for topic in topics}
        self._kinship = Kinship(self._topics)
        self._clock = clock
        self._metrics = metrics
        self._rng = rng
        self._topics_saved = True
        self._detections = Follower(
            "detections",
            broker=broker,
            store=store,
            clock=clock,
            metrics=metrics,
            group=f"{kafka.prefix}-alert",
            kafka_topic=kafka.detections,
            take=self._take_detections,
            max_records=DETECTIONS_PER_UNIT,
            rng=rng,
        )
        self._windows = Follower(
            "windows",
            broker=broker,
            store=store,
            clock=clock,
            metrics=metrics,
            group=f"{kafka.prefix}-alert-windows",
            kafka_topic=kafka.windows,
            take=self._take_windows,
            max_records=WINDOWS_PER_UNIT,
            linger_seconds=WINDOWS_LINGER_SECONDS,
            rng=rng,
        )

    @property
    def state(self) -> IntakeState:
        """The worse of both streams."""
        if not self._topics_saved:
            return IntakeState.DATABASE_DOWN
        states = {self._detections.state, self._windows.state}
        return next((state for state in _WORST_FIRST if state in states), IntakeState.FOLLOWING)

    async def run(self, stop: asyncio.Event) -> None:
        """Take in until `stop` is set; the batches in hand are finished first."""
        await self._save_topics(stop)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._detections.run(stop), name="intake.detections")
            group.create_task(self._windows.run(stop), name="intake.windows")

    async def _save_topics(self, stop: asyncio.Event) -> None:
        backoff = Backoff(first_seconds=FIRST_BACKOFF_SECONDS, cap_seconds=MAX_BACKOFF_SECONDS, rng=self._rng)
        while not stop.is_set():
            try:
                async with self._store.begin() as unit:
                    await unit.save_topics(tuple(self._topics.values()))
            except DatabaseUnavailable as exc:
                if self._topics_saved:
                    log.warning("intake.waiting", state=IntakeState.DATABASE_DOWN.value, reason=str(exc))
                self._topics_saved = False
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
            else:
                self._topics_saved = True
                return

    async def _take_detections(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        outcomes: list[tuple[Detection, Outcome]] = []
        unreadable: list[tuple[Record, str]] = []
        readable: list[Detection] = []
        duplicates = 0
        for record in records:
            try:
                readable.append(_sound(decode_detection(record.value)))
            except StateCorrupted as exc:
                unreadable.append((record, str(exc)))
        casework = Casework(unit, self._dispatch, self._topics, self._kinship)
        await casework.begin(readable)
        for detection in readable:
            now = self._clock.now()
            if not await unit.first_sight(detection.id, detection.at):
                duplicates += 1
                continue
            outcomes.append((detection, await casework.take(detection, now)))

        def said() -> None:
            self._metrics.detections.labels("duplicate").inc(duplicates)
            for record, reason in unreadable:
                self._metrics.detections.labels("unreadable").inc()
                log.error(
                    "intake.detection_unreadable", partition=str(record.partition), offset=record.offset, reason=reason
                )
            for detection, outcome in outcomes:
                self._say(detection, outcome)

        return said

    def _say(self, detection: Detection, outcome: Outcome) -> None:
        self._metrics.detections.labels("new").inc()
        incident = outcome.incident
        if incident is None or incident.history or outcome.transition is Transition.UNCHANGED:
            return
        self._metrics.transitions.labels(outcome.transition.value).inc()
        log.info(
            "incident.changed",
            transition=outcome.transition.value,
            incident=incident.id,
            topic=incident.topic,
            severity=incident.severity.value,
            detector=detection.detector,
        )

    async def _take_windows(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        windows: list[WindowCount] = []
        unreadable: list[tuple[Record, str]] = []
        for record in records:
            try:
                windows.append(decode_window(record.value))
            except StateCorrupted as exc:
                unreadable.append((record, str(exc)))
        if windows:
            await unit.record_windows(windows)

        def said() -> None:
            self._metrics.windows.inc(len(windows))
            self._metrics.windows_unreadable.inc(len(unreadable))
            for record, reason in unreadable:
                log.error(
                    "intake.window_unreadable", partition=str(record.partition), offset=record.offset, reason=reason
                )

        return said


def _sound(detection: Detection) -> Detection:
    """The detection itself.

    Raises:
        StateCorrupted: It can be read and yet makes no sense; only a foreign writer would say so.
    """
    evidence = detection.evidence
    if detection.at.tzinfo is None or detection.onset.tzinfo is None:
        raise StateCorrupted("a time has no time zone")
    if evidence.window_seconds < 1 or evidence.observed < 0 or evidence.expected < 0:
        raise StateCorrupted("a window without length, or a negative count")
    return detection
