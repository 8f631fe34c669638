"""Below the page: a topic that is rising, told to whoever looks, and to nobody who sleeps."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from streams.detectors.base import Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.errors import StateCorrupted

_ENTERS_AT: Final = 0.5  # of the nats that a page takes: between what is always there and what pages
_LEAVES_BELOW: Final = 0.25
_TOLD_AGAIN: Final = 0.15
_QUIET_SECONDS: Final = 3600


class Step(StrEnum):
    """What became of a topic on the watch list."""

    RISING = "rising"
    ROSE = "rose"
    EASED = "eased"


class _Risen(msgspec.Struct):
    since: int
    seen_at: int
    told: float


class WatchTier:
    """Whether one topic stands on the watch list.

    It comes on at half of the evidence of a page, in nats, and leaves it when there was less than a quarter for an
    hour, or with the page itself. It is told again when a good deal of evidence came on top. It never pages.

    Args:
        pages_per_week: The topic's budget, > 0; where it is 14 or more there is no room below the page.
        caution: What the topic's odds are multiplied with.

    Attributes:
        asks_below: With more false pages a week than this, not yet charged, a topic that is not on stays off.
    """

    __slots__ = ("_page", "_risen", "asks_below")

    def __init__(self, pages_per_week: float, caution: float = 1.0) -> None:
        self._page = max(math.log(BLOCKS_PER_WEEK / pages_per_week), 0.0)
        self.asks_below = BLOCKS_PER_WEEK * math.exp(-_ENTERS_AT * self._page) / caution
        self._risen: _Risen | None = None

    @property
    def is_on(self) -> bool:
        """It stands on the list."""
        return self._risen is not None

    @property
    def since(self) -> int | None:
        """When it came on, seconds since 1970; None while it is not on."""
        return None if self._risen is None else self._risen.since

    def is_worth_asking(self, readings: Sequence[tuple[str, Reading]]) -> bool:
        """Whether `decide` could have an answer to these, not yet charged, which makes no odds rarer but by caution."""
        return self._risen is not None or any(one.false_pages_per_week <= self.asks_below for _, one in readings)

    def decide(self, at: int, reading: Reading | None, *, paged: bool) -> Step | None:
        """What has changed by event second `at`.

        Args:
            at: Never earlier than in the call before.
            reading: The rarest, at the odds that are compared with the budget; None while all are warming up.
            paged: An episode is going on: there is an incident.
        """
        nats = 0.0 if reading is None else math.log(BLOCKS_PER_WEEK / reading.false_pages_per_week)
        if self._risen is None:
            calm = reading is None or reading.calm
            if paged or calm or self._page <= 0.0 or nats < _ENTERS_AT * self._page:
                return None
            self._risen = _Risen(since=at, seen_at=at, told=nats)
            return Step.RISING
        if nats >= _LEAVES_BELOW * self._page:
            self._risen.seen_at = at
        if paged or at - self._risen.seen_at >= _QUIET_SECONDS:
            self._risen = None
            return Step.EASED
        if nats >= self._risen.told + _TOLD_AGAIN * self._page:
            self._risen.told = nats
            return Step.ROSE
        return None

    def snapshot(self) -> list[float] | None:
        """The state as plain values."""
        return None if self._risen is None else [self._risen.since, self._risen.seen_at, self._risen.told]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a watch tier.
        """
        try:
            self._risen = None if state is None else _Risen(int(state[0]), int(state[1]), float(state[2]))
        except (IndexError, KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a watch tier cannot be read: {exc!r}") from exc
