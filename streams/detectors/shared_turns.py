"""Small turns of several members' moods at once, in false pages a week of their group."""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.onset import SHORT_OF_BEST, Onset
from streams.detectors.small_turn import SMALL_ODDS, SmallTurn
from streams.detectors.souring import Souring

FEWEST: Final = 2
_SCALE: Final = 1.0  # of nats, as of one climb; own half days may only widen it
_SHARE: Final = 0.1  # of mentions after which a climb could begin
_MEAN: Final = 1.0  # nats at which a climb that chance makes stands in the mean, at most
_UNKNOWN: Final = 8.0  # nats: where the highest of half a day is looked for while no half day is over
_CLIMBS: Final = 1.0  # nats
_HAIR: Final = 1e-6  # of a mention: more than all that rounding does


class SharedTurns:
    """The sum of all members' climbs but that of the highest, calibrated by the group's own half days.

    A group hears what several members hear, so it may look for a turn that is too small for each of them. That at least
    two of them turn is what is tested, as for the rest of their evidence: one brand's crisis counts for nothing.

    Source:
        Mei, "Efficient scalable schemes for monitoring a large number of data streams", Biometrika 97(2), 2010 (sums of
        local CUSUMs); Benjamini and Heller 2008 (see `industry`).
    """

    __slots__ = ("_block_minutes", "_maxima")

    def __init__(self) -> None:
        self._maxima = BlockMaxima(_UNKNOWN, _SCALE, least_scale=_SCALE)
        self._block_minutes = 0

    def pages(self, climbs: Sequence[Souring]) -> float:
        """False pages a week of these climbs, one a member that has an opinion, in (0, 14]; 14 of fewer than two."""
        if len(climbs) < FEWEST:
            return BLOCKS_PER_WEEK
        return self._maxima.false_pages_per_week(shared_nats(climbs))

    def room(self, climbs: Sequence[Souring], pages: float) -> float:
        """How many more mentions surely leave them above `pages`; below 0 where they may not be."""
        return (self._maxima.level(pages) - shared_nats(climbs)) / math.log(SMALL_ODDS) - _HAIR

    def weighed(self, climbs: Sequence[Souring], pages: float) -> Weighed:
        """The sum beside what it is measured with."""
        nats, usual = shared_nats(climbs), max(self._maxima.location, 0.0)
        return self._maxima.weighed("small turns of mood", nats, usual, nats, pages)

    def learn(self, turns: Sequence[SmallTurn]) -> None:
        """How high chance comes in one more minute, by the members that have an opinion."""
        if len(turns) < FEWEST:
            return
        self._maxima.add(shared_nats([turn.climb(()) for turn in turns]))
        self._block_minutes += 1
        if self._block_minutes >= BLOCK_MINUTES:
            self._block_minutes = 0
            mentions = math.fsum(turn.mentions or 0.0 for turn in turns)
            others = _MEAN * (len(turns) - FEWEST)
            self._maxima.expect(others + math.log(max(_SHARE * mentions, 1.0)), _SCALE)
            self._maxima.close_block()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"maxima": self._maxima.snapshot(), "block_minutes": self._block_minutes}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: Its block maxima cannot be read.
        """
        self._maxima.restore(state["maxima"])
        self._block_minutes = int(state["block_minutes"])


def shared_nats(climbs: Sequence[Souring]) -> float:
    """What all of them but the highest have."""
    nats = [climb.nats for climb in climbs]
    return math.fsum(nats) - max(nats, default=0.0)


def second_of(climbs: Sequence[Souring]) -> Souring:
    """The one that makes it more than one brand's own."""
    return sorted(climbs, key=lambda climb: climb.nats)[-FEWEST]


def onset_of(climbs: Sequence[Souring], at: int) -> Onset:
    """When they began to climb by second `at`: the one that makes it more than one brand's own, or before.

    A climb that fell to nought by chance after the event began has its beginning only later. How much earlier that may
    have been is as long as the climb takes for what an interval leaves open.
    """
    second = second_of(climbs)
    began = [climb.since for climb in climbs if climb.nats >= _CLIMBS] or [second.since]
    open_ = SHORT_OF_BEST / max(second.nats, _CLIMBS) * max(at - second.since, 0)
    return Onset(int(min(*began, second.since) - open_), second.since, max(*began, second.since))
