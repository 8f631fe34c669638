"""Which mentions were counted, and as what."""

from collections import deque
from functools import lru_cache
from hashlib import blake2b

import msgspec


class Counted(msgspec.Struct, frozen=True, gc=False):
    """What one mention was counted as, so that it can be recognised and subtracted exactly.

    Attributes:
        topics: Ids of the topics it counts for; empty once deleted.
        polarity: In steps of 1/8192, so that sums of it and of its square are exact; None is unscored.
    """

    seq: int | None
    second: int
    topics: tuple[str, ...]
    polarity: float | None
    reach: int
    engagement: int
    delayed: bool
    history: bool
    platform: str
    region: str | None
    lang: str | None


class IdIndex:
    """Remembers the most recently counted mentions, bounded in number and in event time.

    Args:
        size: At most this many mentions; 0 remembers none.
        seconds: Mentions this much older than the newest second seen are forgotten, oldest arrival first.
    """

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._newest: int | None = None
        self._counted: dict[int, Counted] = {}
        self._arrivals: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._counted)

    def get(self, key: str) -> Counted | None:
        """What the mention was counted as; None if it was not, or is forgotten."""
        return self._counted.get(_number(key)) if self._counted else None

    def put(self, key: str, counted: Counted) -> None:
        """Remember the mention, instead of what was known of it."""
        if not self._size:
            return
        number = _number(key)
        if number not in self._counted:
            self._arrivals.append(number)
        self._counted[number] = counted
        self._forget(counted.second)

    def _forget(self, second: int) -> None:
        self._newest = second if self._newest is None else max(self._newest, second)
        horizon = self._newest - self._seconds
        while self._arrivals:
            oldest = self._arrivals[0]
            if len(self._arrivals) <= self._size and self._counted[oldest].second >= horizon:
                return
            del self._counted[self._arrivals.popleft()]


@lru_cache(maxsize=1)
def _number(key: str) -> int:
    return hash64(key)  # a mention that counts is asked for and put right after


def hash64(text: str) -> int:
    """A 64-bit number that is the same in every process.

    >>> hash64("x:7") == hash64("x:7"), hash64("x:7") < 2**64
    (True, True)
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
