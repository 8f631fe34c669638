"""What is remembered of an event while it goes on."""

from typing import Final

import msgspec

from streams.detectors.base import Reading
from streams.detectors.onset import Onset

_WHOLE_SECONDS: Final = 3 * 3600  # of an event, as far back as windows are kept


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

    @property
    def began(self) -> Onset:
        """The estimated start with its interval."""
        return Onset(self.earliest, self.onset, self.latest)

    def whole(self, reading: Reading) -> Reading:
        """The reading with a window that holds the event as a whole, as far back as windows are kept."""
        end = reading.window_start + reading.window_seconds
        start = min(reading.window_start, max(self.onset - self.onset % 60, end - _WHOLE_SECONDS))
        return msgspec.structs.replace(reading, window_start=start, window_seconds=end - start)
