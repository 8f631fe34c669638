"""Which mentions were counted, and as what."""

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec

from streams.counted import Counted, CountedPack

_PACKED: Final = 1024
_PACKED_TOPICS: Final = 2048  # together below a megabyte, however long the names
_PACKS_AT_LEAST: Final = 16  # whole packs are forgotten, so the bound is kept to a sixteenth


class _Known(msgspec.Struct, frozen=True, gc=False):
    slot: int
    newest: int
    numbers: tuple[int, ...]


class IdIndex:
    """Remembers the most recently counted mentions, bounded in number and in event time.

    What was put is handed out once, in packs, and can be loaded again: packs in their order give the same index. Each
    pack has a slot, which is used again once the pack is forgotten, so whoever keeps the newest pack of every slot
    keeps at most what was ever remembered at the same time. What such a keeper still has of forgotten packs is
    forgotten again when it is loaded.

    Args:
        size: At most this many mentions, and those that were put since the last `take`; 0 remembers none.
        seconds: Forgotten is what was put before event time came this far.
    """

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._most_in_pack = max(1, min(_PACKED, size // _PACKS_AT_LEAST))
        self._newest = 0
        self._counted: dict[int, Counted] = {}
        self._fresh: dict[int, Counted] = {}
        self._packs: deque[_Known] = deque()
        self._moved: dict[int, int] = {}  # how many older packs hold an older version
        self._free: deque[int] = deque()
        self._slots = 0

    def __len__(self) -> int:
        return len(self._counted)

    def get(self, key: str) -> Counted | None:
        """What the mention was counted as; None if it was not, or is forgotten."""
        return self._counted.get(number_of(key)) if self._counted else None

    def put(self, key: str, counted: Counted) -> None:
        """Remember the mention, instead of what was known of it."""
        if not self._size:
            return
        number = number_of(key)
        if number in self._counted and number not in self._fresh:
            self._moved[number] = self._moved.get(number, 0) + 1
        self._counted[number] = self._fresh[number] = counted

    def take(self) -> list[tuple[int, CountedPack]]:
        """What was put since the last call, in packs with their slots; then forget what is beyond the bounds."""
        fresh, self._fresh = self._fresh, {}
        if not fresh:
            return []
        self._newest = max(self._newest, *(counted.second for counted in fresh.values()))
        numbers, counted = tuple(fresh), tuple(fresh.values())
        taken = []
        for start, end in self._cuts(counted):
            pack = CountedPack(self._newest, numbers[start:end], counted[start:end])
            slot = self._free.popleft() if self._free else self._slots
            self._slots = max(self._slots, slot + 1)
            self._packs.append(_Known(slot, pack.newest, pack.numbers))
            taken.append((slot, pack))
        self._forget()
        return taken

    def _cuts(self, counted: tuple[Counted, ...]) -> Iterator[tuple[int, int]]:
        start = topics = 0
        for at, one in enumerate(counted):
            topics += len(one.topics)
            if at > start and (at - start == self._most_in_pack or topics > _PACKED_TOPICS):
                yield start, at
                start, topics = at, len(one.topics)
        yield start, len(counted)

    def load(self, slot: int, pack: CountedPack) -> None:
        """Remember a pack that was taken; packs have to come in the order in which they were taken."""
        self._newest = max(self._newest, pack.newest)
        self._slots = max(self._slots, slot + 1)
        self._packs.append(_Known(slot, pack.newest, pack.numbers))
        for number, counted in zip(pack.numbers, pack.counted, strict=True):
            if number in self._counted:
                self._moved[number] = self._moved.get(number, 0) + 1
            self._counted[number] = counted

    def loaded(self) -> None:
        """Every pack is loaded: forget what is beyond the bounds."""
        held = {known.slot for known in self._packs}
        self._free.extend(slot for slot in range(self._slots) if slot not in held)
        self._forget()

    def clear(self) -> None:
        """Forget everything, slots too."""
        self._newest = self._slots = 0
        for held in (self._counted, self._fresh, self._packs, self._moved, self._free):
            held.clear()

    def _forget(self) -> None:
        horizon = self._newest - self._seconds
        while self._packs and (len(self._counted) > self._size or self._packs[0].newest < horizon):
            oldest = self._packs.popleft()
            self._free.append(oldest.slot)
            for number in oldest.numbers:
                newer = self._moved.pop(number, 0)
                if not newer:
                    del self._counted[number]
                elif newer > 1:
                    self._moved[number] = newer - 1


@lru_cache(maxsize=1)
def number_of(key: str) -> int:
    """`hash64` of a mention's key; the last is remembered: who counts is asked for, put, and perhaps shown."""
    return hash64(key)


def hash64(text: str) -> int:
    """A 64-bit number that is the same in every process.

    >>> hash64("x:7") == hash64("x:7"), hash64("x:7") < 2**64
    (True, True)
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
