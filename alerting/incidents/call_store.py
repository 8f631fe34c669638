"""What a store keeps of calls that are due, and of schedules that are fetched."""

from datetime import datetime
from typing import Protocol

import msgspec

from alerting.incidents.delivery import Delivery


class ScheduleCopy(msgspec.Struct, frozen=True):
    """What a schedule's source answered when it was last read well."""

    schedule: str
    read_at: datetime
    content: bytes


class CallUnit(Protocol):
    """The part of one database transaction."""

    async def opened_since(self, topic: str, since: datetime) -> int:
        """How many incidents led by the topic opened since then, past data left out."""
        ...

    async def keep_schedule(self, copy: ScheduleCopy) -> None:
        """Keep the copy in place of an older one."""
        ...


class CallStore(Protocol):
    """The part of the store."""

    async def calls_due(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        """Ids of incidents of which somebody is to be called by now, the longest overdue first."""
        ...

    async def open_deliveries(self) -> tuple[Delivery, ...]:
        """Every page and notification of incidents that are not resolved, oldest first."""
        ...

    async def next_call_at(self) -> datetime | None:
        """When the next call of any incident is due; None where none is."""
        ...

    async def schedule_copy(self, schedule: str) -> ScheduleCopy | None:
        """The last good copy of a schedule that is fetched; None where there is none."""
        ...
