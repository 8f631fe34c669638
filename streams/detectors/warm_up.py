"""What a topic showed before it has a baseline, and where its baseline may begin."""

import math
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.windows import LONGEST_SILENCE, MINUTE

DAY: Final = 86_400
_STEP_NATS: Final = 8.0  # twice what the best of fifty cuts of a steady stream reaches once in a hundred topics
_STEP_RATIO: Final = 5.0


class WarmUp:
    """Gathers minutes until collection is proven: `mentions` mentions, or `days` days since the first.

    Time with fewer mentions than that is no baseline: where a topic was nearly silent and then speaks steadily, the
    silence most likely was ours, and the baseline begins with the steady part. What came before four unobserved weeks
    is forgotten.

    Args:
        collected: It is known that the sources delivered everything from the start, so silence was silence.
    """

    __slots__ = ("_collected", "_end", "_first", "_mentions", "_minutes", "_seconds", "_seen")

    def __init__(self, mentions: int, days: float, *, collected: bool) -> None:
        self._mentions = mentions
        self._seconds = days * DAY
        self._collected = collected
        self._seen = 0
        self._minutes: list[tuple[int, int]] = []
        self._first: int | None = None
        self._end = 0

    def add(self, start: int, mentions: int) -> bool:
        """One more minute; whether collection is proven by now."""
        if self._first is None or start - self._end > LONGEST_SILENCE:
            self._first, self._seen, self._minutes = start, 0, []
        if mentions > 0:
            self._seen += mentions
            self._minutes.append((start, mentions))
        self._end = start + MINUTE
        return self._seen >= self._mentions or (self._seen > 0 and self._end - self._first >= self._seconds)

    def baseline(self) -> tuple[int, int, dict[int, int]]:
        """First second of the baseline, second after it, and its minutes with mentions; call once proven."""
        first = self._end if self._first is None else self._first
        begin = first if self._collected else self._collection_began(first)
        return begin, self._end, {start: mentions for start, mentions in self._minutes if start >= begin}

    def _collection_began(self, first: int) -> int:
        """The cut that best explains silence and then a steady stream; `first` where nothing speaks for one."""
        best, begin = _STEP_NATS, first
        before = 0
        for start, mentions in self._minutes:
            quiet, busy = start - first, self._end - start
            # the first mention after the silence belongs to the choice of the cut, not to its proof
            after = self._seen - before - 1
            if quiet > 0 and after > 0 and after * quiet > _STEP_RATIO * max(before, 0.5) * busy:
                gain = _nats(before, quiet) + _nats(after, busy) - _nats(before + after, quiet + busy)
                if gain > best:
                    best, begin = gain, start
            before += mentions
        return begin

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"first": self._first, "end": self._end, "minutes": [list(minute) for minute in self._minutes]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a warm-up.
        """
        try:
            self._first = state["first"]
            self._end = int(state["end"])
            self._minutes = [(int(start), int(mentions)) for start, mentions in state["minutes"]]
            self._seen = sum(mentions for _, mentions in self._minutes)
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a warm-up cannot be read: {exc!r}") from exc


def _nats(mentions: int, seconds: int) -> float:
    """Log likelihood of a Poisson stream at its own rate, up to what cancels."""
    return mentions * math.log(mentions / seconds) if mentions > 0 else 0.0
