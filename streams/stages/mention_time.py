"""When a mention counts."""

from datetime import UTC, datetime, timedelta
from typing import Final

from streams.broker.base import Record
from streams.mention import Mention

HISTORY_HEADER: Final = "history"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LAST_MS: Final = 253_402_300_799_000  # the year 9999 ends


def event_time(mention: Mention, record: Record, *, grace_ms: int) -> tuple[int, bool]:
    """Milliseconds since 1970, and whether the mention reached us too late to count when it was published.

    That is `published_at`, but never after the broker accepted the record; `ingested_at` where the mention was older
    than `grace_ms` already when it was ingested, unless it is history.
    """
    accepted_ms = record.timestamp_ms
    event_ms = (mention.published_at - _EPOCH) // _MILLISECOND
    if mention.ingested_at is not None:
        ingested_ms = (mention.ingested_at - _EPOCH) // _MILLISECOND
    else:
        ingested_ms = accepted_ms if accepted_ms > 0 else event_ms
    delayed = event_ms < ingested_ms - grace_ms and not is_history(record)
    if delayed:
        event_ms = ingested_ms
    if 0 < accepted_ms < event_ms:
        event_ms = accepted_ms
    return (event_ms if 0 <= event_ms <= _LAST_MS else max(0, min(event_ms, _LAST_MS))), delayed


def is_history(record: Record) -> bool:
    """Whether the record loads the past: nothing in it pages."""
    return bool(record.headers) and any(name == HISTORY_HEADER for name, _ in record.headers)
