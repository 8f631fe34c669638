"""Contacts in the database."""

from datetime import datetime

from alerting.incidents.contact_store import ContactDetail, ContactHour, ContactMinute
from alerting.incidents.sql import contact_queries
from alerting.incidents.sql.database import Database


class SqlContacts:
    """See `alerting.incidents.contact_store.ContactStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest_minute(self) -> int | None:
        """The newest minute with a contact, in minutes since 1970; None where there never was one."""
        return await self._database.read(contact_queries.newest_minute)

    async def minutes(self, start: datetime, end: datetime) -> tuple[ContactMinute, ...]:
        """Counts by brand, reason and minute in `[start, end)`, in order of time; minutes without are left out."""
        return await self._database.read(contact_queries.minutes, start, end)

    async def hours(self, start: datetime, end: datetime) -> tuple[ContactHour, ...]:
        """Counts by brand, reason and hour in `[start, end)`, in order of time; hours without are left out."""
        return await self._database.read(contact_queries.hours, start, end)

    async def details(self, brand: str, reason: str, start: datetime, end: datetime) -> tuple[ContactDetail, ...]:
        """What the contacts of a reason in `[start, end)` were about, the most frequent first, 50 at most."""
        return await self._database.read(contact_queries.details, brand, reason, start, end)
