"""A topic on the watch list, as it travels: below the page, for whoever looks."""

from datetime import datetime

import msgspec

from streams.basis import Basis
from streams.events import Direction, Driver


class Watched(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a topic shows that rises and does not page. The newest record of a topic holds; one without value ends it.

    Attributes:
        since: Event time at which it came on the list.
        at: Event time of this reading: it is told again when a good deal of evidence came on top.
        false_pages_per_week: How often this topic would show as much with nothing going on; more than its budget.
        observed: Mentions in the deciding window.
        expected: Mentions the baseline expected in it.
        drivers: Terms that carry part of the excess; hostile, as whatever comes from mentions.
        basis: Every number behind it.
    """

    topic: str
    since: datetime
    at: datetime
    detector: str
    direction: Direction
    false_pages_per_week: float
    observed: int
    expected: float
    window_seconds: int
    basis: Basis
    drivers: tuple[Driver, ...] = ()


class Unwatched(msgspec.Struct, frozen=True, gc=False):
    """The topic is off the list: it eased, it paged, or nobody tracks it any more. A record without value."""

    topic: str
