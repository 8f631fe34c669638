"""What can be asked about one event second of a topic."""

from collections.abc import Sequence
from typing import Final

from streams.basis import Weighed
from streams.detectors.base import Detector, Explanation, Reading
from streams.detectors.onset import Onset
from streams.events import Direction
from streams.windows import MINUTE, Slot, TopicWindows

_LEVEL_SECONDS: Final = 300


class WatchedMoment:
    """Answers from a topic's windows and detectors. Implements `streams.budget.Moment`."""

    __slots__ = ("_detectors", "_recent", "_windows", "at")

    def __init__(self, windows: TopicWindows, detectors: Sequence[Detector], recent: Sequence[Slot], at: int) -> None:
        self._windows = windows
        self._detectors = detectors
        self._recent = recent
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

    def readings(self) -> list[tuple[str, Reading]]:
        """Each detector's name and reading, where it has one."""
        recent, at = self._recent, self.at
        return [
            (known.name, reading) for known in self._detectors if (reading := known.score_one(recent, at)) is not None
        ]

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
