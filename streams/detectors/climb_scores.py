"""The CUSUM of a topic, calibrated by its own block maxima."""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.climb import PER_MENTION, STEP, Climb
from streams.detectors.prior import NO_LEAN, Lean, Prior
from streams.windows import MINUTE, Slot

CLIMB: Final = "climb"
_MINUTES_PER_WEEK: Final = 7 * 24 * 60
_TWO_MENTIONS: Final = 2.0 * math.log(STEP)
_PRIOR_LOCATION: Final = 2.0
_PRIOR_SCALE: Final = 0.4
_SPARSE: Final = 0.35
_WANDERING: Final = 0.3
_BUSY_PER_HOUR: Final = 20.0
_SMALLEST: Final = 1e-12
_FARTHEST: Final = 100.0
_HAIR: Final = 1e-6  # of a mention: more than all that rounding does
_ROOM: Final = 4.0  # scores that share the budget: evidence is gathered up to what the strictest level asks for


class ClimbScores:
    """What a climb means in false pages a week: its score is ln(1 + nats).

    Args:
        pages_per_week: The topic's budget; evidence much beyond it is not gathered, so that the next event shows.
        margin: How much higher than usual the prior lies while the topic is young.
        prior: What its peers teach.

    Source:
        Page 1954 and Lorden 1971 (see `climb`), Hosking 1990 (see `block_maxima`).
    """

    __slots__ = ("_level", "_maxima", "climb")

    def __init__(self, pages_per_week: float, margin: float, prior: Prior | None = None) -> None:
        self._level = pages_per_week / _ROOM
        self._maxima = BlockMaxima(
            _PRIOR_LOCATION + margin, _PRIOR_SCALE + _WANDERING, NO_LEAN if prior is None else prior.lean(CLIMB)
        )
        self.climb = Climb()

    @property
    def lean(self) -> Lean | None:
        """How the topic's own climbs lie beside the prior of its rate; None before a week of them."""
        return self._maxima.lean

    def through(self, recent: Sequence[Slot], begin: int | None, at: int, per_minute: float) -> Climb:
        """Where minutes that are not final yet lead; see `Climb.through`."""
        return self.climb.through(recent, begin, at, per_minute)

    def pages(self, climb: Climb, per_minute: float) -> float:
        """False pages a week of this climb, in (0, 14]; two mentions are no climb."""
        if climb.nats <= _TWO_MENTIONS:
            return BLOCKS_PER_WEEK
        by_chance = _MINUTES_PER_WEEK * per_minute * math.exp(-climb.nats)
        pages = self._maxima.false_pages_per_week(math.log1p(climb.nats))
        return max(pages, min(by_chance, BLOCKS_PER_WEEK), _SMALLEST)

    def room(self, climb: Climb, pages: float) -> float:
        """How many more mentions surely leave its false pages above `pages`; below 0 where they may not be."""
        score = min(self._maxima.level(pages), _FARTHEST)
        return (max(math.expm1(score), _TWO_MENTIONS) - climb.nats) / PER_MENTION - _HAIR

    def weighed(self, climb: Climb, pages: float) -> Weighed:
        """The climb's score beside what it is measured with; seen and usual are its nats, and those of half a day."""
        usual = math.expm1(self._maxima.location)
        return self._maxima.weighed("climb", climb.nats, max(usual, 0.0), math.log1p(climb.nats), pages)

    def learn(self, start: int, mentions: int, per_minute: float) -> None:
        """One final minute."""
        if mentions <= 0 and self.climb.nats <= 0.0:
            return
        climb = self.climb.after(start, MINUTE, mentions, per_minute)
        self._maxima.add(math.log1p(climb.nats))
        if climb.nats > 1.0:
            # unbounded, one great day would hide the next storm for days
            floor = math.log(max(per_minute * _MINUTES_PER_WEEK / self._level, 1.0)) + 1.0
            if climb.nats > floor:
                most = max(math.expm1(self._maxima.level(self._level) + self._maxima.scale), floor)
                climb = Climb(most, climb.since) if climb.nats > most else climb
        self.climb = climb

    def close_block(self) -> None:
        """Twelve hours are over."""
        self._maxima.close_block()

    def expect(self, per_minute: float, margin: float) -> None:
        """Where a block's highest climb should lie at this rate, as far as nothing better is known."""
        per_hour = max(per_minute * 60.0, _SMALLEST)
        sparse = min(max(_SPARSE * math.log(per_hour), -1.0), 0.0)
        # a rate that wanders by itself makes for long climbs, but only where many mentions carry them
        scale = _PRIOR_SCALE + _WANDERING * min(per_hour / _BUSY_PER_HOUR, 1.0)
        self._maxima.expect(_PRIOR_LOCATION + sparse + margin, scale)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"climb": [self.climb.nats, self.climb.since], "maxima": self._maxima.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: Its block maxima cannot be read.
        """
        nats, since = state["climb"]
        self.climb = Climb(float(nats), int(since))
        self._maxima.restore(state["maxima"])
