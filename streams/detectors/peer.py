"""One member of a peer group, as its own detectors see it."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from streams.detectors.base import ANY_NUMBER, Detector, Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.lasting import lasting_below
from streams.detectors.small_turn import SmallTurn
from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot

RISING_BELOW: Final = 5.0  # false pages a week: what hardly comes once a day by chance
_HIT_BELOW: Final = 2.0  # surely enough for its minutes not to teach what is usual
_QUIET_SECONDS: Final = 3600
_STORM_SECONDS: Final = 86_400


class Standing(NamedTuple):
    """How a member stands at one moment.

    Attributes:
        pages: How often a week it would show so much by itself with nothing going on, in (0, 14].
        reading: Of its detectors the rarest.
    """

    pages: float
    reading: Reading

    @property
    def nats(self) -> float:
        """Its evidence: 0 for what half a day shows by chance."""
        return max(math.log(BLOCKS_PER_WEEK / self.pages), 0.0)


class Peer:
    """A member's own model within its group, and whether an event of its own is going on there.

    It is the model that the member's own topic has, built of the same counts a second time: what is a page for that
    topic is an event of the member's own here, which teaches the group nothing and is told already once it is over. An
    event of the group is one of the member too from when it rises on; where it does not, it learns as usual.

    Args:
        detectors: Each with its share of the budget; the first one counts mentions.
        pages_per_week: From these odds on it is an event of its own, > 0.
    """

    __slots__ = ("_detectors", "_hit", "_known", "_opened", "_pages_per_week", "_seen_at", "turn")

    def __init__(self, detectors: Sequence[tuple[Detector, float]], *, pages_per_week: float) -> None:
        self._detectors = tuple(detectors)
        self.turn = SmallTurn()
        self._pages_per_week = pages_per_week
        self._known: tuple[int, Sequence[Slot], Standing | None] | None = None
        self._opened: int | None = None
        self._seen_at = 0
        self._hit = False

    def standing(self, recent: Sequence[Slot], at: int) -> Standing | None:
        """How it stands at second `at`, or at the start of that minute where it did not speak in it.

        Changes nothing. None while it is warming up.
        """
        moment = _moment(recent, at)
        known = self._known
        if known is None or known[0] != moment or known[1] != recent:
            known = self._known = (moment, recent, self._stand(recent, moment))
        return known[2]

    def room(self, recent: Sequence[Slot], at: int, pages: float) -> int | None:
        """How many more mentions can come with every standing above `pages`; as `Detector.room`."""
        moment, least = _moment(recent, at), ANY_NUMBER
        for known, _ in self._detectors:
            room = known.room(recent, moment, pages)  # what is charged is never rarer than what a detector says
            if room is None:
                return None
            least = min(least, room)
        return least

    def _stand(self, recent: Sequence[Slot], at: int) -> Standing | None:
        readings = [
            (reading, share) for known, share in self._detectors if (reading := known.score_one(recent, at)) is not None
        ]
        if not readings:
            return None
        whole = math.fsum(share for _, share in readings)
        pages, reading = min(
            ((one.false_pages_per_week * whole / share, one) for one, share in readings), key=lambda found: found[0]
        )
        return Standing(min(pages, float(BLOCKS_PER_WEEK)), reading)

    def learn(self, slot: Slot, *, storm: bool) -> Standing | None:
        """Learn one final minute; how it stands after it.

        Args:
            storm: The group has an event.
        """
        self._known = None
        self._hit = storm and self._hit
        own = self._opened is not None and slot.start - self._opened < _STORM_SECONDS
        for known, _ in self._detectors:
            known.learn_one(slot, storm=self._hit or own)
        self.turn.learn(slot, storm=self._hit or own)
        standing = self._stand((), slot.start + MINUTE - 1)
        self._follow(slot.start, standing)
        self._hit = storm and (self._hit or (standing is not None and standing.pages < _HIT_BELOW))
        return standing

    def _follow(self, start: int, standing: Standing | None) -> None:
        pages = BLOCKS_PER_WEEK if standing is None else standing.pages
        if self._opened is None:
            if pages < self._pages_per_week:
                self._opened = self._seen_at = start
        elif pages < lasting_below(self._pages_per_week) and standing is not None and not standing.reading.calm:
            self._seen_at = start
        elif start - self._seen_at >= _QUIET_SECONDS:
            self._opened = None
            self.turn.forget()

    def odds(self, standing: Standing, recent: Sequence[Slot]) -> float:
        """How often a week it would show so much with nothing going on, a small turn of its mood included."""
        return min(standing.pages, self.turn.pages(self.turn.climb(recent)))

    def counting(self) -> Detector:
        """The detector that counts mentions."""
        return self._detectors[0][0]

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "detectors": [known.snapshot() for known, _ in self._detectors],
            "turn": self.turn.snapshot(),
            "opened": self._opened,
            "seen_at": self._seen_at,
            "hit": self._hit,
        }

    def restore(self, state: Any) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a member.
        """
        self._known = None
        try:
            for (known, _), old in zip(self._detectors, state["detectors"], strict=True):
                known.restore(old)
            self.turn.restore(state["turn"])
            self._opened = None if state["opened"] is None else int(state["opened"])
            self._seen_at = int(state["seen_at"])
            self._hit = bool(state["hit"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a member cannot be read: {exc!r}") from exc


def _moment(recent: Sequence[Slot], at: int) -> int:
    minute = at - at % MINUTE
    return at if recent and recent[-1].start == minute else minute
