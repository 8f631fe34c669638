"""A CUSUM on the likelihood ratio of a step: evidence that gathers with every mention and drains with time."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from streams.windows import MINUTE, Slot

STEP: Final = 5.0
PER_MENTION: Final = math.log(STEP)
_PER_EXPECTED: Final = STEP - 1.0


class Climb(msgspec.Struct, frozen=True):
    """Evidence for a fivefold step of the rate, gathered since it last was zero.

    Attributes:
        nats: Log likelihood ratio, >= 0.
        since: Where the present climb began, seconds since 1970; meaningless at 0 nats.

    Source:
        Page, "Continuous inspection schemes", Biometrika 41, 1954; Lorden, "Procedures for reacting to a change in
        distribution", Ann. Math. Stat. 42(6), 1971.
    """

    nats: float = 0.0
    since: int = 0

    def after(self, start: int, seconds: int, mentions: int, per_minute: float) -> "Climb":
        """Where a stretch with `mentions` mentions leads, when `per_minute` are usual."""
        nats = self.nats + mentions * PER_MENTION - _PER_EXPECTED * per_minute * seconds / MINUTE
        if nats <= 0.0:
            return _GROUND
        return Climb(nats, self.since if self.nats > 0.0 else start)

    def through(self, recent: Sequence[Slot], begin: int | None, at: int, per_minute: float) -> "Climb":
        """Where the minutes `recent` lead by second `at`, when this is where `begin` stood."""
        nats, since, position = self.nats, self.since, begin
        drain = _PER_EXPECTED * per_minute
        for slot in recent:
            start = slot.start
            if nats > 0.0 and position is not None and start > position:
                nats = max(nats - drain * (start - position) / MINUTE, 0.0)
            seconds = slot.seconds
            if at - start + 1 < seconds:
                seconds = max(at - start, 0) + 1
            if nats <= 0.0:
                nats, since = 0.0, start
            nats = nats + slot.tally.mentions * PER_MENTION - drain * seconds / MINUTE
            position = start + seconds
        if nats > 0.0 and position is not None and at > position:
            nats -= drain * (at - position) / MINUTE
        return Climb(nats, since) if nats > 0.0 else _GROUND


_GROUND: Final = Climb()
