"""What the budget claims of an episode, and what it may ask about a moment."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from streams.detectors.base import Reading
from streams.detectors.onset import Onset
from streams.events import Direction, Phase


class Claim(msgspec.Struct, frozen=True):
    """A decision about the episode that is going on.

    Attributes:
        onset: Estimated start of the event and its interval; the same for all claims of an episode.
        opened: When the episode was opened.
        again: It grew after it had been past its peak and almost over: a second wave.
    """

    phase: Phase
    sequence: int
    onset: Onset
    opened: int
    detector: str
    direction: Direction
    reading: Reading
    again: bool = False


def rarest(readings: Iterable[tuple[str, Reading]]) -> tuple[str, Reading]:
    """The reading with the fewest false pages a week, with its detector's name; there has to be one."""
    return min(readings, key=lambda named: named[1].false_pages_per_week)


class Moment(Protocol):
    """What else can be asked about the moment of a decision; asked only when it matters."""

    def level(self) -> int:
        """Mentions in the last five minutes."""
        ...

    def onset(self, detector: str, reading: Reading) -> Onset:
        """When it began, as the detector sees it."""
        ...

    def direction(self, detector: str, reading: Reading) -> Direction:
        """Anger or joy, as the detector sees it."""
        ...
