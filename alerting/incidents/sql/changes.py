"""Tells listeners in this process that something was committed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from weakref import WeakSet

from alerting.errors import DatabaseUnavailable

# How late a listener may notice what another process committed.
POLL_SECONDS: Final = 1.0


class Broadcast:
    """Wakes every listener; any number of changes before it looks are one.

    Args:
        poll: Answers a number that grows when another process changed something; None where nobody else can.
    """

    def __init__(self, poll: Callable[[], Awaitable[int]] | None) -> None:
        self._poll = poll
        self._listeners: WeakSet[Changes] = WeakSet()
        self._seen: int | None = None
        self._polling = False
        self._looked_at = float("-inf")
        self.closed = False

    def publish(self) -> None:
        """Something was committed."""
        for listener in self._listeners:
            listener.changed.set()

    def close(self) -> None:
        """End every listener's iteration."""
        self.closed = True
        self.publish()

    def listen(self) -> "Changes":
        """A listener; hears from now on, until it is closed or let go."""
        listener = Changes(self)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: "Changes") -> None:
        """Tell that one nothing more."""
        self._listeners.discard(listener)

    @property
    def patience_seconds(self) -> float | None:
        """How long a listener waits before it asks the database."""
        return None if self._poll is None else POLL_SECONDS

    async def look(self) -> None:
        """Ask the database on behalf of all listeners, unless one of them is asking already."""
        now = asyncio.get_running_loop().time()
        if self._poll is None or self._polling or now - self._looked_at < POLL_SECONDS / 2:
            return
        self._polling = True
        self._looked_at = now
        try:
            newest = await self._poll()
        except DatabaseUnavailable:
            return  # nothing can be seen to have changed; a listener finds out when it reads
        finally:
            self._polling = False
        if newest != self._seen:
            self._seen = newest
            self.publish()


class Changes:
    """One listener's iterator."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self.changed = asyncio.Event()

    def __aiter__(self) -> "Changes":
        return self

    async def __anext__(self) -> None:
        while not self.changed.is_set():
            try:
                async with asyncio.timeout(self._broadcast.patience_seconds):
                    await self.changed.wait()
            except TimeoutError:
                await self._broadcast.look()
        self.changed.clear()
        if self._broadcast.closed:
            self._broadcast.leave(self)
            raise StopAsyncIteration

    async def aclose(self) -> None:
        """Hear nothing more."""
        self._broadcast.leave(self)
