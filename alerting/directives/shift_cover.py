"""Somebody takes a shift over, or passes it on, for a while."""

from datetime import datetime

import msgspec


class ShiftCover(msgspec.Struct, frozen=True, omit_defaults=True, tag="cover"):
    """One hand-over of a schedule, laid over whatever the schedule itself says.

    Attributes:
        id: `cov_...`.
        schedule: Its name in the configuration.
        person: Who is on call instead.
        instead_of: Whose turns are taken over; None takes over everybody's, and gaps too.
        starts_at: Inclusive; `ends_at` exclusive.
        author: A person's name as given, or the key's name.
        reason: One line; may be empty.
    """

    id: str
    schedule: str
    person: str
    starts_at: datetime
    ends_at: datetime
    author: str
    created_at: datetime
    updated_at: datetime
    instead_of: str | None = None
    reason: str = ""
    revision: int = 1

    def holds(self, now: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.starts_at <= now < self.ends_at
