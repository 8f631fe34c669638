"""The detect stage: a deterministic fold over one partition of partial counts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.errors import StateCorrupted
from streams.event_time import EventTime
from streams.events import Definition, Detection, PartialCount, Watermark, WindowCount
from streams.settings import DetectSettings, KafkaSettings, TimeSettings
from streams.stages.base import Restored
from streams.stages.topic_watch import TopicWatch
from streams.stages.tracked_topics import definition_of
from streams.topic import Topic
from streams.windows import MINUTE, Arrival

_VERSION: Final = 2
_TIME_KEY: Final = b"time"
_TOPIC_PREFIX: Final = b"topic/"


class _Counts(msgspec.Struct):
    partials_read: int = 0
    windows_written: int = 0
    detections_written: int = 0
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
        self._kafka = kafka
        self._time_settings = time
        self._detect_settings = detect
        self._definitions = {topic.id: definition_of(topic) for topic in topics}
        self._time = EventTime()
        self._watches: dict[str, TopicWatch] = {}
        self._active: set[str] = set()
        self._changed: set[str] = set()
        self._included: dict[str, int] = {}
        self._time_included = 0
        self._outgoing: list[Outgoing] = []
        self._counts = _Counts()

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
        return msgspec.structs.asdict(self._counts)

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
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def _take(self, record: Record) -> list[Outgoing]:
        value = codec.decode_of_partials(record.value)
        if isinstance(value, Watermark):
            return self._pass_time(value, record.offset) if record.offset >= self._time_included else []
        if isinstance(value, Definition):
            self._define(value, record.offset)
            return []
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

    def _define(self, definition: Definition, offset: int) -> None:
        """Every input partition brings its own copy, a slow one perhaps an older: the highest revision holds."""
        topic_id = definition.topic
        if offset < self._included.get(topic_id, self._time_included):
            return
        before = self._definitions.get(topic_id)
        if before is not None and definition.revision <= before.revision:
            return
        self._definitions[topic_id] = definition
        self._changed.add(topic_id)
        watch = self._watches.get(topic_id)
        if watch is None:
            return
        if definition.removed:
            del self._watches[topic_id]
            self._active.discard(topic_id)
        else:
            afresh = before is not None and before.subject != definition.subject
            watch.redefine(_topic(definition), afresh=afresh)

    def _pass_time(self, watermark: Watermark, offset: int) -> list[Outgoing]:
        before = self._time.second
        self._time.observe(watermark)
        now = self._time.second
        if now is None or (before is not None and self._marks(before) == self._marks(now)):
            return []
        outgoing = []
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
                _topic(definition), time=self._time_settings, detect=self._detect_settings
            )
        return watch

    def _encode(self, value: WindowCount | Detection) -> Outgoing:
        key = value.topic.encode()
        if isinstance(value, Detection):
            self._counts.detections_written += 1
            return Outgoing(self._kafka.detections, key, codec.encode_detection(value))
        self._counts.windows_written += 1
        return Outgoing(self._kafka.windows, key, codec.encode_window(value))

    def changes(self, next_offset: int) -> list[Outgoing]:  # noqa: ARG002
        """Nothing: state is kept as snapshots."""
        return []

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """A record for each topic changed since the last call, then one for time; valid up to `next_offset`."""
        records = []
        for topic in sorted(self._changed):
            watch = self._watches.get(topic)
            state = {
                "version": _VERSION,
                "next_offset": next_offset,
                "definition": msgspec.to_builtins(self._definitions[topic]),
                "watch": None if watch is None else watch.snapshot(),
            }
            records.append(self._changelog(_TOPIC_PREFIX + topic.encode(), state))
        self._changed.clear()
        records.append(
            self._changelog(_TIME_KEY, {"version": _VERSION, "next_offset": next_offset, "time": self._time.snapshot()})
        )
        return records

    def _changelog(self, key: bytes, state: dict[str, Any]) -> Outgoing:
        return Outgoing(self._kafka.detect_state, key, codec.encode_snapshot(state), partition=self._partition)

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """Load the newest snapshot of each topic; answer from where partial counts are to be replayed.

        A topic whose snapshot is newer than the others' skips what it already includes.

        Raises:
            StateCorrupted: A snapshot cannot be read or is of another version.
        """
        del committed
        newest = {record.key: record.value for record in changelog if record.value is not None}
        if _TIME_KEY not in newest:
            return Restored(
                None
            )  # the first snapshot was cut short: what there is of it skips nothing, so start afresh
        state = _state(newest[_TIME_KEY], _TIME_KEY)
        self._time.restore(state["time"])
        self._time_included = state["next_offset"]
        for key, value in newest.items():
            if key is None or not key.startswith(_TOPIC_PREFIX):
                continue
            topic = key.removeprefix(_TOPIC_PREFIX).decode(errors="replace")
            state = _state(value, key)
            self._included[topic] = max(state["next_offset"], self._time_included)
            self._restore_definition(topic, state)
            watch = self._watch(topic) if state["watch"] is not None else None
            if watch is not None:
                watch.restore(state["watch"])
                if watch.is_active:
                    self._active.add(topic)
        return Restored(self._time_included)

    def _restore_definition(self, topic: str, state: dict[str, Any]) -> None:
        try:
            stored = msgspec.convert(state["definition"], Definition)
        except (KeyError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of topic {topic!r} lacks its definition: {exc!r}") from exc
        known = self._definitions.get(topic)
        if known is None or known.revision <= stored.revision:
            self._definitions[topic] = stored


def _state(value: bytes | None, key: bytes) -> dict[str, Any]:
    state = codec.decode_snapshot(value or b"")
    if not isinstance(state, dict) or state.get("version") != _VERSION:
        raise StateCorrupted(f"the snapshot {key!r} is no version {_VERSION} of the detect stage's")
    if not isinstance(state.get("next_offset"), int) or not ("watch" in state or "time" in state):
        raise StateCorrupted(f"the snapshot {key!r} of the detect stage lacks its offset or its body")
    return state


def _topic(definition: Definition) -> Topic:
    """As much of the topic as detection depends on."""
    since = definition.collecting_since
    return Topic(
        id=definition.topic,
        name=definition.topic,
        query="",
        revision=definition.revision,
        pages_per_week=definition.pages_per_week,
        collecting_since=None if since is None else datetime.fromtimestamp(since, UTC),
    )
