"""A vendor that writes down everything that reached it, in the order in which it came."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Receipt


class Ledger:
    """A notifier over any number of processes: what it took stays taken when they die.

    Args:
        pause: Awaited before and after the vendor takes a message: where a crash may come.

    Attributes:
        taken: Everything that arrived, repetitions too.
        begun: Sends that were begun, by delivery.
        something: Set when a send begins; whoever waits for the next one clears it.
    """

    def __init__(self, pause: Callable[[], Awaitable[None]]) -> None:
        self.taken: list[Message] = []
        self.begun: Counter[str] = Counter()
        self.something = asyncio.Event()
        self._pause = pause

    @property
    def kind(self) -> str:
        """As a webhook."""
        return "webhook"

    @property
    def destination(self) -> str:
        """The ledger."""
        return "the ledger"

    @property
    def repeated(self) -> int:
        """How many messages came more often than once, counted by how often too many."""
        return sum(count - 1 for count in Counter(message.delivery for message in self.taken).values())

    def wants(self, change: Transition) -> bool:
        """Everything."""
        return change is not Transition.UNCHANGED

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Take it."""
        async with asyncio.timeout(timeout_seconds):
            self.begun[message.delivery] += 1
            self.something.set()
            await self._pause()
            self.taken.append(message)
            await self._pause()
            return Receipt(reference or message.dedup_key)

    async def close(self) -> None:
        """Nothing is held open."""
