"""The detect stage: a deterministic fold over one partition of partial counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.canary import CANARY
from streams.codec import OfPartials
from streams.definition import Definition
from streams.errors import StateCorrupted
from streams.event_time import EventTime
from streams.events import PartialCount, Watermark
from streams.feeds import Feeds
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.base import Restored
from streams.stages.detect_canaries import DetectCanaries
from streams.stages.detect_output import DetectOutput
from streams.stages.detect_snapshots import TIME_KEY, TOPIC_PREFIX, definition_in, records_of, state_of, topics_in
from streams.stages.feed_record import reported
from streams.stages.sliced_snapshot import SLICE_TOPICS, Pairs, SlicedSnapshot
from streams.stages.topic_watch import Told
from streams.stages.watched_topics import WatchedTopics
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
        slice_topics: The most topics in a slice of a snapshot.
    """

    def __init__(
        self,
        partition: int,
        *,
        kafka: KafkaSettings,
        time: TimeSettings,
        detect: DetectSettings,
        topics: Iterable[Topic] = (),
        slice_topics: int = SLICE_TOPICS,
    ) -> None:
        self._partition = partition
        self._output = DetectOutput(kafka, partition)
        self._kafka, self._saving = kafka, SlicedSnapshot(kafka, partition, self._saved, most=slice_topics)
        self._time_settings, self._detect_settings = time, detect
        self._time, self._feeds = EventTime(), Feeds()
        self._topics = WatchedTopics(topics, time=time, detect=detect, feeds=self._feeds, born=self._saving.born)
        self._included: dict[str, int] = {}
        self._time_included = self._offset = 0
        self._outgoing: list[Outgoing] = []
        self._counts = _Counts()
        self._canaries = DetectCanaries(time, detect)
        self._rebuilding: DetectStage | None = None
        self._broken: frozenset[str] = frozenset()
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
        written["canaries"] = self._canaries.total
        return msgspec.structs.asdict(self._counts) | written

    def expected(self, topic: str, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while the topic is warming up or unknown."""
        watch = self._topics.get(topic)
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
        values = codec.decode_of_partials(record.value)
        if self._rebuilding is not None:
            if record.offset < self._time_included:
                for value in values:
                    if isinstance(value, Watermark) or value.topic in self._broken:
                        self._rebuilding._take_one(value, record.offset)  # noqa: SLF001
                return []  # every other topic includes it
            self._finish_rebuilding(record.offset)
        self._offset = record.offset
        told: list[Outgoing] = []
        for value in values:
            told += self._take_one(value, record.offset)
        return told

    def _take_one(self, value: OfPartials, offset: int) -> list[Outgoing]:
        if isinstance(value, PartialCount):
            return self._add(value, offset)
        if isinstance(value, Watermark):
            return self._pass_time(value, offset) if offset >= self._time_included else []
        return [self._encode(told) for told in self._define(value, offset)]

    def _add(self, partial: PartialCount, offset: int) -> list[Outgoing]:
        topic = partial.topic
        if offset < self._included.get(topic, self._time_included):
            return []
        if topic == CANARY:
            flown = self._canaries.take(partial, self._time.second)
            return [] if flown is None else [self._encode(flown)]
        self._counts.partials_read += 1
        watch = self._topics.of(topic)
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
        self._saving.touch(topic)
        self._topics.spoke(topic, watch)
        return [self._encode(value) for value in told] if told else []

    def _define(self, definition: Definition, offset: int) -> list[Unwatched]:
        topic = definition.topic
        if offset < self._included.get(topic, self._time_included):
            return []
        watch = self._topics.get(topic)
        if not self._topics.define(definition):
            return []
        self._saving.touch(topic)
        return [Unwatched(topic)] if definition.removed and watch is not None and watch.is_watched else []

    def _pass_time(self, watermark: Watermark, offset: int) -> list[Outgoing]:
        before = self._time.second
        self._time.observe(watermark)
        if watermark.erased:
            heard = {topic for topic, included in self._included.items() if offset < included}  # they forgot already
            self._saving.touch_all(self._topics.erase(frozenset(watermark.erased), but=heard))
        feeds = self._feeds.observe(watermark)  # every partition has to know, one of them speaks
        outgoing = [*map(self._encode, feeds), *reported(self._feeds, self._kafka)] if self._partition == 0 else []
        now = self._time.second
        if now is None or (before is not None and self._marks(before) == self._marks(now)):
            return outgoing
        for topic, watch in self._topics.active():
            if offset < self._included.get(topic, 0):
                continue
            outgoing += [self._encode(value) for value in watch.tick(now)]
            self._saving.touch(topic)
            self._topics.ticked(topic, watch)
        return outgoing

    def _marks(self, now: int) -> tuple[int, int]:
        """The minutes that have closed and that have become final: between two marks nothing happens."""
        return now // MINUTE, int((now - self._time_settings.grace_seconds) // MINUTE)

    def _encode(self, value: Told) -> Outgoing:
        return self._output.encode(value, self._offset)

    @property
    def is_saving(self) -> bool:
        """A snapshot has begun and more slices of it are to come."""
        return self._saving.under_way

    def changes(self, next_offset: int) -> list[Outgoing]:
        """A record for each topic that is new: what its peers taught it cannot be asked a second time."""
        self._finish_rebuilding(next_offset)
        return self._saving.newborn(next_offset)

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """A record for each topic changed since the last call, then one for time; valid up to `next_offset`.

        In front of them stand the day's first ones once more, as anchors, and before all what a snapshot that is under
        way still lacks.
        """
        made = self._saving.rest(next_offset)
        return made + self._begun(next_offset) + self._saving.rest(next_offset)

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:
        """The next slice of a snapshot, which begins with the first one."""
        begun = [] if self._saving.under_way else self._begun(next_offset)
        return begun + self._saving.take(next_offset)

    def _begun(self, next_offset: int) -> list[Outgoing]:
        """Begin a snapshot; answers what has to go before it."""
        self._finish_rebuilding(next_offset)
        time = records_of(TIME_KEY, next_offset, time=self._time.snapshot(), feeds=self._feeds.snapshot())
        self._saving.begin(self._time.second, time)
        gone = [key for topic, key in topics_in(self._foreign) if self._topics.definition(topic) is None]
        self._foreign = ()
        return [Outgoing(self._kafka.detect_state, key, None, partition=self._partition) for key in gone]

    def _saved(self, topic: str, next_offset: int) -> Pairs:
        watch = self._topics.get(topic)
        definition = msgspec.to_builtins(self._topics.definition(topic))
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
            self._time = EventTime()
            self._feeds.restore(Feeds().snapshot())  # as new: what is watched listens to this very object
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
        self._topics.restore(definition_in(state, topic), state["watch"])
        self._included[topic] = max(state["next_offset"], self._time_included)

    def _rebuild(self, topics: tuple[str, ...]) -> None:
        """Fold the log up to the snapshots once more, for these topics alone and with a time of their own."""
        for topic in topics:
            self._topics.forget(topic)
        self._broken = frozenset(topics)
        afresh = DetectStage(self._partition, kafka=self._kafka, time=self._time_settings, detect=self._detect_settings)
        afresh._topics = self._topics.only(topics, afresh._feeds)
        self._rebuilding = afresh

    def _finish_rebuilding(self, reached: int) -> None:
        """Take over what was built anew, once the log was read as far as the snapshots go."""
        rebuilt = self._rebuilding
        if rebuilt is None or reached < self._time_included:
            return
        self._rebuilding = None
        for topic in sorted(self._broken):
            if self._topics.take_over(topic, rebuilt._topics):  # noqa: SLF001
                self._included[topic] = self._time_included
                self._saving.touch(topic)
            else:
                self._foreign += (TOPIC_PREFIX + topic.encode(),)  # nobody knows it any more
