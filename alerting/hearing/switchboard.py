"""What the contact centre hears by reason: recent minutes, what is usual, what rises."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from alerting.hearing.curve import Curve
from alerting.hearing.usual import UsualContacts
from alerting.incidents.contact_store import ContactHour, ContactMinute

RISING_MINUTES: Final = (15, 60)
_RARE: Final = 1e-6
_SIZE: Final = 15.0
_FEWEST: Final = 5


class Line(NamedTuple):
    """A reason of a brand; the brand is empty where contacts name none."""

    brand: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rise:
    """A reason that is far above its usual.

    Attributes:
        minutes: How long the window is in which it shows most.
    """

    line: Line
    contacts: int
    expected: float
    minutes: int
    since: int


@dataclass(frozen=True)
class Switchboard:
    """One look at the contact centre.

    Attributes:
        end: The minute behind the last one that is complete, minutes since 1970.
        start: The first minute that is held.
        first_hour: The first hour in which anything was heard.
    """

    start: int
    end: int
    first_hour: int
    by_minute: Mapping[Line, Mapping[int, ContactMinute]] = field(default_factory=dict)
    by_hour: Mapping[Line, Mapping[int, ContactHour]] = field(default_factory=dict)

    @classmethod
    def of(cls, start: int, end: int, minutes: Iterable[ContactMinute], hours: Iterable[ContactHour]) -> "Switchboard":
        """Sorted by reason."""
        by_minute: dict[Line, dict[int, ContactMinute]] = {}
        by_hour: dict[Line, dict[int, ContactHour]] = {}
        for minute in minutes:
            by_minute.setdefault(Line(minute.brand, minute.reason), {})[minute.minute] = minute
        for hour in hours:
            by_hour.setdefault(Line(hour.brand, hour.reason), {})[hour.hour] = hour
        first = min((at for found in by_hour.values() for at in found), default=end // 60)
        return cls(start, end, first, by_minute, by_hour)

    @property
    def days(self) -> int:
        """For how many days the contact centre has been heard, begun ones too; 28 at most."""
        return min(math.ceil((self.end / 60 - self.first_hour) / 24), 28) if self.by_hour else 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every reason that was heard, in the order of their names."""
        return tuple(sorted(self.by_hour.keys() | self.by_minute.keys()))

    def curve(self, line: Line, start: int, end: int, *, learned_to: int | None = None) -> Curve | None:
        """Minutes of a reason in `[start, end)`, cut to what is held; None while nothing is known of the usual.

        Args:
            learned_to: The minute from which on nothing is learned, so that the usual stays free of the event.
        """
        start, end = max(start, self.start), min(end, self.end)
        hours = {at: float(one.count) for at, one in self.by_hour.get(line, {}).items()}
        usual = UsualContacts(hours, first=self.first_hour, behind=(start if learned_to is None else learned_to) // 60)
        known = {hour: usual.per_minute(hour) for hour in range(start // 60, max(end - 1, start) // 60 + 1)}
        if any(value is None for value in known.values()):
            return None
        heard = self.by_minute.get(line, {})
        counts = tuple(float(heard[at].count) if at in heard else 0.0 for at in range(start, end))
        return Curve(start, counts, tuple(known[at // 60] or 0.0 for at in range(start, end)))

    def linked(self, lines: Iterable[Line], since_hour: int) -> tuple[int, int]:
        """Of the contacts of these reasons since then: how many had also spoken in public, and all."""
        found = [one for line in lines for at, one in self.by_hour.get(line, {}).items() if at >= since_hour]
        return sum(one.linked for one in found), sum(one.count for one in found)

    def by_day(self, lines: Iterable[Line]) -> dict[int, int]:
        """Contacts of these reasons by day since 1970."""
        found: dict[int, int] = {}
        for line in lines:
            for at, one in self.by_hour.get(line, {}).items():
                found[at // 24] = found.get(at // 24, 0) + one.count
        return found

    def rising(self) -> tuple[Rise, ...]:
        """Reasons that are far above their usual in the last 15 or 60 minutes, the rarest first."""
        found = [(rise, chance) for line in sorted(self.by_minute) for rise, chance in self._rises(line)]
        return tuple(rise for rise, _ in sorted(found, key=lambda one: one[1]))

    def _rises(self, line: Line) -> list[tuple[Rise, float]]:
        curve = self.curve(line, self.end - max(RISING_MINUTES), self.end)
        if curve is None:
            return []
        seen: list[tuple[Rise, float]] = []
        for minutes in RISING_MINUTES:
            part = curve.part(self.end - minutes, self.end)
            contacts, expected = sum(part.counts), sum(part.usual)
            chance = above(contacts, expected)
            if contacts >= _FEWEST and chance < _RARE:
                since = next(
                    (part.start + at for at, count in enumerate(part.counts) if count > 2 * part.usual[at] + 1),
                    part.start,
                )
                seen.append((Rise(line, int(contacts), expected, minutes, since), chance))
        return [min(seen, key=lambda one: one[1])] if seen else []


def above(contacts: float, expected: float) -> float:
    """How likely so many or more are where `expected` are usual: a negative binomial, a quarter wider than chance.

    >>> above(10, 10) > 0.3, above(60, 10) < 1e-6, above(3, 0.0) < 1e-6
    (True, True, True)
    """
    mean = max(expected, 1e-3)
    rare = _SIZE / (_SIZE + mean)
    term = _SIZE * math.log(rare)
    below = 0.0
    for count in range(int(contacts)):
        below += math.exp(term)
        term += math.log((count + _SIZE) / (count + 1)) + math.log1p(-rare)
    return max(1.0 - below, 0.0)
