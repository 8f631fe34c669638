"""A notice from ops as other programs write it into Kafka."""

from datetime import datetime

import msgspec


class NoticeRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something is going on, or will, and people are going to talk about it; keyed by its id.

    The same id again replaces what stood there; `withdrawn` ends it.

    Attributes:
        id: The writer's own name for it, at most 64 of letters, digits and `._-`.
        kind: `expected_rise`, `outage`, `recall`, `launch`, `campaign` or `tragedy`.
        topics: Ids of the topics that it touches.
        starts_at: With a time zone.
        ends_at: Exclusive.
        area: Regions as mentions name them; empty means everywhere.
        expected_multiplier: How many times the usual is to be expected; null expects no rise.
    """

    id: str
    kind: str
    topics: tuple[str, ...]
    owner: str
    text: str
    starts_at: datetime
    ends_at: datetime
    area: tuple[str, ...] = ()
    expected_multiplier: float | None = None
    withdrawn: bool = False
