"""A CUSUM on the share of negative mentions: has the mood turned, however slowly they come?"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from streams.windows import Slot

ODDS: Final = 2.5  # times the usual odds of a negative mention: 20 % become 38 %
_NOISE: Final = 1.0  # nats: what is left of one negative mention does not begin an event
_LEAST_SHARE: Final = 0.01
_MOST_SHARE: Final = 0.8


class Souring(msgspec.Struct, frozen=True):
    """Evidence for negative mentions at two and a half times their usual odds, gathered since it last was zero.

    Attributes:
        nats: Log likelihood ratio, >= 0.
        since: Start of the minute in which it last stood at 1 nat or less; meaningless at 0 nats.

    Source:
        Page, "Continuous inspection schemes", Biometrika 41, 1954; Reynolds and Stoumbos, "A CUSUM chart for
        monitoring a proportion when inspecting continuously", J. Qual. Technol. 31(1), 1999.
    """

    nats: float = 0.0
    since: int = 0

    def through(self, slots: Sequence[Slot], share: float, weight: float = 1.0) -> "Souring":
        """Where these minutes lead, when a `share` of the scored mentions is usually negative.

        Args:
            weight: What a mention counts where moods wander and mentions of the same time say the same, in (0, 1].
        """
        if share > _MOST_SHARE:
            return CALM  # where nearly all is negative there is no worse
        usual = max(share, _LEAST_SHARE)
        worse = ODDS * usual / (1.0 - usual + ODDS * usual)
        gain, loss = weight * math.log(worse / usual), weight * math.log((1.0 - worse) / (1.0 - usual))
        nats, since = self.nats, self.since
        for slot in slots:
            tally = slot.tally
            if nats <= _NOISE:
                since = slot.start
            nats = max(nats + tally.negative * gain + (tally.scored - tally.negative) * loss, 0.0)
        return Souring(nats, since) if nats > 0.0 else CALM

    def at_most(self, nats: float) -> "Souring":
        """No more evidence than that."""
        return self if self.nats <= nats else Souring(nats, self.since)


CALM: Final = Souring()
