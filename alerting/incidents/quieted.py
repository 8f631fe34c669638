"""Who has heard of an incident without being paged, and why."""

from datetime import datetime

import msgspec


class Held(msgspec.Struct, frozen=True):
    """A receiver that was not paged until then; without an end it is not paged unless it gets worse."""

    receiver: str
    until: datetime | None = None


class Quieted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What keeps an incident from paging.

    Attributes:
        held: Receivers that were told, or will be, without being paged.
        chronic: Why its topic is told in digests; empty where it is not.
    """

    held: tuple[Held, ...] = ()
    chronic: str = ""

    def holds(self, receiver: str, now: datetime) -> bool:
        """Whether the receiver has not been paged so far."""
        return any(one.receiver == receiver and (one.until is None or one.until > now) for one in self.held)

    def asleep(self, now: datetime) -> tuple[str, ...]:
        """Receivers that are paged only later."""
        return tuple(one.receiver for one in self.held if one.until is not None and one.until > now)

    def without(self, receiver: str) -> "Quieted":
        """With the receiver paged."""
        return msgspec.structs.replace(self, held=tuple(one for one in self.held if one.receiver != receiver))
