"""The CUSUM of a topic's mood, calibrated by its own block maxima."""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.prior import NO_LEAN, Lean, Prior
from streams.detectors.souring import CALM, Souring, Tilt
from streams.detectors.trail import MINUTES
from streams.detectors.wander import HALF_DAY_MINUTES, Wander
from streams.windows import Slot

SOURING: Final = "souring"
_SCALE: Final = 1.0  # of nats: a log likelihood ratio passes n of them e^-n as often; own blocks may only widen it
_SHARE: Final = 0.1  # of mentions after which a climb could begin: what overshoot and drift leave of them
_ROOM: Final = 4.0  # as `climb_scores` has it
_SMALLEST: Final = 1e-12
_FARTHEST: Final = 1000.0
_HAIR: Final = 1e-6  # of a mention: more than all that rounding does


class SouringScores:
    """What a climb of anger means in false pages a week.

    Its score is its nats: chance passes n of them e^-n as often, for the exponent of a likelihood ratio is one. That
    holds where moods wander too, once mentions weigh what half days of them tell. The extremes of calm weeks fall
    faster than the tail that they are to foretell, so their scale is never taken for less than one.

    Args:
        pages_per_week: The topic's budget; evidence much beyond it is not gathered, so that the next event shows.
        prior: What its peers teach.

    Source:
        Page 1954 and Reynolds and Stoumbos 1999 (see `souring`), Johnson and Bagshaw 1974 (see `wander`), Hosking 1990
        (see `block_maxima`); Siegmund, "Sequential Analysis", 1985, chapter 2.
    """

    __slots__ = ("_level", "_maxima", "_wander", "souring")

    def __init__(self, pages_per_week: float, prior: Prior | None = None) -> None:
        self._level = pages_per_week / _ROOM
        lean = NO_LEAN if prior is None else prior.lean(SOURING)
        self._maxima = BlockMaxima(0.0, _SCALE, lean, least_scale=_SCALE)
        self._wander = Wander()
        self.souring = CALM

    @property
    def lean(self) -> Lean | None:
        """How the topic's own climbs lie beside the prior of its rate; None before a week of them."""
        return self._maxima.lean

    def pages(self, souring: Souring) -> float:
        """False pages a week of this climb, in (0, 14]."""
        pages = self._maxima.false_pages_per_week(souring.nats)
        return max(min(pages, float(BLOCKS_PER_WEEK)), _SMALLEST)

    def weight(self, lately: int) -> float:
        """What a mention counts, in (0, 1].

        Args:
            lately: Scored mentions of the last three hours.
        """
        return self._wander.weight(lately * HALF_DAY_MINUTES / MINUTES)

    def room(self, souring: Souring, tilt: Tilt | None, pages: float) -> float:
        """How many more mentions surely leave its false pages above `pages`; below 0 where they may not be."""
        if tilt is None:
            return math.inf
        most = min(self._maxima.level(pages), _FARTHEST)
        return (most - souring.nats) / max(tilt.gain, tilt.neutral) - _HAIR

    def through(self, slots: Sequence[Slot], tilt: Tilt | None) -> Souring:
        """Where minutes that are not final yet lead."""
        return CALM if tilt is None else self.souring.tilted(slots, tilt)

    def weighed(self, souring: Souring, pages: float, *, told: bool) -> Weighed:
        """The climb's score beside what it is measured with; seen and usual are its nats, and those of half a day."""
        usual = max(self._maxima.location, 0.0)
        return self._maxima.weighed("climb of anger", souring.nats, usual, souring.nats, pages, told=told)

    def learn(self, slots: Sequence[Slot], share: float, weight: float, praise: float) -> None:
        """Final minutes with scored mentions, as `Souring.through` takes them."""
        souring = self.souring.through(slots, share, weight, praise)
        self._maxima.add(souring.nats)
        if souring.nats > 1.0:
            # unbounded, one bad day would hide the next
            most = self._maxima.level(self._level) + self._maxima.scale
            souring = souring.at_most(max(most, 1.0))
        self.souring = souring

    def learn_mood(self, slot: Slot, share: float) -> None:
        """A final minute without a storm, with mentions or without.

        Args:
            share: Of the scored mentions so many are usually negative.
        """
        self._wander.learn(slot, share)

    def forget(self) -> None:
        """Whatever comes is another story."""
        self.souring = CALM

    def close_block(self) -> None:
        """Twelve hours are over."""
        self._maxima.close_block()

    def expect(self, scored: int, margin: float = 0.0) -> None:
        """How high the climb rises by chance in half a day with so many scored mentions."""
        self._maxima.expect(math.log(max(_SHARE * scored, 1.0)) + margin, _SCALE)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "souring": [self.souring.nats, self.souring.since],
            "maxima": self._maxima.snapshot(),
            "wander": self._wander.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: Its block maxima or its wander cannot be read.
        """
        nats, since = state["souring"]
        self.souring = Souring(float(nats), int(since))
        self._maxima.restore(state["maxima"])
        self._wander.restore(state["wander"])
