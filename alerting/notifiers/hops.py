"""How long each part of an attempt took, for whoever wants to know; nobody else pays for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from streams.clock import Clock


@dataclass(slots=True)
class Hops:
    """The parts of an attempt in order, each with its seconds since the one before."""

    clock: Clock
    since: float
    passed: list[tuple[str, float]] = field(default_factory=list)

    def note(self, name: str) -> None:
        """This part has just ended."""
        now = self.clock.monotonic()
        self.passed.append((name, now - self.since))
        self.since = now


_wanted: ContextVar[Hops | None] = ContextVar("tocsin_hops", default=None)


@contextmanager
def timed(clock: Clock) -> Iterator[Hops]:
    """Note the parts of all attempts inside."""
    hops = Hops(clock, since=clock.monotonic())
    token = _wanted.set(hops)
    try:
        yield hops
    finally:
        _wanted.reset(token)


def passed(name: str) -> None:
    """This part of an attempt has just ended, if anybody wants to know."""
    if hops := _wanted.get():
        hops.note(name)
