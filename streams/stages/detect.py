"""The detect stage: a deterministic fold over one partition of partial counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.errors import StateCorrupted
from streams.event_time import EventTime
from streams.events import Definition, PartialCount, Watermark
from streams.feeds import Feeds
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.anchors import Anchors
from streams.stages.base import Restored
from streams.stages.detect_output import DetectOutput
from streams.stages.detect_snapshots import TIME_KEY, TOPIC_PREFIX, definition_in, records_of, state_of, topics_in
from streams.stages.feed_record import reported
from streams.stages.topic_watch import Told, TopicWatch
from streams.stages.tracked_topics import definition_of, topic_of
from streams.topic import Topic
from streams.watched import Unwatched
from streams.windows import MINUTE, Arrival


class _Counts(msgspec.Struct):
    partials_read: int = 0
    mentions_late: int = 0
    mentions_lost: int = 0
    partials_of_unknown_topics: int = 0
    history_ignored: int = 0


class DetectStage:
    """Adds deltas into windows, decides on the arrival of each, learns from final windows only.

    What it puts out depends on the log alone: not on clocks, nor on how records are batched. Detections and window
    counts are keyed by topic. Implements `Stage`.

    Args:
        partition: Number of the partials partition, and of the changelog partition that goes with it.
        topics: What is watched before the log says more; partial counts of other topics are counted and ignored.
    """

    def __init__(
        self,
        partition: int,
        *,
        kafka: KafkaSettings,
        time: TimeSettings,
        detect: DetectSettings,
        topics: Iterable[Topic] = (),
    ) -> None:
        self._partition = partition
        self._output = DetectOutput(kafka, partition)
        self._kafka, self._anchors = kafka, Anchors(kafka.detect_anchors, partition)
        self._time_settings, self._detect_settings = time, detect
        self._definitions = {topic.id: definition_of(topic) for topic in topics}
        self._time, self._feeds = EventTime(), Feeds()
        self._watches: dict[str, TopicWatch] = {}
        self._active, self._changed = set[str](), set[str]()
        self._included: dict[str, int] = {}
        self._time_included = self._offset = 0
        self._outgoing: list[Outgoing] = []
        self._counts = _Counts()
        self._rebuilding: DetectStage | None = None
        self._broken: dict[bytes, str] = {}
        self._foreign: tuple[bytes, ...] = ()

    @property
    def watermark_ms(self) -> int | None:
        """How far event time has come, milliseconds since 1970; None before it began."""
        return self._time.now_ms

    def counts(self) -> dict[str, int]:
        """Totals since the stage was made.

        `mentions_late` came after their minute was final: counted and corrected, not learned from. `mentions_lost` came
        when it was no longer kept: no window could be corrected. `history_ignored` are partial counts of the past for
        topics that were live already.
        """
        written = {"windows_written": self._output.windows, "detections_written": self._output.detections}
        return msgspec.structs.asdict(self._counts) | written

    def expected(self, topic: str, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while the topic is warming up or unknown."""
        watch = self._watches.get(topic)
        return None if watch is None else watch.expected(seconds)

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        """Take in records of the partials topic, oldest first; the clock plays no part.

        Raises:
            StateCorrupted: A record is no partial count, no watermark and no definition.
        """
        del now
        for record in records:
            self._outgoing.extend(self._take(record))

    def replay(self, records: Sequence[Record]) -> None:
        """Fold records whose outputs are already committed.

        Raises:
            StateCorrupted: A record is no partial count, no watermark and no definition.
        """
        for record in records:
            self._take(record)

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:
        """What was told since the last flush."""
        del now, at_end
        self._outgoing, told = [], self._outgoing
        return told

    def _take(self, record: Record) -> list[Outgoing]:
        if self._rebuilding is not None:
            if record.offset < self._time_included:
                if record.key is None or record.key in self._broken:
                    self._rebuilding.replay((record,))
                return []  # every other topic includes it
            self._finish_rebuilding(record.offset)
        self._offset = record.offset
        value = codec.decode_of_partials(record.value)
        if isinstance(value, Watermark):
            return self._pass_time(value, record.offset) if record.offset >= self._time_included else []
        if isinstance(value, Definition):
            return [self._encode(told) for told in self._define(value, record.offset)]
        return self._add(value, record.offset)

    def _add(self, partial: PartialCount, offset: int) -> list[Outgoing]:
        if offset < self._included.get(partial.topic, self._time_included):
            return []
        self._counts.partials_read += 1
        watch = self._watch(partial.topic)
        if watch is None:
            self._counts.partials_of_unknown_topics += 1
            return []
        if partial.history and watch.is_live:
            self._counts.history_ignored += 1
            return []
        arrival, told = watch.add(partial, self._time.second)
        if arrival is Arrival.LATE:
            self._counts.mentions_late += max(partial.tally.mentions, 0)
        elif arrival is Arrival.LOST:
            self._counts.mentions_lost += max(partial.tally.mentions, 0)
        self._changed.add(partial.topic)
        if watch.is_active:
            self._active.add(partial.topic)
        return [self._encode(value) for value in told]

    def _define(self, definition: Definition, offset: int) -> list[Unwatched]:
        """Every input partition brings its own copy, a slow one perhaps an older: the highest revision holds."""
        topic_id = definition.topic
        if offset < self._included.get(topic_id, self._time_included):
            return []
        before = self._definitions.get(topic_id)
        if before is not None and definition.revision <= before.revision:
            return []
        self._definitions[topic_id] = definition
        self._changed.add(topic_id)
        watch = self._watches.get(topic_id)
        if watch is None:
            return []
        if definition.removed:
            del self._watches[topic_id]
            self._active.discard(topic_id)
            return [Unwatched(topic_id)] if watch.is_watched else []
        afresh = before is not None and before.subject != definition.subject
        watch.redefine(topic_of(definition), afresh=afresh)
        return []

    def _pass_time(self, watermark: Watermark, offset: int) -> list[Outgoing]:
        before = self._time.second
        self._time.observe(watermark)
        feeds = self._feeds.observe(watermark)  # every partition has to know, one of them speaks
        outgoing = [*map(self._encode, feeds), *reported(self._feeds, self._kafka)] if self._partition == 0 else []
        now = self._time.second
        if now is None or (before is not None and self._marks(before) == self._marks(now)):
            return outgoing
        for topic in sorted(self._active):
            if offset < self._included.get(topic, 0):
                continue
            watch = self._watches[topic]
            outgoing += [self._encode(value) for value in watch.tick(now)]
            self._changed.add(topic)
            if not watch.is_active:
                self._active.discard(topic)
        return outgoing

    def _marks(self, now: int) -> tuple[int, int]:
        """The minutes that have closed and that have become final: between two marks nothing happens."""
        return now // MINUTE, int((now - self._time_settings.grace_seconds) // MINUTE)

    def _watch(self, topic_id: str) -> TopicWatch | None:
        watch = self._watches.get(topic_id)
        definition = self._definitions.get(topic_id)
        if watch is None and definition is not None and not definition.removed:
            watch = self._watches[topic_id] = TopicWatch(
                topic_of(definition), time=self._time_settings, detect=self._detect_settings, feeds=self._feeds
            )
        return watch

    def _encode(self, value: Told) -> Outgoing:
        return self._output.encode(value, self._offset)

    def changes(self, next_offset: int) -> list[Outgoing]:  # noqa: ARG002
        """Nothing: state is kept as snapshots."""
        return []

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """A record for each topic changed since the last call, then one for time; valid up to `next_offset`.

        In front of them stand the day's first ones once more, as anchors.
        """
        self._finish_rebuilding(next_offset)
        time = records_of(TIME_KEY, next_offset, time=self._time.snapshot(), feeds=self._feeds.snapshot())
        records = [Outgoing(self._kafka.detect_state, key, None, partition=self._partition) for key in self._foreign]
        self._foreign = ()
        made = {topic: self._saved(topic, next_offset) for topic in sorted(self._changed)}
        self._changed.clear()
        saved = [*(pair for pairs in made.values() for pair in pairs), *time]
        records += [Outgoing(self._kafka.detect_state, key, value, partition=self._partition) for key, value in saved]
        return self._anchors.of(self._time.second, made, time) + records

    def _saved(self, topic: str, next_offset: int) -> list[tuple[bytes, bytes]]:
        watch = self._watches.get(topic)
        definition = msgspec.to_builtins(self._definitions[topic])
        state = None if watch is None else watch.snapshot()
        return records_of(TOPIC_PREFIX + topic.encode(), next_offset, definition=definition, watch=state)

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """Load the newest snapshot of each topic; answer from where partial counts are to be replayed.

        A topic whose snapshot is newer than the others' skips what it already includes. One whose snapshot cannot be
        read is built anew from all partial counts that are still there, in silence; without a readable time, all are.
        """
        del committed
        newest = {record.key: record.value for record in changelog if record.key and record.value is not None}
        if TIME_KEY not in newest:
            return Restored(None)  # the first snapshot was cut short: what there is of it skips nothing
        try:
            state = state_of(newest, TIME_KEY, "time", "feeds")
            self._time.restore(state["time"])
            self._feeds.restore(state["feeds"])
        except StateCorrupted as exc:
            self._time, self._feeds = EventTime(), Feeds()
            return Restored(None, (str(exc),))
        self._time_included = state["next_offset"]
        broken: dict[str, str] = {}
        for topic, key in topics_in(newest):
            try:
                self._restore_topic(topic, state_of(newest, key, "definition", "watch"))
            except StateCorrupted as exc:
                broken[topic] = str(exc)
        if broken:
            self._rebuild(tuple(broken))
        return Restored(None if broken else self._time_included, tuple(broken.values()))

    def _restore_topic(self, topic: str, state: dict[str, Any]) -> None:
        stored = definition_in(state, topic)
        known = self._definitions.get(topic)
        if known is None or known.revision <= stored.revision:
            self._definitions[topic] = stored
        watch = self._watch(topic) if state["watch"] is not None else None
        if watch is not None:
            watch.restore(state["watch"])
            if watch.is_active:
                self._active.add(topic)
        self._included[topic] = max(state["next_offset"], self._time_included)

    def _rebuild(self, topics: tuple[str, ...]) -> None:
        """Fold the log up to the snapshots once more, for these topics alone and with a time of their own."""
        for topic in topics:
            self._watches.pop(topic, None)
        self._broken = {topic.encode(): topic for topic in topics}
        afresh = DetectStage(self._partition, kafka=self._kafka, time=self._time_settings, detect=self._detect_settings)
        afresh._definitions = {topic: self._definitions[topic] for topic in topics if topic in self._definitions}
        self._rebuilding = afresh

    def _finish_rebuilding(self, reached: int) -> None:
        """Take over what was built anew, once the log was read as far as the snapshots go."""
        rebuilt = self._rebuilding
        if rebuilt is None or reached < self._time_included:
            return
        self._rebuilding = None
        for key, topic in self._broken.items():
            definition, watch = rebuilt._definitions.get(topic), rebuilt._watches.get(topic)  # noqa: SLF001
            if definition is None:
                self._foreign += (TOPIC_PREFIX + key,)  # nobody knows it any more
                continue
            self._definitions[topic] = definition
            self._included[topic] = self._time_included
            self._changed.add(topic)
            if watch is not None:
                self._watches[topic] = watch
                if watch.is_active:
                    self._active.add(topic)
