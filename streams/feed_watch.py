"""One feed under watch: how long may it be silent before that is news?"""

from collections import deque
from typing import Any, Final

from streams.errors import StateCorrupted

WARM_UP_SECONDS: Final = 6 * 3600
WARM_UP_MENTIONS: Final = 100
SHORTEST_SILENCE: Final = 300
BEYOND_LONGEST: Final = 2.0  # times the longest silence of the last two weeks: a feed's own nights are in it

_PAGES_PER_WEEK: Final = 0.25
_DISPERSION: Final = 0.2  # variance = mean + dispersion * mean ** 2, as of topics with busy and calm hours
_HOUR: Final = 3600.0
_DAY: Final = 86_400
_DAYS_KEPT: Final = 14
_MINUTES_PER_WEEK: Final = 10_080
_HALF_LIFE_SECONDS: Final = 3600.0


class FeedWatch:
    """Learns how often a feed delivers, and when its silence is too long to be chance. Times are event seconds.

    Silence has to be beyond twice the longest of the last fourteen days, beyond five minutes, and so improbable that
    the feed would be as silent less than once in four weeks with nothing wrong: the chance of nothing under a negative
    binomial, for each minute of the week in which a silence could begin. The rate is that of the last hour before the
    silence, so a night that comes slowly is no failure. Before six hours and a hundred mentions it has no opinion.

    Source:
        Gelman et al., "Bayesian Data Analysis", 3rd ed., 2.6: the chance of no event, (1 + d * mean) ** (-1 / d).
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self.last = first
        self.quiet_since: int | None = None
        self.opened: int | None = None
        self._mentions = 0
        self._per_second = 0.0
        self._skipped = 0
        self._longest: deque[list[int]] = deque(maxlen=_DAYS_KEPT)

    def arrived(self, mentions: int, at: int) -> int | None:
        """So many arrived by `at`; answers since when it was quiet, if it was."""
        silence = max(0, at - self.last)
        ended, opened = self.quiet_since, self.opened
        if ended is None:
            self._learn(mentions, silence, at)
        self.last = max(self.last, at)
        self._mentions += mentions
        self._skipped = 0
        self.quiet_since = self.opened = None
        return None if opened is None else ended

    def skip(self, seconds: int) -> None:
        """Nothing was heard of anything for so long: that is not held against this feed."""
        self.last += seconds
        self._skipped += seconds

    @property
    def is_watched(self) -> bool:
        """Whether it is known long enough that its silence would be news."""
        return self._mentions >= WARM_UP_MENTIONS and self.last - self._first >= WARM_UP_SECONDS

    @property
    def usual_per_minute(self) -> float | None:
        """Its rate lately, while it delivered; None while it is not watched."""
        return self._per_second * 60 if self.is_watched else None

    @property
    def last_arrival(self) -> int:
        """When mentions came last; `last` is later by the time that nobody saw pass."""
        return self.last - self._skipped

    def expected(self, now: int) -> float:
        """How many mentions should have come since the last one."""
        return self._per_second * max(0, now - self.last)

    def false_pages_per_week(self, now: int) -> float | None:
        """How often a week it would be silent for as long as now with nothing wrong; None while warming up."""
        if not self.is_watched:
            return None
        nothing: float = (1.0 + _DISPERSION * self.expected(now)) ** (-1.0 / _DISPERSION)
        return nothing * min(self._per_second * 60 * _MINUTES_PER_WEEK, float(_MINUTES_PER_WEEK))

    def falls_quiet(self, now: int) -> bool:
        """Whether its silence has become news just now."""
        pages = self.false_pages_per_week(now)
        if self.opened is not None or pages is None or pages >= _PAGES_PER_WEEK:
            return False
        longest = max((silence for _, silence in self._longest), default=0)
        if now - self.last < max(SHORTEST_SILENCE, BEYOND_LONGEST * longest):
            return False
        self.quiet_since, self.opened = self.last, now
        return True

    def _learn(self, mentions: int, silence: int, at: int) -> None:
        day = at // _DAY
        if not self._longest or self._longest[-1][0] != day:
            self._longest.append([day, 0])
        self._longest[-1][1] = max(self._longest[-1][1], silence)
        age = max(1, at - self._first)
        # An exact mean at first, then one that forgets by half every hour.
        weight = max(1.0 - 0.5 ** (max(silence, 1) / _HALF_LIFE_SECONDS), max(silence, 1) / (age + _HOUR))
        self._per_second += weight * (mentions / max(silence, 1) - self._per_second)

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        return [
            self._first,
            self.last,
            self.quiet_since,
            self.opened,
            self._mentions,
            self._per_second,
            [list(day) for day in self._longest],
            self._skipped,
        ]

    @classmethod
    def restored(cls, state: list[Any]) -> "FeedWatch":
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a feed.
        """
        try:
            first, last, quiet_since, opened, mentions, per_second, longest, *skipped = state
            watch = cls(int(first))
            watch.last, watch.quiet_since, watch.opened = int(last), quiet_since, opened
            watch._mentions, watch._per_second = int(mentions), float(per_second)
            watch._skipped = int(skipped[0]) if skipped else 0
            watch._longest.extend([int(day), int(silence)] for day, silence in longest)
        except (TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a feed cannot be read: {exc!r}") from exc
        return watch
