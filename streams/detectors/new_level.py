"""A level that stays after it was told is what is usual from then on."""

import math
from collections.abc import Callable
from typing import Any, Final

from streams.detectors.rate import Rate
from streams.errors import StateCorrupted

DAY_SECONDS: Final = 86_400
_TRIED_SECONDS: Final = 7 * DAY_SECONDS
_LASTED: Final = 43_200  # seconds that an event was seen for, of the day after which it is a new normal


class NewLevel:
    """What days have shown that somebody was told of, and what was usual before the newest level was adopted.

    A day that shows no more than what was told of is no news. The first whole day after an event decides whether that
    level stays: if it does, and what was usual before does not explain the day, the rate begins anew from it. A
    level that falls back within a week, by half of the way in logarithms, is given up in the same manner.
    """

    __slots__ = ("_adopted", "_before", "_event", "_from", "_seconds")

    def __init__(self) -> None:
        self._before = 0.0  # mentions a minute
        self._adopted = self._from = 0
        self._event: int | None = None  # where the one that is going on began
        self._seconds = 0  # how long the last one was seen for

    def follow(self, start: int, *, storm: bool) -> bool:
        """One more final minute; whether an event that was told ended before it, or has lasted for a day."""
        since = self._event
        if storm:
            self._event = start if since is None else since
            return False
        self._event = None
        if since is None:
            return False
        self._seconds = start - since
        return True

    def observed_from(self, start: int) -> None:
        """What came before is not known."""
        self._from = start

    def tell(self, end: int, per_minute: float, rate: Rate, *, lately: float) -> bool:
        """An event is over by second `end`, or has lasted for a day; whether the rate began anew.

        What was told stays told: whether all of a level stays is settled a day later.

        Args:
            per_minute: What the last day came to.
            lately: What the last hours came to; what fades is no level.
        """
        told = max(rate.told, per_minute)
        stays = min(per_minute, lately) if self._seconds >= _LASTED else 0.0
        if anew := stays > math.sqrt(rate.level * told):
            self._begin_anew(stays, rate, end)
        rate.tell(told)
        return anew

    def is_due(self, end: int, not_before: int, rate: Rate) -> bool:
        """There is something to settle, and the day that ends at second `end` has no event in it.

        Args:
            not_before: There was no event from here on.
        """
        if rate.told <= 0.0 and self._before <= 0.0:
            return False
        return end - max(not_before, self._from) >= DAY_SECONDS

    def settle(self, end: int, per_minute: float, rate: Rate, *, lasts: Callable[[], bool]) -> bool:
        """What a whole day without an event that ends at second `end` says; whether the rate began anew.

        Args:
            per_minute: What it came to.
            lasts: Whether the usual rate alone leaves it so rare that an event would go on.
        """
        if end - self._adopted >= _TRIED_SECONDS:
            self._before = 0.0
        if self._before > 0.0 and per_minute < math.sqrt(self._before * rate.level):
            self._begin_anew(per_minute, rate, end)
            self._before = 0.0
            return True
        told = rate.told
        rate.tell(0.0)
        if per_minute <= math.sqrt(rate.level * told) or told <= rate.level:
            return False  # it fell back, or is nothing special any more
        if lasts():
            self._begin_anew(per_minute, rate, end)
            return True
        rate.tell(told)
        return False

    def _begin_anew(self, per_minute: float, rate: Rate, end: int) -> None:
        self._before, self._adopted = self._before or rate.level, end
        rate.tell(0.0)
        rate.adopt(per_minute)

    def snapshot(self) -> list[float | None]:
        """The state as plain values."""
        return [self._before, self._adopted, self._from, self._event, self._seconds]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a new level.
        """
        try:
            before, adopted, observed, event, seconds = state
            self._before = float(before)
            self._adopted, self._from, self._seconds = int(adopted), int(observed), int(seconds)
            self._event = None if event is None else int(event)
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a new level cannot be read: {exc!r}") from exc
