"""A silence: what is not to wake anybody for a while, who says so, and why."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from alerting.directives.weekly_window import WeeklyWindow


class SilenceState(StrEnum):
    """Where a silence stands, in Alertmanager's words. A recurring one is active between its windows too."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class Silence(msgspec.Struct, frozen=True, omit_defaults=True, tag="silence"):
    """Incidents that match are on the page and page nobody.

    Attributes:
        id: A UUID, as Alertmanager's tools expect.
        matchers: As text; all have to hold.
        author: A person's name as given, or the key's name.
        ends_at: Exclusive.
        weekly: Only within these windows of the week; empty means all the time.
        zone: IANA name of the zone in which `weekly` is meant.
        revision: Grows with every change; the ETag.
        warned: It was told that it is about to end.
        wide: Somebody confirmed that it may hide as much as it does.
    """

    id: str
    matchers: tuple[str, ...]
    author: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    weekly: tuple[WeeklyWindow, ...] = ()
    zone: str = "UTC"
    revision: int = 1
    warned: bool = False
    wide: bool = False

    def state(self, now: datetime) -> SilenceState:
        """Where it stands."""
        if now >= self.ends_at:
            return SilenceState.EXPIRED
        return SilenceState.PENDING if now < self.starts_at else SilenceState.ACTIVE

    def hides_until(self, now: datetime) -> datetime | None:
        """Until when it hides from now on without a break; None where it hides nothing now."""
        if self.state(now) is not SilenceState.ACTIVE:
            return None
        if not self.weekly:
            return self.ends_at
        zone = ZoneInfo(self.zone)
        ends = [end for window in self.weekly if (end := window.end_of(now, zone)) is not None]
        return min(max(ends), self.ends_at) if ends else None
