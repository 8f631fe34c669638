"""The CUSUM of a topic's mood, calibrated by its own block maxima."""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.prior import NO_LEAN, Lean, Prior
from streams.detectors.souring import CALM, Souring, Tilt
from streams.windows import Slot

SOURING: Final = "souring"
_BENDS_AT: Final = 8.0  # nats
_PRIOR_SCALE: Final = 1.0  # of nats, where mentions are independent; own blocks widen it where moods wander
_SHARE: Final = 0.1  # of mentions after which a climb could begin: what overshoot and drift leave of them
_ROOM: Final = 4.0  # as `climb_scores` has it
_SMALLEST: Final = 1e-12
_FARTHEST: Final = 1000.0
_HAIR: Final = 1e-6  # of a mention: more than all that rounding does


class SouringScores:
    """What a climb of anger means in false pages a week.

    Its score is its nats as long as they are few, and ever more their logarithm: chance passes n nats e^-n as often,
    as a Gumbel law has it, but where moods wander by themselves they have too long a tail for one.

    Args:
        pages_per_week: The topic's budget; evidence much beyond it is not gathered, so that the next event shows.
        prior: What its peers teach.

    Source:
        Page 1954 and Reynolds and Stoumbos 1999 (see `souring`), Hosking 1990 (see `block_maxima`).
    """

    __slots__ = ("_level", "_maxima", "souring")

    def __init__(self, pages_per_week: float, prior: Prior | None = None) -> None:
        self._level = pages_per_week / _ROOM
        self._maxima = BlockMaxima(0.0, _PRIOR_SCALE, NO_LEAN if prior is None else prior.lean(SOURING))
        self.souring = CALM

    @property
    def lean(self) -> Lean | None:
        """How the topic's own climbs lie beside the prior of its rate; None before a week of them."""
        return self._maxima.lean

    def pages(self, souring: Souring) -> float:
        """False pages a week of this climb, in (0, 14]."""
        pages = self._maxima.false_pages_per_week(_score(souring.nats))
        return max(min(pages, float(BLOCKS_PER_WEEK)), _SMALLEST)

    def room(self, souring: Souring, tilt: Tilt | None, pages: float) -> float:
        """How many more mentions surely leave its false pages above `pages`; below 0 where they may not be."""
        if tilt is None:
            return math.inf
        most = _nats(min(self._maxima.level(pages), _FARTHEST))
        return (most - souring.nats) / max(tilt.gain, tilt.neutral) - _HAIR

    def through(self, slots: Sequence[Slot], tilt: Tilt | None) -> Souring:
        """Where minutes that are not final yet lead."""
        return CALM if tilt is None else self.souring.tilted(slots, tilt)

    def weighed(self, souring: Souring, pages: float, *, told: bool) -> Weighed:
        """The climb's score beside what it is measured with; seen and usual are its nats, and those of half a day."""
        usual = _nats(max(self._maxima.location, 0.0))
        name = "climb of anger"
        return self._maxima.weighed(name, souring.nats, usual, _score(souring.nats), pages, told=told)

    def learn(self, slots: Sequence[Slot], share: float, weight: float, praise: float) -> None:
        """Final minutes with scored mentions, as `Souring.through` takes them."""
        souring = self.souring.through(slots, share, weight, praise)
        self._maxima.add(_score(souring.nats))
        # unbounded, one bad day would hide the next
        most = _nats(self._maxima.level(self._level) + self._maxima.scale)
        self.souring = souring.at_most(max(most, 1.0))

    def forget(self) -> None:
        """Whatever comes is another story."""
        self.souring = CALM

    def close_block(self) -> None:
        """Twelve hours are over."""
        self._maxima.close_block()

    def expect(self, scored: int, margin: float = 0.0) -> None:
        """How high the climb rises by chance in half a day with so many scored mentions."""
        self._maxima.expect(_score(math.log(max(_SHARE * scored, 1.0))) + margin, _PRIOR_SCALE)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"souring": [self.souring.nats, self.souring.since], "maxima": self._maxima.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: Its block maxima cannot be read.
        """
        nats, since = state["souring"]
        self.souring = Souring(float(nats), int(since))
        self._maxima.restore(state["maxima"])


def _score(nats: float) -> float:
    return _BENDS_AT * math.log1p(nats / _BENDS_AT)


def _nats(score: float) -> float:
    return _BENDS_AT * math.expm1(score / _BENDS_AT)
