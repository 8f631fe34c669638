"""Sentiment: has the mood turned against the topic, faster and further than it usually moves?"""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.detectors.base import Explanation, Reading
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.mood import Mood
from streams.detectors.snapshots import require
from streams.detectors.trail import Sums, Trail
from streams.errors import StateCorrupted
from streams.events import Direction, Evidence
from streams.windows import MINUTE, Slot

_VERSION: Final = 2
_SCALES: Final = (30, 180)
_MICRO: Final = 1_000_000
_FEWEST_SCORED: Final = 5
_FEWEST_NEGATIVE: Final = 3
_SMALLEST_TURN: Final = 0.15
_PRIOR_LOCATION: Final = 2.2
_PRIOR_SCALE: Final = 0.5
_SMALLEST: Final = 1e-12
_CALM: Final = 1.5  # standard errors
_TELLING: Final = 8  # scored mentions in half an hour; with fewer, a soured mood looks calm
_FEWEST_LOOKS: Final = (
    72  # minutes with a mood to compare; a block of near silence says nothing about how moods scatter
)


class SentimentVelocityDetector:
    """How far the mean polarity of the last 30 and 180 minutes has fallen below the topic's own usual, and how surely.

    The fall is measured in its standard error, which grows with the scatter of single mentions and with how much the
    mood of whole half-hours drifts by itself; what it means in false pages a week is read from the topic's own block
    maxima. Only turns for the worse count: of at least 0.15, with five scored mentions or more, three of them negative,
    and a greater share of negative ones than usual. The number of mentions plays no part beyond that.

    Args:
        warm_up_mentions: Scored mentions before there is an opinion.
    """

    name = "sentiment-velocity"

    def __init__(self, *, warm_up_mentions: int) -> None:
        self._warm_up_mentions = warm_up_mentions
        self._mood = Mood()
        self._trail = Trail()
        self._windows = tuple(BlockMaxima(_PRIOR_LOCATION, _PRIOR_SCALE) for _ in _SCALES)
        self._block_minutes = 0
        self._looks = 0
        self._stormy = False
        self._not_before = 0

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at second `at`; None while fewer mentions were scored than the warm-up asks for."""
        if self._mood.scored < self._warm_up_mentions or self._mood.polarity is None:
            return None
        pages, seconds = float(BLOCKS_PER_WEEK), _SCALES[0] * MINUTE
        calm = False
        for index, minutes in enumerate(_SCALES):
            begin = at - at % MINUTE - (minutes - 1) * MINUTE
            sums = self._trail.window(recent, begin)
            if index == 0:
                calm = sums[1] >= _TELLING and self._fall(sums) < _CALM
            if begin < self._not_before:
                continue  # the last event is told already
            by_window = self._pages(index, sums)
            if by_window < pages:
                pages, seconds = by_window, minutes * MINUTE
        start = at - at % MINUTE - seconds + MINUTE
        return Reading(max(math.log(BLOCKS_PER_WEEK / pages), 0.0), pages, start, start, seconds, calm)

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """The window's mood beside the usual one. This detector knows no rate: what is expected is what was seen."""
        sums = self._trail.window(recent, reading.window_start)
        mentions = float(sums[0])
        evidence = Evidence(
            observed=sums[0],
            expected=mentions,
            low=mentions,
            high=mentions,
            window_seconds=reading.window_seconds,
            **self._mood.compared(sums),
        )
        return Explanation(Direction.CRISIS, evidence)

    def learn_one(self, slot: Slot, *, storm: bool) -> float | None:
        """Learn one final minute; in a storm only how high scores can get."""
        self._trail.append(slot)
        if self._stormy and not storm:
            self._not_before = slot.start
        self._stormy = storm
        pages = None
        if self._mood.scored >= self._warm_up_mentions:
            pages = float(BLOCKS_PER_WEEK)
            if slot.tally.mentions > slot.tally.unscored:
                windows = [self._trail.sums(minutes) for minutes in _SCALES]
                self._looks += windows[-1][1] >= _FEWEST_SCORED
                pages = min(self._pages(index, sums) for index, sums in enumerate(windows))
                for sums, maxima in zip(windows, self._windows, strict=True):
                    maxima.add(self._fall(sums))
            self._block_minutes += 1
            if self._block_minutes >= BLOCK_MINUTES and self._looks >= _FEWEST_LOOKS:
                self._block_minutes = self._looks = 0
                for maxima in self._windows:
                    maxima.close_block()
        self._mood.learn(slot, storm=storm)
        return pages

    def _fall(self, sums: Sums) -> float:
        """Standard errors below usual; 0 where too few mentions were scored."""
        scored = sums[1]
        if scored < _FEWEST_SCORED or self._mood.polarity is None:
            return 0.0
        return (self._mood.polarity - sums[3] / _MICRO / scored) / self._mood.error(scored)

    def _pages(self, index: int, sums: Sums) -> float:
        _, scored, negative, polarity, _ = sums
        usual = self._mood.polarity
        if scored < _FEWEST_SCORED or negative < _FEWEST_NEGATIVE or usual is None:
            return BLOCKS_PER_WEEK
        turned = usual - polarity / _MICRO / scored >= _SMALLEST_TURN
        if not turned or negative <= scored * (self._mood.negative_share or 0.0):
            return BLOCKS_PER_WEEK
        pages = self._windows[index].false_pages_per_week(self._fall(sums))
        return max(min(pages, BLOCKS_PER_WEEK), _SMALLEST)

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """None: mentions are not what this detector counts."""
        del seconds
        return None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "detector": self.name,
            "version": _VERSION,
            "mood": self._mood.snapshot(),
            "trail": self._trail.snapshot(),
            "windows": [maxima.snapshot() for maxima in self._windows],
            "block_minutes": self._block_minutes,
            "looks": self._looks,
            "stormy": self._stormy,
            "not_before": self._not_before,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of this detector, or of another version.
        """
        require(state, self.name, _VERSION)
        try:
            self._mood.restore(state["mood"])
            self._trail.restore(state["trail"])
            for maxima, old in zip(self._windows, state["windows"], strict=True):
                maxima.restore(old)
            self._block_minutes = int(state["block_minutes"])
            self._looks = int(state["looks"])
            self._stormy = bool(state["stormy"])
            self._not_before = int(state["not_before"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of {self.name} cannot be read: {exc!r}") from exc
