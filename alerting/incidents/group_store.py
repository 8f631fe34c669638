"""What a store keeps of groups: which incidents a receiver hears of together, and when."""

from datetime import datetime
from typing import Protocol

from alerting.incidents.group import Grouping


class GroupUnit(Protocol):
    """The part of one database transaction."""

    async def join_group(self, receiver: str, grouping: Grouping, incident_id: str, now: datetime) -> datetime:
        """Put the incident into the receiver's group; when the group goes out with it.

        Every other unit that joins the same group waits until this one ends.
        """
        ...

    async def hasten(self, incident_id: str, asleep: tuple[str, ...], now: datetime) -> None:
        """Pages of the incident that wait for others, and that nobody began to send, are due now, each by itself.

        Args:
            asleep: Receivers that are not to be woken now.
        """
        ...


class GroupStore(Protocol):
    """The part of the store."""

    async def group_members(self, receiver: str, key: str) -> tuple[str, ...]:
        """Ids of the incidents that joined the group and were open when the latest one did, oldest first."""
        ...
