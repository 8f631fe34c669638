"""The rhythm of the week, learned by the hour, and believed only while it has predicted better than a level rate."""

import math
from array import array
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.windows import MINUTE

HOUR_MINUTES: Final = 60
_HOURS: Final = 168
_DAY_HOURS: Final = 24
_KEEP: Final = 0.5**0.25  # of what an hour of the week showed, a week later: half after four weeks
_SHRINK: Final = 20.0  # mentions that "as the hour of the day is" and "as any hour is" are each worth
_FEWEST_A_DAY: Final = 20.0  # with fewer mentions no rhythm can be told from chance
_FORGET: Final = 0.5 ** (1.0 / (4 * _HOURS))
_ON_NATS: Final = 10.0
_OFF_NATS: Final = 0.0
_LEAST_HOURS: Final = 3 * _DAY_HOURS
_CLIP_FACTOR: Final = 3.0
_CLIP_ROOM: Final = 3.0
_LEAST: Final = 0.5  # the usual of a quiet hour is not taken for less: at night a few mentions are no event
_MOST: Final = 5.0


class Season:
    """How many times the level each hour of the week (UTC) brings.

    Every whole hour outside of storms is first predicted, by a level rate and by the profile as it stood, then learned.
    The profile's record is the sum of its log scores less those of the level, fading by half in four weeks. The profile
    is `used` once three days are learned and its record has risen above 10 nats, until that falls to 0. What is known
    of an hour of the week is drawn to its hour of the day, and this to one.

    Source:
        Dawid, "Present position and potential developments: some personal views: statistical theory: the prequential
        approach", J. R. Stat. Soc. A 147(2), 1984 (judging a model by its own predictions).
    """

    __slots__ = (
        "_cached",
        "_came",
        "_count",
        "_end",
        "_expected",
        "_hour",
        "_hours",
        "_means",
        "_minutes",
        "gain",
        "used",
    )

    def __init__(self) -> None:
        self._came = array("f")  # by hour of the week; empty until the topic speaks often enough
        self._expected = array("f")
        self._cached: dict[int, float] | None = None  # most topics have no use for them
        self._means: dict[float, float] | None = None  # of the minutes before `_end`
        self._end = 0
        self._hour: int | None = None
        self._count = self._minutes = self._hours = 0
        self.gain = 0.0
        self.used = False

    def learn(self, start: int, mentions: int, level: float, clumping: float, *, storm: bool) -> None:
        """One minute, when `level` mentions a minute are usual and hours scatter by `clumping`, variance over mean."""
        hour = start // (HOUR_MINUTES * MINUTE)
        if hour != self._hour:
            self._hour, self._count, self._minutes = hour, 0, 0
        if storm:
            self._minutes = -HOUR_MINUTES
        self._count += mentions
        self._minutes += 1
        if self._minutes == HOUR_MINUTES:
            self._close(hour % _HOURS, float(max(self._count, 0)), level * HOUR_MINUTES, clumping)

    def _close(self, hour: int, count: float, level: float, clumping: float) -> None:
        if not self._came:
            if level * _DAY_HOURS < _FEWEST_A_DAY:
                return
            self._came, self._expected = array("f", [0.0]) * _HOURS, array("f", [0.0]) * _HOURS
        self._hours += 1
        factor = self._factor(hour)
        count = min(count, _CLIP_FACTOR * max(factor, 1.0) * level + _CLIP_ROOM)
        gain = (count * math.log(factor) - level * (factor - 1.0)) / max(clumping, 1.0)
        self.gain = self.gain * _FORGET + gain
        self._came[hour] = _KEEP * self._came[hour] + count
        self._expected[hour] = _KEEP * self._expected[hour] + level
        self._forget()
        self.used = self._hours >= _LEAST_HOURS and self.gain > (_OFF_NATS if self.used else _ON_NATS)

    def _forget(self) -> None:
        self._cached = self._means = None

    def _factor(self, hour: int) -> float:
        day = hour % _DAY_HOURS
        came, expected = sum(self._came[day::_DAY_HOURS]), sum(self._expected[day::_DAY_HOURS])
        of_day = (came + _SHRINK) / (expected + _SHRINK)
        return (self._came[hour] + _SHRINK * of_day) / (self._expected[hour] + _SHRINK)

    def factor(self, second: int) -> float:
        """Times the level at `second`; 1 while it is not used."""
        return self._of_hour(second // (HOUR_MINUTES * MINUTE)) if self.used else 1.0

    def _of_hour(self, hour: int) -> float:
        hour %= _HOURS
        if self._cached is None:
            self._cached = {}
        found = self._cached.get(hour)
        if found is None:
            found = self._cached[hour] = min(max(self._factor(hour), _LEAST), _MOST)
        return found

    def mean_factor(self, end: int, minutes: float) -> float:
        """Times the level in the `minutes` before second `end`; 1 while it is not used."""
        if not self.used:
            return 1.0
        if self._means is None or end != self._end:
            self._end, self._means = end, {}
        found = self._means.get(minutes)
        if found is None:
            found = self._means[minutes] = self._mean(end, minutes)
        return found

    def _mean(self, end: int, minutes: float) -> float:
        total, left, at = 0.0, minutes, end / MINUTE
        while left > 0.0:
            hour = math.ceil(at / HOUR_MINUTES) - 1
            part = min(left, at - hour * HOUR_MINUTES)
            total += part * self._of_hour(hour)
            at -= part
            left -= part
        return total / minutes

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        learned = [self._came.tobytes(), self._expected.tobytes()]
        return [*learned, self._hour, self._count, self._minutes, self._hours, self.gain, self.used]

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a season.
        """
        try:
            came, expected, self._hour, count, minutes, hours, gain, used = state
            self._came, self._expected = array("f", came), array("f", expected)
            if len(self._came) not in {0, _HOURS} or len(self._expected) != len(self._came):
                raise StateCorrupted(f"the snapshot of a season has {len(self._came)} hours instead of {_HOURS}")
            self._count, self._minutes, self._hours = int(count), int(minutes), int(hours)
            self.gain, self.used = float(gain), bool(used)
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a season cannot be read: {exc!r}") from exc
        self._forget()
