"""A notifier that answers as a test tells it to."""

import asyncio

import msgspec

from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Receipt


class Attempt(msgspec.Struct, frozen=True):
    """One call of `send`."""

    message: Message
    reference: str | None
    timeout_seconds: float


class ScriptedNotifier:
    """Answers each attempt with the next line of its script; after the last one it takes everything.

    Args:
        script: References to answer with, or errors to raise.
        unwanted: Changes it says nothing about.
        gate: Every attempt waits until this is set; None lets them through.
    """

    def __init__(
        self,
        *script: str | Exception,
        kind: str = "slack",
        unwanted: frozenset[Transition] = frozenset(),
        gate: asyncio.Event | None = None,
    ) -> None:
        self.attempts: list[Attempt] = []
        self.running = 0
        self.most_at_once = 0
        self.closed = False
        self._script = list(script)
        self._kind = kind
        self._unwanted = unwanted
        self._gate = gate

    @property
    def kind(self) -> str:
        return self._kind

    @property
    def destination(self) -> str:
        return f"#{self._kind}"

    @property
    def told(self) -> list[Transition]:
        """Why each attempt was made."""
        return [attempt.message.change for attempt in self.attempts]

    def wants(self, change: Transition) -> bool:
        return change not in self._unwanted

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        self.attempts.append(Attempt(message, reference, timeout_seconds))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            if self._gate is not None:
                await self._gate.wait()
        finally:
            self.running -= 1
        line = self._script.pop(0) if self._script else f"ref-{len(self.attempts)}"
        if isinstance(line, Exception):
            raise line
        return Receipt(line)

    async def close(self) -> None:
        self.closed = True
