"""Detections become incidents, window counts become history, public answers are remembered."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog

from alerting.canary_case import CanaryCase
from alerting.casework import Casework
from alerting.detection_reading import read_detection
from alerting.dispatch import Dispatch
from alerting.errors import DatabaseUnavailable, Stale
from alerting.follower import FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS, Follower, IntakeState, Said
from alerting.incidents.caseload import Caseload
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Transition
from alerting.incidents.outcome import Outcome
from alerting.incidents.store import Store, Unit
from alerting.metrics import AlertingMetrics
from alerting.reply_reading import read_replies
from alerting.trace_place import within
from alerting.untracked import Untracked
from streams.backoff import Backoff, sleep_unless
from streams.broker.base import Broker, Record
from streams.canary import CANARY
from streams.clock import Clock
from streams.codec import decode_window
from streams.erasure import without_authors
from streams.errors import StateCorrupted
from streams.events import Detection, WindowCount
from streams.settings import KafkaSettings
from streams.topic import Topic
from streams.tracing import NO_SPAN, NO_TRACING, Tracing, traceparent_in

log = structlog.get_logger(__name__)

DETECTIONS_PER_UNIT: Final = 20
WINDOWS_PER_UNIT: Final = 2_000  # a page waits for at most one such unit where the database has one writer
WINDOWS_LINGER_SECONDS: Final = 0.5

_WORST_FIRST: Final = (IntakeState.DATABASE_DOWN, IntakeState.KAFKA_DOWN, IntakeState.STARTING)


class Intake:
    """Takes in detections and window counts, each through a consumer group of its own: history never delays a page.

    A detection counts once, by its id; one that cannot be read is logged, counted and passed over. What it led to
    (incident, timeline, deliveries) commits together with the Kafka position.

    Args:
        topics: What is tracked; the topic table is made equal to it first. None waits for `know`.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        dispatch: Dispatch,
        topics: Sequence[Topic] | None,
        kafka: KafkaSettings,
        clock: Clock,
        metrics: AlertingMetrics,
        rng: random.Random | None = None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._tracing = tracing
        self._store = store
        self._dispatch = dispatch
        self._untracked = Untracked(store, dispatch, clock, metrics)
        self._topics: Mapping[str, Topic] = {}
        self._canaries = CanaryCase(metrics)
        self._kinship = Kinship(self._topics)
        self._caseloads: dict[str, Caseload] = {}
        self._unconfirmed = False
        self._news = asyncio.Event()
        self._first_saved = asyncio.Event()
        self._clock = clock
        self._erased: frozenset[int] = frozenset()
        self._metrics = metrics
        self._rng = rng
        self._topics_saved = True
        if topics is not None:
            self.know(topics)
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
        self._replies = Follower(
            "replies",
            broker=broker,
            store=store,
            clock=clock,
            metrics=metrics,
            group=f"{kafka.prefix}-alert-replies",
            kafka_topic=kafka.replies,
            take=self._take_replies,
            max_records=WINDOWS_PER_UNIT,
            linger_seconds=WINDOWS_LINGER_SECONDS,
            rng=rng,
        )

    @property
    def state(self) -> IntakeState:
        """The worst of all streams."""
        if not self._topics_saved:
            return IntakeState.DATABASE_DOWN
        states = {self._detections.state, self._windows.state, self._replies.state}
        return next((state for state in _WORST_FIRST if state in states), IntakeState.FOLLOWING)

    def dispatch_by(self, dispatch: Dispatch) -> None:
        """This decides who hears of what is taken in from now on; the unit in hand is finished as it was begun."""
        self._dispatch = dispatch
        self._untracked = Untracked(self._store, dispatch, self._clock, self._metrics)

    def know(self, topics: Sequence[Topic]) -> None:
        """These are the topics from now on, for names, owners and routes.

        The topic table follows, and open incidents about topics that are none any more are resolved.
        """
        self._topics = {topic.id: topic for topic in topics}
        self._kinship = Kinship(self._topics)
        self._caseloads = {}
        self._news.set()

    def forget(self, authors: frozenset[int]) -> None:
        """Nothing that detections still say of these authors, by their 64-bit hashes, is taken in from now on."""
        self._erased = authors

    async def run(self, stop: asyncio.Event) -> None:
        """Take in until `stop` is set, once the topics are known; the batches in hand are finished first."""
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep_topics(stop), name="intake.topics")
            if await self._topics_known(stop):
                async with asyncio.TaskGroup() as following:
                    following.create_task(self._detections.run(stop), name="intake.detections")
                    following.create_task(self._windows.run(stop), name="intake.windows")
                    following.create_task(self._replies.run(stop), name="intake.replies")
            keeping.cancel()

    async def _topics_known(self, stop: asyncio.Event) -> bool:
        async with asyncio.TaskGroup() as group:
            waits = [
                group.create_task(self._first_saved.wait(), name="intake.first_topics"),
                group.create_task(stop.wait(), name="intake.stop"),
            ]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        return not stop.is_set()

    async def _keep_topics(self, stop: asyncio.Event) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._save_topics(stop)
            self._first_saved.set()

    async def _save_topics(self, stop: asyncio.Event) -> None:
        backoff = Backoff(first_seconds=FIRST_BACKOFF_SECONDS, cap_seconds=MAX_BACKOFF_SECONDS, rng=self._rng)
        while not stop.is_set():
            try:
                async with self._store.begin() as unit:
                    await unit.save_topics(self._kinship.branded())
                await self._untracked.resolve(self._topics)
            except (DatabaseUnavailable, Stale) as exc:
                if self._topics_saved:
                    log.warning("intake.waiting", state=IntakeState.DATABASE_DOWN.value, reason=str(exc))
                self._topics_saved = False
                await sleep_unless(stop, backoff.next_seconds(), self._clock)
            else:
                self._topics_saved = True
                return

    def _nameless(self, detection: Detection) -> Detection:
        if not self._erased:
            return detection
        return msgspec.structs.replace(detection, evidence=without_authors(detection.evidence, self._erased))

    async def _take_detections(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        outcomes: list[tuple[Detection, Outcome]] = []
        unreadable: list[tuple[Record, str]] = []
        readable: list[Detection] = []
        duplicates = 0
        places: dict[str, str] = {}
        for record in records:
            try:
                detection = self._nameless(read_detection(record.value))
                readable.append(detection)
                places[detection.id] = traceparent_in(record.headers)
            except StateCorrupted as exc:
                unreadable.append((record, str(exc)))
        if self._unconfirmed:
            self._caseloads = {}  # the last unit failed: they may know what never came to be
        self._unconfirmed = True
        place = next((places[one.id] for one in readable if one.canary is not None), "")
        with within(self._tracing.begin("incident", place, topic=CANARY) if place else NO_SPAN):
            flown = await self._canaries.take(unit, readable, self._clock.now())
        readable = [detection for detection in readable if detection.canary is None]
        casework = Casework(unit, self._dispatch, self._topics, self._kinship, self._caseloads)
        await casework.begin(readable)
        for detection in readable:
            now = self._clock.now()
            if not await unit.first_sight(detection.id, detection.at):
                duplicates += 1
                continue
            await unit.keep_decision(detection)
            with within(self._tracing.begin("incident", places[detection.id], topic=detection.topic)):
                outcomes.append((detection, await casework.take(detection, now)))

        def said() -> None:
            self._unconfirmed = False
            flown()
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

    async def _take_replies(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        replies, unreadable = read_replies(records)
        replies = [reply for reply in replies if reply.author_number not in self._erased]
        await unit.record_replies(replies)

        def said() -> None:
            self._metrics.replies.inc(len(replies))
            for record, reason in unreadable:
                log.error(
                    "intake.reply_unreadable", partition=str(record.partition), offset=record.offset, reason=reason
                )

        return said

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
