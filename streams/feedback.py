"""What people say of a topic's pages, and how far that moves the odds of the next ones."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

MOST_KEPT: Final = 50
MOST_COUNTED: Final = 20  # the newest: what was said long before says less of how the topic is judged now
_PRIOR: Final = 2.0  # of either verdict: as if four had been given before, two of them each way
_MOST: Final = 4.0


class Verdict(StrEnum):
    """What somebody says."""

    FALSE_ALARM = "false_alarm"
    MISSED = "missed"


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True):
    """One verdict on one topic, as it stands with the topic's declaration.

    Attributes:
        id: The same for the same verdict on the same thing.
        by: The name of the key.
        incident: What was a false alarm; None of what was missed.
        start: What was missed, from here on; None of a false alarm.
        end: Up to here.
        note: One line.
    """

    id: str
    verdict: Verdict
    at: datetime
    by: str
    incident: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    note: str = ""


def caution_of(feedback: Sequence[Feedback]) -> float:
    """What a topic's odds are multiplied with, in [1/4, 4]: above 1 pages take more, below 1 less.

    How much more likely the next verdict is "false alarm" than "missed", under a beta prior that has seen two of each.
    Order plays no part, what is withdrawn leaves no trace, and as many of the one as of the other is 1.

    >>> when = datetime(2026, 1, 1)
    >>> false, missed = (Feedback("a", verdict, when, "jo") for verdict in Verdict)
    >>> caution_of([]), caution_of([false]), caution_of([false, missed]), caution_of([false] * 20)
    (1.0, 1.5, 1.0, 4.0)

    Source:
        Gelman et al., "Bayesian Data Analysis", 3rd ed., 2.4 (beta-binomial).
    """
    counted = sorted(feedback, key=lambda one: (one.at, one.id))[-MOST_COUNTED:]
    false = sum(one.verdict is Verdict.FALSE_ALARM for one in counted)
    missed = len(counted) - false
    return min(max((_PRIOR + false) / (_PRIOR + missed), 1.0 / _MOST), _MOST)
