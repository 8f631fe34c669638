"""A CUSUM on the shares of negative and positive mentions: has the mood turned, however slowly they come?"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from streams.windows import Slot

ODDS: Final = 2.5  # times the usual odds of a negative mention: 20 % become 38 %
THINNED: Final = math.sqrt(ODDS)  # complaints that are read as neutral thin praise out, half as much in the logarithm
_NATS: Final = math.log(ODDS)
_PRAISE_THINNED: Final = math.exp(-_NATS / 2.0)
_NOISE: Final = 1.0  # nats: what is left of one negative mention does not begin an event
_SURELY: Final = 2.0  # nats: chance comes that far once in exp(2) climbs
_LEAST_SHARE: Final = 0.01
_MOST_SHARE: Final = 0.8


class Tilt(NamedTuple):
    """What one scored mention adds to the evidence, in nats: a negative one, a neutral one, a positive one."""

    gain: float
    neutral: float
    loss: float


def tilt_of(share: float, weight: float, praise: float, odds: float = ODDS) -> Tilt | None:
    """What mentions say, args as in `Souring.through`; None where nearly all is negative: there is no worse.

    Args:
        odds: Times the usual ones of a negative mention that are looked for, > 1.
    """
    if share > _MOST_SHARE:
        return None
    usual = max(share, _LEAST_SHARE)
    glad = min(praise, 1.0 - usual)
    # the tilted shares have to sum to one
    nats = _NATS if odds == ODDS else math.log(odds)
    thinned = _PRAISE_THINNED if odds == ODDS else math.exp(-nats / 2.0)
    neutral = -weight * math.log(1.0 + (odds - 1.0) * usual + (thinned - 1.0) * glad)
    return Tilt(neutral + weight * nats, neutral, neutral - weight * nats / 2.0)


def is_soured(scored: int, negative: int, share: float) -> bool:
    """So many negative ones speak for the odds that are looked for, by more than chance does in a usual hour."""
    tilt = tilt_of(share, 1.0, 0.0)
    return tilt is not None and negative * tilt.gain + (scored - negative) * tilt.neutral > _SURELY


class Souring(msgspec.Struct, frozen=True):
    """Evidence for negative mentions at two and a half times their usual odds, gathered since it last was zero.

    Where a lexicon misses complaints, what shows of them is that praise grows thinner: positive mentions are taken to
    come at 1.6 times smaller odds.

    Attributes:
        nats: Log likelihood ratio, >= 0.
        since: Start of the minute in which it last stood at 1 nat or less; meaningless at 0 nats.

    Source:
        Page, "Continuous inspection schemes", Biometrika 41, 1954; Reynolds and Stoumbos, "A CUSUM chart for
        monitoring a proportion when inspecting continuously", J. Qual. Technol. 31(1), 1999.
    """

    nats: float = 0.0
    since: int = 0

    def through(self, slots: Sequence[Slot], share: float, weight: float = 1.0, praise: float = 0.0) -> "Souring":
        """Where these minutes lead, when a `share` of the scored mentions is usually negative.

        Args:
            weight: What a mention counts where moods wander and mentions of the same time say the same, in (0, 1].
            praise: Share of them that is usually positive.
        """
        tilt = tilt_of(share, weight, praise)
        return CALM if tilt is None else self.tilted(slots, tilt)

    def tilted(self, slots: Sequence[Slot], tilt: Tilt) -> "Souring":
        """Where these minutes lead, when that is what their mentions say."""
        gain, neutral, loss = tilt
        nats, since = self.nats, self.since
        for slot in slots:
            tally = slot.tally
            if nats <= _NOISE:
                since = slot.start
            negative, positive = tally.negative, tally.positive
            rest = tally.mentions - tally.unscored - negative - positive
            nats = nats + negative * gain + rest * neutral + positive * loss
            nats = max(0.0, nats)
        return Souring(nats, since) if nats > 0.0 else CALM

    def at_most(self, nats: float) -> "Souring":
        """No more evidence than that."""
        return self if self.nats <= nats else Souring(nats, self.since)


CALM: Final = Souring()
