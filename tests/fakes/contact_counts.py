"""Counts of the contact centre that a test put there."""

from collections.abc import Iterable
from datetime import datetime

from alerting.incidents.contact_store import ContactDetail, ContactHour, ContactMinute


class ContactCounts:
    """See `alerting.incidents.contact_store.ContactStore`.

    Attributes:
        counts: (brand, reason, minute since 1970) -> (contacts, of these linked).
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str, int], tuple[int, int]] = {}

    def hear(self, reason: str, minutes: Iterable[int], count: int = 1, *, brand: str = "", linked: int = 0) -> None:
        """So many more contacts in each of these minutes."""
        for minute in minutes:
            before = self.counts.get((brand, reason, minute), (0, 0))
            self.counts[brand, reason, minute] = before[0] + count, before[1] + linked

    async def newest_minute(self) -> int | None:
        return max((minute for _, _, minute in self.counts), default=None)

    async def minutes(self, start: datetime, end: datetime) -> tuple[ContactMinute, ...]:
        first, behind = (int(at.timestamp()) // 60 for at in (start, end))
        return tuple(
            ContactMinute(brand, reason, minute, count, linked)
            for (brand, reason, minute), (count, linked) in sorted(self.counts.items(), key=lambda one: one[0][2])
            if first <= minute < behind
        )

    async def hours(self, start: datetime, end: datetime) -> tuple[ContactHour, ...]:
        found: dict[tuple[str, str, int], tuple[int, int]] = {}
        for one in await self.minutes(start, end):
            count, linked = found.get((one.brand, one.reason, one.minute // 60), (0, 0))
            found[one.brand, one.reason, one.minute // 60] = count + one.count, linked + one.linked
        return tuple(ContactHour(*where, *counts) for where, counts in found.items())

    async def details(self, brand: str, reason: str, start: datetime, end: datetime) -> tuple[ContactDetail, ...]:
        whole = sum(one.count for one in await self.minutes(start, end) if (one.brand, one.reason) == (brand, reason))
        return (ContactDetail("", "", "phone", whole),) if whole else ()
