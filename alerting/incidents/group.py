"""Incidents that a receiver hears of together, and when. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

GROUPED: Final = "group-"


class Grouping(msgspec.Struct, frozen=True, omit_defaults=True):
    """With which others an incident goes out.

    Attributes:
        key: The route and the values that they share, as Alertmanager writes it.
        labels: The values, `brand=Acme`; empty where everything that takes the route is one group.
        wait_seconds: How long the first of a group waits for others.
        interval_seconds: How often the group says what joined it since, > 0.
        flush_at: When it goes out; None before it joined.
    """

    key: str
    labels: tuple[str, ...] = ()
    wait_seconds: float = 0.0
    interval_seconds: float = 300.0
    flush_at: datetime | None = None

    @property
    def digest(self) -> str:
        """Names what goes out at that time; of another group, or another time, it is another name."""
        at = f"{self.flush_at:%Y%m%dT%H%M%S.%f}" if self.flush_at else "open"
        return f"{GROUPED}{sha256(self.key.encode()).hexdigest()[:12]}-{at}"

    def at(self, flush_at: datetime) -> "Grouping":
        """The same, with its time."""
        return msgspec.structs.replace(self, flush_at=flush_at)

    def next_after(self, now: datetime) -> "Grouping":
        """With the group's next time after `now`; at once where it has none so far."""
        return self.at(next_flush(self.flush_at, self.interval_seconds, now) if self.flush_at else now)


class Group(msgspec.Struct, frozen=True):
    """A group of one receiver, as it is kept.

    Attributes:
        flush_at: When it last went out, or is going to next.
        members: Ids of the incidents that joined it and were open when the latest one did.
    """

    flush_at: datetime
    members: tuple[str, ...] = ()


def next_flush(flushed_at: datetime, interval_seconds: float, now: datetime) -> datetime:
    """The first time after `now` at which a group goes out that does so every so often since it first did.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> f"{next_flush(noon, 300, noon + timedelta(minutes=12)):%H:%M}"
    '12:15'
    """
    if flushed_at > now:
        return flushed_at
    step = timedelta(seconds=interval_seconds)
    return flushed_at + ((now - flushed_at) // step + 1) * step


def joined(
    group: Group | None, incident: str, grouping: Grouping, now: datetime, *, still_open: Collection[str]
) -> Group:
    """The group with the incident in it.

    The first one waits for `wait_seconds`; whoever comes while it waits goes along; whoever comes later waits for the
    group's next interval. A group is over when it has gone out and everything in it is resolved: then the next one is
    the first again.

    Args:
        still_open: Those of the group's members that are not resolved.
    """
    others = tuple(one for one in (group.members if group else ()) if one in still_open and one != incident)
    if group is None or (group.flush_at <= now and not others):
        return Group(now + timedelta(seconds=grouping.wait_seconds), (incident,))
    return Group(next_flush(group.flush_at, grouping.interval_seconds, now), (*others, incident))
