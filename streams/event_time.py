"""Event time of one partials partition, told by the watermarks in its log."""

from typing import Any

from streams.errors import StateCorrupted
from streams.events import Watermark


class EventTime:
    """How far event time has come: the minimum over the sources that are not idle, never back.

    It stands still until every source has reported, and while a source that is not idle has seen no mention yet.
    When all sources are idle it is the newest of theirs.
    """

    def __init__(self) -> None:
        self._sources: dict[str, tuple[int | None, bool]] = {}
        self._expected = 0
        self.now_ms: int | None = None

    @property
    def second(self) -> int | None:
        """Whole seconds since 1970; None before time began."""
        return None if self.now_ms is None else self.now_ms // 1000

    def observe(self, watermark: Watermark) -> None:
        """Take in what one source says."""
        self._sources[watermark.source] = (watermark.event_ms, watermark.idle)
        self._expected = watermark.sources
        reached = self._reached()
        if reached is not None and (self.now_ms is None or reached > self.now_ms):
            self.now_ms = reached

    def _reached(self) -> int | None:
        if len(self._sources) < self._expected:
            return None
        busy = [event_ms for event_ms, idle in self._sources.values() if not idle]
        if busy:
            known = [event_ms for event_ms in busy if event_ms is not None]
            return min(known) if len(known) == len(busy) else None
        return max((event_ms for event_ms, _ in self._sources.values() if event_ms is not None), default=None)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "sources": [[name, event_ms, idle] for name, (event_ms, idle) in self._sources.items()],
            "expected": self._expected,
            "now_ms": self.now_ms,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of an event time.
        """
        try:
            self._sources = {str(name): (event_ms, bool(idle)) for name, event_ms, idle in state["sources"]}
            self._expected = int(state["expected"])
            self.now_ms = state["now_ms"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of event time cannot be read: {exc!r}") from exc
