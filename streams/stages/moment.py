"""What can be asked about one event second of a topic."""

from collections.abc import Callable, Sequence
from typing import Final

from streams.basis import Weighed
from streams.detectors.base import ANY_NUMBER, Detector, Explanation, Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.onset import Onset
from streams.events import Direction, Evidence
from streams.evidence.explain import Event
from streams.stages.telling import compared, event_of
from streams.windows import EVENT_SECONDS, MINUTE, Slot, TopicWindows

Expected = Callable[[int], tuple[float, float, float] | None]
"""Mean, low and high of the mentions expected in so many seconds; None while nobody knows."""

_LEVEL_SECONDS: Final = 300


class WatchedMoment:
    """Answers from a topic's windows and detectors, until these learn more. Implements `streams.budget.Moment`."""

    __slots__ = ("_detectors", "_readings", "_recent", "_windows", "at")

    def __init__(self, windows: TopicWindows, detectors: Sequence[Detector], recent: Sequence[Slot], at: int) -> None:
        self._windows = windows
        self._detectors = detectors
        self._recent = recent
        self._readings: list[tuple[str, Reading]] | None = None
        self.at = at

    def level(self) -> int:
        """Mentions in the last five minutes."""
        return self._windows.mentions(self.at - _LEVEL_SECONDS + MINUTE, self.at + 1)

    def onset(self, detector: str, reading: Reading) -> Onset:
        """When it began, as the detector sees it."""
        return self.explain(detector, reading).onset

    def direction(self, detector: str, reading: Reading) -> Direction:
        """Anger or joy, as the detector sees it."""
        return self.explain(detector, reading).direction

    def explain(self, detector: str, reading: Reading) -> Explanation:
        """What stands behind the reading."""
        return self._named(detector).explain_one(reading, self._recent)

    def counted(self, detector: str, reading: Reading, onset: int, expected: Expected) -> tuple[Evidence, Event]:
        """The counts behind a reading, and what is to be explained: all mentions since `onset`, of three hours at most.

        Args:
            expected: The mentions expected in so many seconds.
        """
        evidence = self.explain(detector, reading).evidence
        end, whole = self.at + 1, onset - onset % MINUTE
        begin = max(whole, end - end % MINUTE - EVENT_SECONDS)
        since = self._windows.total(begin, end)
        evidence = compared(evidence, expected(evidence.window_seconds), since, self.speed())
        of_all = range(begin, end, MINUTE) if begin == whole else ()  # without its beginning nobody can foresee its end
        minutes = [self._windows.mentions(start, start + 1) for start in of_all]
        return evidence, event_of(evidence, begin, since, expected(end - begin), minutes, end - begin)

    def readings(self) -> list[tuple[str, Reading]]:
        """Each detector's name and reading, where it has one; worked out once."""
        if self._readings is None:
            recent, at = self._recent, self.at
            self._readings = [
                (known.name, reading)
                for known in self._detectors
                if (reading := known.score_one(recent, at)) is not None
            ]
        return self._readings

    def room(self, pages: float) -> int | None:
        """How many more mentions can come in this minute with all readings above `pages`; None where one is not."""
        if pages >= BLOCKS_PER_WEEK:
            return None
        least = ANY_NUMBER
        for known in self._detectors:
            room = known.room(self._recent, self.at, pages)
            if room is None:
                return None
            least = min(least, room)
        return least

    def score_of_counts(self, seconds: int) -> float | None:
        """The score of the detector that expects a count in a window of `seconds`; None where it has no opinion."""
        name = next(known.name for known in self._detectors if known.expected(seconds) is not None)
        if self._readings is None:
            reading = self._named(name).score_one(self._recent, self.at)
        else:
            reading = next((reading for known, reading in self._readings if known == name), None)
        return None if reading is None else reading.score

    def weigh(self, detector: str) -> tuple[Weighed, ...]:
        """Every score behind the detector's reading."""
        return self._named(detector).weigh(self._recent, self.at)

    def _named(self, detector: str) -> Detector:
        return next(known for known in self._detectors if known.name == detector)

    def speed(self) -> tuple[float, float]:
        """Mentions per minute, and how much that changed per minute over five minutes.

        The rate is that of the last two minutes or the last five, whichever is higher: five alone would tell the person
        who is woken in the first seconds of a storm about the calm before it.
        """
        start = self.at - self.at % MINUTE - _LEVEL_SECONDS + MINUTE
        lately = self.at - self.at % MINUTE - MINUTE
        level = self.level() * MINUTE / (self.at - start + 1)
        per_minute = max(level, self._windows.mentions(lately, self.at + 1) * MINUTE / (self.at - lately + 1))
        before = self._windows.mentions(start - _LEVEL_SECONDS, start) * MINUTE / _LEVEL_SECONDS
        return per_minute, (level - before) * MINUTE / _LEVEL_SECONDS
