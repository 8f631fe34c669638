"""The contract between a stage and the worker that runs it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from streams.broker.base import Outgoing, Record


class Stage(Protocol):
    """One input partition's fold. Synchronous, no I/O; time comes in as `now`.

    The worker's order for a new partition: `restore` with the stage's changelog records (oldest first, empty for a
    stage without one), `replay` with input records from the answered offset up to the committed one, then `fold` and
    `flush` for ever.
    """

    def restore(self, changelog: Sequence[Record], committed: int | None) -> int | None:
        """Load the newest snapshots; answer the offset from which `replay` has to read, None for the oldest record.

        Raises:
            StateCorrupted: The changelog cannot be read.
        """
        ...

    def replay(self, records: Sequence[Record]) -> None:
        """Fold records whose outputs are already committed: state changes, nothing is put out."""
        ...

    def fold(self, records: Sequence[Record], now: datetime) -> None:
        """Take in new records, oldest first."""
        ...

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:
        """What has come due for writing since the last flush; the worker commits it with the input position.

        Args:
            now: Processing time.
            at_end: The partition is proven caught up.
        """
        ...

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """The state as changelog records, valid together with input position `next_offset`."""
        ...
