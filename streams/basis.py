"""The numbers behind a decision: what every score saw, what it is worth, and what the budget made of it."""

import msgspec


class Weighed(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One score behind an opinion.

    Attributes:
        name: What was looked at: `30 minutes`, `climb`, `day`.
        observed: What was counted in it; mentions where nothing else is said.
        usual: What the topic's own past makes of the same stretch.
        score: What the two make together, on the scale that is calibrated.
        location: Where the highest score of half a day usually lies; None where the odds are exact.
        scale: How far it scatters around that, > 0.
        blocks: Half days of the topic's own past behind these two; with few of them the prior decides.
        false_pages_per_week: How often a week it would be passed with nothing going on, in (0, 14].
        told: It holds an event that was told already, and opens nothing.
    """

    name: str
    observed: float
    usual: float
    score: float
    false_pages_per_week: float
    location: float | None = None
    scale: float | None = None
    blocks: int = 0
    told: bool = False


class Opinion(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one detector makes of the moment.

    Attributes:
        share: What it may spend of the budget, in (0, 1], among those that have an opinion.
        false_pages_per_week: Of its rarest score alone.
        charged: What all detectors together would pay at these odds, after the share and the topic's feedback: this
            is compared with the budget.
        weighed: Its scores, in no order of importance.
    """

    detector: str
    share: float
    false_pages_per_week: float
    charged: float
    weighed: tuple[Weighed, ...] = ()


class Basis(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a decision rests on.

    Attributes:
        pages_per_week: The topic's budget: the odds that a page needs, > 0.
        caution: What the odds are multiplied with after what people said of earlier pages; 1 where nobody did.
        opinions: Of the detectors that had one; who is warming up has none.
    """

    pages_per_week: float
    caution: float = 1.0
    opinions: tuple[Opinion, ...] = ()
