"""The contract between a stage and the worker that runs it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from streams.broker.base import Outgoing, Record


class Restored(msgspec.Struct, frozen=True):
    """What a stage made of its changelog.

    Attributes:
        replay_from: The offset from which `replay` has to read up to the committed one, None for the oldest record.
        rebuilds: What cannot be read and is built anew by that replay, one finished sentence each.
    """

    replay_from: int | None
    rebuilds: tuple[str, ...] = ()


class Stage(Protocol):
    """One input partition's fold. Synchronous, no I/O; time comes in as `now`.

    The worker's order for a new partition: `restore` with the stage's changelog records (the newest of each key, oldest
    first, empty for a stage without one), `replay` with input records from the answered offset up to the committed one,
    then `fold` and `flush` for ever.
    """

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:
        """Load the newest state and say what is missing; nothing unreadable is guessed.

        Raises:
            StateCorrupted: The changelog cannot be read, and there is no way to build the state anew.
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

    def changes(self, next_offset: int) -> list[Outgoing]:
        """What changed in the state, as changelog records: asked for with everything that is written.

        Of a stage that lives on snapshots what cannot wait for one. Args as in `snapshot`.
        """
        ...

    @property
    def is_saving(self) -> bool:
        """A snapshot is under way: `snapshot_slice` has more to say."""
        ...

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:
        """The next slice of a snapshot, too small to hold anybody up; where none is under way, the first of one.

        From what was written after any slice the stage can be restored. Args as in `snapshot`.
        """
        ...

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        """The whole state as changelog records, valid together with input position `next_offset`: asked for at the end.

        It ends a snapshot that is under way first.
        """
        ...
