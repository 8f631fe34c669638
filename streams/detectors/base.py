"""The detector contract: score, then decide (in `budget`), then learn.

A detector never says "spike"; it says how improbable what it sees is under the topic's own past, and None while it has
no opinion. One instance per topic.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from streams.events import Direction, Evidence, Tally


class Slot(msgspec.Struct, frozen=True):
    """A closed or still open stretch of one topic's event time, `[start, start + seconds)`, seconds since 1970."""

    start: int
    seconds: int
    tally: Tally


class Reading(msgspec.Struct, frozen=True):
    """What a detector makes of the present moment.

    Attributes:
        score: Evidence against "as usual" in nats, >= 0, growing with surprise.
        false_pages_per_week: Expected pages a week at this score if nothing were going on, > 0.
        since: Start of the stretch that carries the evidence, seconds since 1970: the onset estimate.
    """

    score: float
    false_pages_per_week: float
    since: int
    direction: Direction
    evidence: Evidence


class Detector(Protocol):
    """One topic's online model. Deterministic: no clock, no randomness."""

    @property
    def name(self) -> str:
        """As it stands in detections and in the configuration."""
        ...

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at event second `at`; changes nothing. None while warming up.

        Args:
            recent: Minute slots, oldest first, the last one possibly still open, covering at least the past
                three hours up to `at`; minutes without mentions are left out.
        """
        ...

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn from one closed minute, in order of time; every minute is passed, silent ones too.

        Args:
            storm: An event is going on: the detector must not take it for the new normal.
        """
        ...

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in a window of `seconds`; None while warming up."""
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
