"""A turn of one member's mood that is too small for the member, and not for its group."""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.mood import Mood
from streams.detectors.souring import CALM, ODDS, Souring, Tilt, tilt_of
from streams.detectors.wander import Wander
from streams.errors import StateCorrupted
from streams.windows import Slot

SMALL_ODDS: Final = math.sqrt(ODDS)  # half the step in the logarithm: four members show it as surely as one the whole
MOST_NATS: Final = 12.0  # as much as is remembered of an event: a great day must not hide the next
_FEWEST_SCORED: Final = 200  # as of the detector of moods: a share of fewer is too uncertain to see it turn
_SHARE: Final = 0.1  # of mentions after which a climb could begin


class SmallTurn:
    """A CUSUM of one member's negative mentions for 1.6 times their usual odds; it has no opinion before 200 of them.

    How far the mood wanders by itself takes weight off a mention, so does how little is known of what is usual: both
    are what all mentions of a climb have in common.

    Source:
        See `souring` and `wander`; that such sums of many streams may be added up: `IndustryDetector`.
    """

    __slots__ = ("_climb", "_mood", "_wander")

    def __init__(self) -> None:
        self._mood = Mood()
        self._wander = Wander()
        self._climb = CALM

    @property
    def mentions(self) -> float | None:
        """Scored mentions of a usual half day; None while it has no opinion."""
        return self._wander.mentions if self._mood.scored >= _FEWEST_SCORED and self._wander.mentions > 0.0 else None

    def climb(self, recent: Sequence[Slot]) -> Souring:
        """Where the minutes that are not final yet lead; calm while it has no opinion."""
        tilt = self._tilt()
        return CALM if tilt is None else self._climb.tilted(recent, tilt).at_most(MOST_NATS)

    def pages(self, climb: Souring) -> float:
        """How often a week chance brings as much of it, in (0, 14]."""
        by_chance = max(_SHARE * (self.mentions or 0.0), 1.0) * math.exp(-climb.nats)
        return BLOCKS_PER_WEEK * min(by_chance, 1.0)

    def _tilt(self) -> Tilt | None:
        mentions, share = self.mentions, self._mood.negative_share
        if mentions is None or share is None:
            return None
        weight = 1.0 / (1.0 / self._wander.weight(mentions) + mentions / self._mood.scored)
        return tilt_of(share, weight, self._mood.positive_share, SMALL_ODDS)

    def learn(self, slot: Slot, *, storm: bool) -> None:
        """One final minute.

        Args:
            storm: An event of the member's own, or of the group: what is said is not usual.
        """
        if slot.tally.scored:
            self._climb = self.climb((slot,))
        self._mood.learn(slot, storm=storm)
        if not storm:
            self._wander.learn(slot, self._mood.negative_share or 0.0)

    def forget(self) -> None:
        """What was gathered is told."""
        self._climb = CALM

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "mood": self._mood.snapshot(),
            "wander": self._wander.snapshot(),
            "climb": [self._climb.nats, self._climb.since],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a small turn.
        """
        try:
            self._mood.restore(state["mood"])
            self._wander.restore(state["wander"])
            nats, since = state["climb"]
            self._climb = Souring(float(nats), int(since))
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a small turn cannot be read: {exc!r}") from exc
