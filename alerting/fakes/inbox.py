"""What reached the recipients of the fake vendors, as they would see it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

MAX_ENTRIES: Final = 500


class InboxReply(msgspec.Struct, frozen=True):
    """Something said below a message: a reply in its thread, a line in a pager's log."""

    at: datetime
    text: str


class InboxEntry(msgspec.Struct, frozen=True):
    """One message or page as its recipient sees it now. Its texts may quote mentions: escape them where you show them.

    Attributes:
        id: Unique within the inbox; edits replace the entry that has it.
        vendor: `slack`, `pagerduty`, `webhook`.
        to: Who sees it: `#comms-now`, `payments on-call`.
        state: In the vendor's own words: `posted`, `edited`, `triggered`, `acknowledged`, `resolved`.
        at: When it first arrived, on the fake's clock.
        updated_at: When it last changed.
        edits: How often it changed since.
    """

    id: str
    vendor: str
    to: str
    state: str
    at: datetime
    updated_at: datetime
    title: str
    lines: tuple[str, ...] = ()
    replies: tuple[InboxReply, ...] = ()
    url: str | None = None
    edits: int = 0


class Inbox:
    """The latest entries, at most `limit`; several vendors may share one.

    Args:
        limit: The oldest entry goes when one more arrives, > 0.
    """

    def __init__(self, limit: int = MAX_ENTRIES) -> None:
        self._limit = limit
        self._entries: dict[str, InboxEntry] = {}
        self._changed = asyncio.Event()

    def put(self, entry: InboxEntry) -> None:
        """Add the entry, or replace the one that has its id."""
        self._entries[entry.id] = entry
        while len(self._entries) > self._limit:
            del self._entries[next(iter(self._entries))]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def get(self, entry_id: str) -> InboxEntry | None:
        """The entry with this id; None where there is none or it was pushed out."""
        return self._entries.get(entry_id)

    def entries(self) -> tuple[InboxEntry, ...]:
        """All entries, the newest arrival first."""
        return tuple(reversed(self._entries.values()))

    async def until(self, enough: Callable[[tuple[InboxEntry, ...]], bool]) -> tuple[InboxEntry, ...]:
        """Wait until `enough(entries)` holds; limit it with `asyncio.timeout`."""
        while not enough(self.entries()):
            await self._changed.wait()
        return self.entries()
