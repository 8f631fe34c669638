"""What traces are made of: spans that begin under a parent of another process, and end. Without a tracer none does."""

from collections.abc import Sequence
from typing import Final, Protocol

TRACEPARENT: Final = "traceparent"
"""The header that carries a span's place to whoever comes next, in Kafka as over HTTP.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""


def traceparent_in(headers: Sequence[tuple[str, bytes]]) -> str:
    """The place of the span that a record came from; empty where it says none."""
    return next((value.decode("ascii", "replace") for name, value in headers if name == TRACEPARENT), "")


class Span(Protocol):
    """A stretch of work."""

    @property
    def traceparent(self) -> str:
        """Its place, for those that continue it; empty where nobody traces."""
        ...

    def end(self, **attributes: str | float) -> None:
        """It is over; what is known of it by now."""
        ...


class Tracing(Protocol):
    """Whoever gathers spans."""

    @property
    def enabled(self) -> bool:
        """Whether anybody does."""
        ...

    def begin(self, name: str, parent: str = "", **attributes: str | float) -> Span:
        """A span that begins now.

        Args:
            parent: The traceparent of what it continues; what is empty or unreadable begins a trace of its own.
        """
        ...

    def close(self) -> None:
        """Send off what is gathered."""
        ...


class _NoSpan:
    traceparent: Final = ""

    def end(self, **attributes: str | float) -> None:
        """Nothing began."""


class _NoTracing:
    enabled: Final = False

    def begin(self, name: str, parent: str = "", **attributes: str | float) -> Span:  # noqa: ARG002
        return NO_SPAN

    def close(self) -> None:
        """Nothing was gathered."""


NO_SPAN: Final[Span] = _NoSpan()
NO_TRACING: Final[Tracing] = _NoTracing()
