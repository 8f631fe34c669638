"""One topic's detectors and budget over whole minutes: what `TopicWatch` does, without what does not decide.

Each minute's mentions arrive at its last second, are scored, decided on and learned at once. A test compares its pages
with those of the whole fold.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.budget import Budget
from streams.charges import Charges
from streams.claim import Claim
from streams.detectors.base import Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.onset import Onset
from streams.detectors.registry import SHARES, build_detectors
from streams.events import Direction, Phase, Tally
from streams.settings import DetectSettings
from streams.topic import Topic
from streams.windows import MINUTE, Slot

_SILENT: Final = Tally()
_POLARITY: Final = 0.5
_LEVEL_MINUTES: Final = 5


class MinuteFold:
    """Implements `Moment` for itself: it knows the last five minutes, and calls every event a crisis.

    Args:
        members: Of a peer group; none of any other topic.
    """

    def __init__(self, *, pages_per_week: float, start: int, members: tuple[str, ...] = ()) -> None:
        settings = DetectSettings()
        topic = Topic(id="topic", name="Topic", query="topic", pages_per_week=pages_per_week, members=members)
        self._detectors = build_detectors(topic, settings)
        quiet_seconds = settings.quiet_hours_to_end * 3600
        charges = Charges(SHARES)
        self._rare = charges.uncharged(pages_per_week)
        self._budget = Budget(pages_per_week=pages_per_week, quiet_seconds=quiet_seconds, charges=charges)
        self._last = [0] * _LEVEL_MINUTES
        self._at = start
        self._begun = False
        self._recent: tuple[Slot, ...] = ()

    def run(self, counts: Iterable[tuple[int, int]]) -> list[Claim]:
        """The openings among so many mentions a minute, each with how many of them are negative."""
        return self.follow((tally_of(mentions, negative), ()) for mentions, negative in counts)

    def follow(self, minutes: Iterable[tuple[Tally, tuple[tuple[str, Tally], ...]]]) -> list[Claim]:
        """The openings in these minutes, each with what the members of a peer group add to it."""
        opened = []
        for number, (said, members) in enumerate(minutes):
            self._last[number % _LEVEL_MINUTES] = said.mentions
            self._begun = self._begun or said.mentions > 0
            if self._begun:
                opened += self._minute(Slot(self._at, MINUTE, said, members))
            self._at += MINUTE
            self._last[(number + 1) % _LEVEL_MINUTES] = 0
            if self._budget.is_open:
                opened += self._decide((), self._at)
        return opened

    def level(self) -> int:
        """Mentions in the last five minutes."""
        return sum(self._last)

    def onset(self, detector: str, reading: Reading) -> Onset:
        """When it began, as the detector sees it."""
        found = next(known for known in self._detectors if known.name == detector)
        return found.explain_one(reading, self._recent).onset

    def direction(self, detector: str, reading: Reading) -> Direction:
        """Which kind of event it is does not change when it opens."""
        del detector, reading
        return Direction.CRISIS

    def _minute(self, slot: Slot) -> list[Claim]:
        opened = self._decide((slot,), self._at + MINUTE - 1) if slot.tally.mentions else []
        storm = self._budget.storm(self._at)
        for detector in self._detectors:
            detector.learn_one(slot, storm=storm)
        return opened

    def _decide(self, recent: tuple[Slot, ...], at: int) -> list[Claim]:
        self._recent = recent
        if not self._budget.is_open and self._has_room(recent, at):
            return []
        readings = [(known.name, known.score_one(recent, at)) for known in self._detectors]
        claims = self._budget.decide(at, [(name, found) for name, found in readings if found is not None], self)
        return [claim for claim in claims if claim.phase is Phase.OPENED]

    def _has_room(self, recent: tuple[Slot, ...], at: int) -> bool:
        """No reading can be rare enough, so that none is needed: as live."""
        if self._rare >= BLOCKS_PER_WEEK:
            return False
        return all(known.room(recent, at, self._rare) is not None for known in self._detectors)


def tally_of(mentions: int, negative: int) -> Tally:
    """So many mentions, all of those that are not negative neutral."""
    if not mentions:
        return _SILENT
    return Tally(
        mentions=mentions,
        negative=negative,
        neutral=mentions - negative,
        polarity_sum=-_POLARITY * negative,
        polarity_squares=_POLARITY**2 * negative,
    )
