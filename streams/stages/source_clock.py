"""How far one source partition has come in event time."""

from datetime import UTC, datetime
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import Watermark
from streams.settings import TimeSettings

EMIT_EVERY_SECONDS: Final = 1.0
LEAP_MS: Final = 60_000


class SourceClock:
    """Newest event minus the wait, carried on by processing time only while the partition is proven caught up.

    It never goes back. A partition that lags stands still in event time, however long that takes, so nobody closes a
    window whose mentions are still on their way.

    Args:
        source: Name of the source partition in its watermarks.
        sources: How many source partitions there are in all.

    Attributes:
        reached_ms: The newest watermark given out; None before the first mention.

    Source:
        Bytewax, `EventClock`, https://docs.bytewax.io/stable/api/bytewax/bytewax.operators.windowing.html
    """

    def __init__(self, source: str, sources: int, settings: TimeSettings) -> None:
        self._source = source
        self._sources = sources
        self._wait_ms = round(settings.wait_seconds * 1000)
        self._idle_seconds = settings.idle_seconds
        self._base_ms: int | None = None
        self._base_at: datetime | None = None
        self.reached_ms: int | None = None
        self._heard_at: datetime | None = None
        self._emitted_at: datetime | None = None

    def saw(self, event_ms: int | None, now: datetime | None) -> None:
        """Records arrived at `now`, the newest mention among them of `event_ms`; None for unknown."""
        self._heard_at = now
        if event_ms is None:
            return
        candidate = event_ms - self._wait_ms
        if self._base_ms is None or candidate > max(self._base_ms, self.reached_ms or self._base_ms):
            self._base_ms = candidate
            self._base_at = now

    def leaps(self, event_ms: int) -> bool:
        """Whether a mention of `event_ms` carries event time a minute or more beyond the last watermark.

        A backlog passes hours in a second. Without a watermark for each of its minutes, the detect stage would decide
        on all of them before it had learned from the first. After a restart that gave out no watermark yet, what was
        counted before it stands for the last one: a kill must not change what is decided.
        """
        reached = self._base_ms if self.reached_ms is None else self.reached_ms
        return reached is not None and event_ms - self._wait_ms >= reached + LEAP_MS

    def is_due(self, now: datetime) -> bool:
        """Whether a second has passed since the last watermark."""
        return self._emitted_at is None or abs((now - self._emitted_at).total_seconds()) >= EMIT_EVERY_SECONDS

    def watermark(self, now: datetime, *, at_end: bool) -> Watermark:
        """Where the partition stands at `now`."""
        self._emitted_at = now
        self._heard_at = self._heard_at or now
        self._base_at = self._base_at or now
        if self._base_ms is not None:
            elapsed_ms = max(0, round((now - self._base_at).total_seconds() * 1000)) if at_end else 0
            reached = self._base_ms + elapsed_ms
            self.reached_ms = reached if self.reached_ms is None else max(self.reached_ms, reached)
        silent_seconds = (now - self._heard_at).total_seconds()
        return Watermark(
            source=self._source,
            event_ms=self.reached_ms,
            idle=at_end and silent_seconds >= self._idle_seconds,
            sources=self._sources,
            told_ms=round(now.timestamp() * 1000),
        )

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values, times in seconds since 1970."""
        return {
            "base_ms": self._base_ms,
            "base_at": _seconds(self._base_at),
            "reached_ms": self.reached_ms,
            "heard_at": _seconds(self._heard_at),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as if there had been no interruption, whichever machine's clock goes on.

        Raises:
            StateCorrupted: It is no snapshot of a source clock.
        """
        try:
            base_ms, reached_ms = _whole(state["base_ms"]), _whole(state["reached_ms"])
            base_at, heard_at = _time(state["base_at"]), _time(state["heard_at"])
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as exc:
            raise StateCorrupted(f"the snapshot of a source clock cannot be read: {exc!r}") from exc
        self._base_ms, self.reached_ms = base_ms, reached_ms
        self._base_at, self._heard_at = base_at, heard_at


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)
