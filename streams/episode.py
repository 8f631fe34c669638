"""What is remembered of an event while it goes on."""

from typing import Final

import msgspec

from streams.detectors.base import Reading
from streams.detectors.onset import Onset
from streams.windows import EVENT_SECONDS

_HOUR: Final = 60  # minutes
_COUNTED_AFTER: Final = (3, 10, 30)  # minutes; then every hour
_PEAK_SHARE: Final = 0.5
_PEAK_SECONDS: Final = 900
_TROUGH_SHARE: Final = 0.25  # half of what is past the peak: a rate that only scatters does not keep so low
_TROUGH_SECONDS: Final = 600
FEWEST_TO_GROW: Final = 10


class Episode(msgspec.Struct):
    """The state of an event that is going on; `Budget` alone changes it.

    Attributes:
        onset: Estimated start, between `earliest` and `latest`.
        detectors: Those whose evidence opened it or joined.
        marker: The count of five minutes that was told last; twice that is news.
        highest: The highest count of five minutes, at `highest_at`.
        seen_at: When evidence was last seen.
        judged_at: When it was last asked whether it is joy after all.
        calmer: How often in a row the answer was yes.
        turns: How often the verdict on anger or joy turned.
        low_since: Since when the count of five minutes stands at a quarter of the highest or less; 0 where it does not.
        fell: It stood so for ten minutes.
    """

    onset: int
    earliest: int
    latest: int
    opened: int
    sequence: int
    direction: str
    detectors: list[str]
    marker: float
    growths: int
    highest: float
    highest_at: int
    peaked: bool
    seen_at: int
    peak_score: float
    confirmed: bool = False
    judged_at: int = 0
    calmer: int = 0
    turns: int = 0
    low_since: int = 0
    fell: bool = False

    @property
    def began(self) -> Onset:
        """The estimated start with its interval."""
        return Onset(self.earliest, self.onset, self.latest)

    def follow(self, level: int, at: int) -> None:
        """Remember how high it came and how low it fell.

        Args:
            level: Mentions in the five minutes before `at`.
        """
        if level > self.highest:
            self.highest, self.highest_at = float(level), at
        if level > _TROUGH_SHARE * self.highest:
            self.low_since = 0
        else:
            self.low_since = self.low_since or at
            self.fell = self.fell or at - self.low_since >= _TROUGH_SECONDS

    def grow(self, level: int, at: int) -> None:
        """What is told now is what its next growth and its next peak are measured against."""
        self.marker = max(self.marker, float(level))
        self.highest, self.highest_at = float(level), at
        self.peaked = self.fell = False
        self.low_since = 0

    def passes_peak(self, level: int, at: int) -> bool:
        """Whether it has just become clear that the peak is past."""
        calmer = at - self.highest_at >= _PEAK_SECONDS and level <= _PEAK_SHARE * self.highest
        passes, self.peaked = calmer and not self.peaked, self.peaked or calmer
        return passes

    def rises_again(self, level: int) -> bool:
        """Whether this is a second wave: it was past the peak, fell to a quarter and is back at half."""
        return self.peaked and self.fell and level >= max(_PEAK_SHARE * self.highest, FEWEST_TO_GROW)

    def count_due(self, end: int) -> int:
        """The number, from 1 on, of the count that is due at the end of the minute before `end`; 0 where none is.

        Only when it was opened decides, never what came since or when it came: whoever folds the same log counts at the
        same minutes. The first one is told about five minutes after the page, once its minutes are final.
        """
        minutes = (end - -(-self.opened // 60) * 60) // 60
        if minutes in _COUNTED_AFTER:
            return _COUNTED_AFTER.index(minutes) + 1
        hours, rest = divmod(minutes, _HOUR)
        return len(_COUNTED_AFTER) + hours if hours > 0 and rest == 0 else 0

    def whole(self, reading: Reading) -> Reading:
        """The reading with a window that holds the event as a whole, as far back as windows are kept."""
        end = reading.window_start + reading.window_seconds
        start = min(reading.window_start, max(self.onset - self.onset % 60, end - EVENT_SECONDS))
        return msgspec.structs.replace(reading, window_start=start, window_seconds=end - start)
