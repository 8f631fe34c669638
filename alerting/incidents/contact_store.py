"""What the store keeps of the contact centre: counts by reason and minute, never a single contact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from streams.contact import Contact


class ContactsTaken(msgspec.Struct, frozen=True):
    """What became of contacts that were taken in, in records.

    Attributes:
        counted: New ones.
        late: Of these, how many were of a minute that had been looked at before.
        replaced: Said something else than the record of the same id before.
        repeated: Said the same as the record of the same id before; nothing changed.
        folded: Counted under `other`, because there are too many different reasons.
    """

    counted: int = 0
    late: int = 0
    replaced: int = 0
    repeated: int = 0
    folded: int = 0


class ContactMinute(msgspec.Struct, frozen=True):
    """How many contacts of a brand and reason began in one minute.

    Attributes:
        minute: Minutes since 1970.
        linked: Of these, how many had also spoken in public, as far as the contact centre knows.
    """

    brand: str
    reason: str
    minute: int
    count: int
    linked: int = 0


class ContactHour(msgspec.Struct, frozen=True):
    """The same of an hour; `hour` in hours since 1970."""

    brand: str
    reason: str
    hour: int
    count: int
    linked: int = 0


class ContactDetail(msgspec.Struct, frozen=True):
    """How many contacts of a brand and reason came about which product, from which area, over which channel."""

    product: str
    area: str
    channel: str
    count: int


class ContactUnit(Protocol):
    """What a unit of work writes of contacts."""

    async def record_contacts(self, contacts: Sequence[Contact]) -> ContactsTaken:
        """Add them to the counts of their reasons and minutes; the same id again replaces."""
        ...


class ContactStore(Protocol):
    """What is read of contacts."""

    async def newest_minute(self) -> int | None:
        """The newest minute with a contact, in minutes since 1970; None where there never was one."""
        ...

    async def minutes(self, start: datetime, end: datetime) -> tuple[ContactMinute, ...]:
        """Counts by brand, reason and minute in `[start, end)`, in order of time; minutes without are left out."""
        ...

    async def hours(self, start: datetime, end: datetime) -> tuple[ContactHour, ...]:
        """Counts by brand, reason and hour in `[start, end)`, in order of time; hours without are left out."""
        ...

    async def details(self, brand: str, reason: str, start: datetime, end: datetime) -> tuple[ContactDetail, ...]:
        """What the contacts of a reason in `[start, end)` were about, the most frequent first, 50 at most."""
        ...
