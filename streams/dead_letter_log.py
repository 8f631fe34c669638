"""Says in the log that records could not be read."""

from collections.abc import Sequence
from typing import Final

import structlog

from streams.broker.base import Outgoing, Partition
from streams.clock import Clock

QUIET_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


class DeadLetterLog:
    """Says at once that a partition's record went to the dead letters, and after that at most once a minute.

    A line carries how many there were since the last one, and where the newest came from and why.
    """

    def __init__(self, group: str, partition: Partition, clock: Clock) -> None:
        self._group = group
        self._partition = partition
        self._clock = clock
        self._unsaid = 0
        self._said_at: float | None = None

    def wrote(self, letters: Sequence[Outgoing]) -> None:
        """These dead letters are committed."""
        if not letters:
            return
        self._unsaid += len(letters)
        now = self._clock.monotonic()
        if self._said_at is not None and now - self._said_at < QUIET_SECONDS:
            return
        headers = dict(letters[-1].headers)
        log.warning(
            "mentions.dead_lettered",
            group=self._group,
            partition=str(self._partition),
            records=self._unsaid,
            offset=int(headers["offset"]),
            reason=headers["reason"].decode("utf-8", "replace"),
            kept_in=letters[-1].kafka_topic,
        )
        self._unsaid, self._said_at = 0, now
