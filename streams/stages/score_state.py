"""The score stage's state as records of its changelog, and back."""

from collections.abc import Sequence
from typing import Any, Final

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.counted import Counted, CountedPack
from streams.errors import StateCorrupted
from streams.id_index import IdIndex
from streams.stages.base import Restored
from streams.stages.source_clock import SourceClock

_VERSION: Final = 1
_CLOCK_KEY: Final = b"clock"
_PACK_PREFIX: Final = b"counted/"


class ScoreState:
    """Which mentions were counted, and how far event time had come, at the committed position.

    Every write carries what changed: a pack of counted mentions, and the clock with the position that both belong to.
    The key of a pack is its slot in the index, so that compaction keeps about what the index remembers. State that
    cannot be read is built anew from the input, as many records back as the index may hold mentions, and replaces what
    is in the changelog.

    Args:
        kafka_topic: The changelog.
        reach: So many input records are read again where the state has to be built anew.
    """

    def __init__(self, kafka_topic: str, index: IdIndex, clock: SourceClock, *, reach: int) -> None:
        self._kafka_topic = kafka_topic
        self._index = index
        self._clock = clock
        self._reach = reach
        self._stale: tuple[bytes, ...] = ()

    def changes(self, next_offset: int) -> list[Outgoing]:
        """What changed since the last call, valid together with `next_offset`."""
        outgoing = [Outgoing(self._kafka_topic, key, None) for key in self._stale]
        self._stale = ()
        outgoing += [
            Outgoing(self._kafka_topic, _PACK_PREFIX + str(slot).encode(), codec.encode_counted(pack))
            for slot, pack in self._index.take()
        ]
        clock = {"version": _VERSION, "next_offset": next_offset, "clock": self._clock.snapshot()}
        outgoing.append(Outgoing(self._kafka_topic, _CLOCK_KEY, codec.encode_snapshot(clock)))
        return outgoing

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """Load the state; where any of it cannot be read, none of it counts."""
        try:
            next_offset = self._load(changelog)
        except StateCorrupted as exc:
            if committed is None and not changelog:
                return Restored(None)
            self._index.clear()
            self._stale = tuple(record.key for record in changelog if record.key is not None)
            return Restored(self._back_from(committed), (str(exc),))
        if committed is None:
            return Restored(next_offset)
        return Restored(max(next_offset, self._back_from(committed) or 0))

    def _load(self, changelog: Sequence[Record]) -> int:
        state: tuple[int, dict[str, Any]] | None = None
        same: dict[object, Any] = {}
        for record in changelog:
            if record.key == _CLOCK_KEY:
                state = _read_clock(record.value or b"")
            else:
                slot, pack = _slot(record.key or b""), codec.decode_counted(record.value or b"")
                shared = CountedPack(pack.newest, pack.numbers, _sharing(pack.counted, same))
                self._index.load(slot, shared)
        if state is None:
            raise StateCorrupted("the changelog of the score stage has no position")
        self._index.loaded()
        next_offset, clock = state
        self._clock.restore(clock)
        return next_offset

    def _back_from(self, committed: int | None) -> int | None:
        return None if committed is None else max(0, committed - self._reach)


def _read_clock(value: bytes) -> tuple[int, dict[str, Any]]:
    state = codec.decode_snapshot(value)
    if not isinstance(state, dict) or state.get("version") != _VERSION:
        raise StateCorrupted(f"the position in the score stage's changelog is not of version {_VERSION}")
    next_offset, clock = state.get("next_offset"), state.get("clock")
    if not isinstance(next_offset, int) or not isinstance(clock, dict):
        raise StateCorrupted("the position in the score stage's changelog lacks its offset or its clock")
    return next_offset, clock


def _slot(key: bytes) -> int:
    number = key.removeprefix(_PACK_PREFIX)
    if not key.startswith(_PACK_PREFIX) or not number.isdigit():
        raise StateCorrupted(f"the score stage's changelog holds the unknown key {key[:40]!r}")
    return int(number)


def _sharing(counted: tuple[Counted, ...], same: dict[object, Any]) -> tuple[Counted, ...]:
    """The same with one object for equal names: the index holds a million of them."""
    share = same.setdefault
    return tuple(
        [
            Counted(
                one.seq,
                one.second,
                share(one.topics, one.topics),
                one.polarity,
                one.reach,
                one.engagement,
                one.delayed,
                one.history,
                share(one.platform, one.platform),
                share(one.region, one.region),
                share(one.lang, one.lang),
                one.polarities,
            )
            for one in counted
        ]
    )
