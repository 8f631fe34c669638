"""A notice from ops: something is going on, or will, and people are going to talk about it."""

from datetime import datetime
from enum import StrEnum

import msgspec


class NoticeKind(StrEnum):
    """What ops announce."""

    EXPECTED_RISE = "expected_rise"
    OUTAGE = "outage"
    RECALL = "recall"
    LAUNCH = "launch"
    CAMPAIGN = "campaign"
    TRAGEDY = "tragedy"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True, tag="notice"):
    """A rise of these topics is expected, so many times the usual; or a fact that stands on their incidents.

    Attributes:
        topics: Ids of the topics that it touches.
        area: Regions as mentions name them (`DE`, `DE-BE`); empty means everywhere.
        ends_at: Exclusive.
        expected_multiplier: How many times the usual is to be expected, > 1; None expects no rise, it only informs.
        owner: Who announced it and knows more.
        text: One line for people.
        origin: `api` or `kafka`.
    """

    id: str
    kind: NoticeKind
    topics: tuple[str, ...]
    owner: str
    text: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    area: tuple[str, ...] = ()
    expected_multiplier: float | None = None
    origin: str = "api"
    revision: int = 1

    def holds(self, now: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.starts_at <= now < self.ends_at
