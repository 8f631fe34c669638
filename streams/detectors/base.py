"""The detector contract: score, then decide (in `budget`), then learn.

A detector never says "spike"; it says how improbable what it sees is under the topic's own past, and None while it has
no opinion. One instance per topic.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from streams.basis import Weighed
from streams.detectors.excess import Excess
from streams.detectors.onset import Onset
from streams.detectors.prior import Lesson
from streams.events import Direction, Evidence
from streams.windows import Slot

__all__ = ["ANY_NUMBER", "Detector", "Explanation", "Reading", "Slot", "Weighed"]


ANY_NUMBER: Final = 2**62
"""Room for whatever comes: nothing is read before something more was learned."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a detector makes of the present moment.

    Attributes:
        score: Evidence against "as usual" in nats, >= 0, growing with surprise.
        false_pages_per_week: Expected pages a week at this score if nothing were going on, > 0.
        since: Start of the stretch that carries the evidence, seconds since 1970; `explain_one` estimates the onset.
        window_start: First second of the deciding window, which ends at the moment of the reading.
        window_seconds: Its width.
        calm: The last half hour is like any other: what evidence there is lies before it. False where half an hour
            is too short to tell.
    """

    score: float
    false_pages_per_week: float
    since: int
    window_start: int
    window_seconds: int
    calm: bool = False


class Explanation(msgspec.Struct, frozen=True, gc=False):
    """What stands behind a reading.

    Attributes:
        excess: What came on top of the usual, by which the direction was judged; None where nothing is counted.
    """

    direction: Direction
    evidence: Evidence
    onset: Onset
    excess: Excess | None = None


class Detector(Protocol):
    """One topic's online model. Deterministic: no clock, no randomness."""

    @property
    def name(self) -> str:
        """As it stands in detections and in the configuration."""
        ...

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at event second `at`; changes nothing. None while warming up.

        Args:
            recent: The minutes that were not learned yet, oldest first, the last one possibly still open; minutes
                without mentions are left out. What came before them the detector knows from `learn_one`.
        """
        ...

    def room(self, recent: Sequence[Slot], at: int, pages: float) -> int | None:
        """How many more mentions can come in the minute of `at` with all readings above `pages`; changes nothing.

        That holds whatever they say, whichever minute of `recent` or the open one they belong to, and until the next
        `learn_one`. It is cheaper than a reading and never more than there is room for, perhaps less.

        Args:
            recent: As for `score_one`.
            pages: False pages a week, in (0, 14).

        Returns:
            None where the very next reading may be `pages` or less.
        """
        ...

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """What stands behind a reading that `score_one` has just made of `recent`; changes nothing.

        Only asked when a decision is taken, so that scoring stays cheap.
        """
        ...

    def weigh(self, recent: Sequence[Slot], at: int) -> tuple[Weighed, ...]:
        """Every score behind the reading of `score_one` at `at`; changes nothing. Empty while warming up.

        The rarest of them is the reading. Only asked when a decision is taken.
        """
        ...

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn from one final minute, in order of time; every minute is passed, silent ones too.

        Where the start jumps ahead, the time between was not observed and counts as neither silent nor busy.

        Args:
            storm: An event is going on: the detector must not take it for the new normal.
        """
        ...

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in a window of `seconds`; None while warming up."""
        ...

    def lesson(self) -> Lesson | None:
        """What new topics may borrow; None while there is nothing proven."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values that msgspec can encode; `restore` of it behaves identically for ever after."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot of the same detector.

        Raises:
            StateCorrupted: The snapshot is of another kind or version.
        """
        ...
