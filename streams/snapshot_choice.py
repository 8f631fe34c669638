"""From which state a replay can begin, so that the log that is left goes on from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from streams import codec
from streams.broker.base import Record
from streams.errors import StateCorrupted
from streams.stages.detect import DetectStage
from streams.stages.detect_snapshots import TIME_KEY, topics_in

_NOWHERE: Final = -1


class Begin(msgspec.Struct, frozen=True):
    """A stage that has taken over a state, or none.

    Attributes:
        start: The first record of the partials that it does not include.
        since: Event time of its state; None without one.
        topics: From where on single topics count, if later than that.
    """

    stage: DetectStage
    start: int
    since: datetime | None
    topics: Mapping[str, int] = {}

    def start_of(self, topic: str) -> int:
        """From where on what was decided of the topic is decided again."""
        return max(self.topics.get(topic, self.start), self.start)


def begins(
    fresh: Callable[[], DetectStage], anchors: Sequence[Record], newest: Sequence[Record], first: int
) -> tuple[Begin, int]:
    """The earliest begin that the log allows, and up to where the newest snapshot says that all is written.

    Args:
        fresh: Makes a stage.
        anchors: Every anchor of the partition, oldest first.
        newest: The changelog of the partition, the newest record of each key.
        first: The first offset that is left of the partials. 0 needs no state: nothing came before.

    Raises:
        StateCorrupted: Neither an anchor nor the changelog can be read.
    """
    committed = max((_offset(record) for record in newest if record.key == TIME_KEY), default=0)
    if first == 0:
        return Begin(fresh(), 0, None), committed
    offsets = sorted({_offset(record) for record in anchors if record.key == TIME_KEY})
    reasons: tuple[str, ...] = ("there is no snapshot",)
    for offset in [offset for offset in offsets if offset >= first] or [_NOWHERE]:
        chosen = _earliest(anchors, newest, offset)
        stage = fresh()
        restored = stage.restore(tuple(chosen.values()), None)
        if restored.replay_from is not None:
            reached = stage.watermark_ms
            since = None if reached is None else datetime.fromtimestamp(reached / 1000, UTC)
            topics = {topic: _offset(chosen[key]) for topic, key in topics_in(chosen)}
            return Begin(stage, restored.replay_from, since, topics), committed
        reasons = restored.rebuilds or reasons
    raise StateCorrupted(f"the log begins at offset {first} and no snapshot can be read: {reasons[0]}")


def _earliest(anchors: Sequence[Record], newest: Sequence[Record], offset: int) -> dict[bytes, Record]:
    """Of each key the earliest anchor from `offset` on, with its parts; of others the changelog's.

    Without an anchor of the time it is the changelog alone.
    """
    chosen = {record.key: record for record in newest if record.key is not None}
    if offset == _NOWHERE:
        return chosen
    seen: dict[bytes, int] = {}
    for record in _rising(anchors):
        key, at = record.key or b"", _offset(record)
        whole = key.partition(b"#")[0]
        if at >= offset and seen.setdefault(whole, at) == at:
            chosen[key] = record
    return chosen


def _rising(anchors: Iterable[Record]) -> list[Record]:
    return sorted(anchors, key=lambda record: (_offset(record), record.offset))


def _offset(record: Record) -> int:
    """Up to where the state in the record goes; -1 where it cannot be read."""
    try:
        state = codec.decode_snapshot(record.value or b"")
    except StateCorrupted:
        return _NOWHERE
    match state:
        case {"next_offset": int() as offset} | [int() as offset, *_]:
            return offset
    return _NOWHERE
