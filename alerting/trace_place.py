"""Where in a trace this task works: what it puts into the outbox goes on from there."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from streams.tracing import Span

_NOW: Final[ContextVar[str]] = ContextVar("trace_place", default="")


def place_now() -> str:
    """The traceparent of the span that this task works in; empty where it works in none."""
    return _NOW.get()


@contextmanager
def within(span: Span) -> Iterator[None]:
    """This task works in the span while the block runs, and the span ends with it."""
    before = _NOW.set(span.traceparent)
    try:
        yield
    finally:
        _NOW.reset(before)
        span.end()
