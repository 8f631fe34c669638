"""What a partition has taken in and is not writing yet."""

from collections.abc import Sequence
from typing import Final

import msgspec

from streams.broker.base import Record

_MAX_BYTES: Final = 16 * 1024 * 1024  # a few mentions of the largest size, and what is made of them
_MAX_SECONDS: Final = 2.0  # what took long to fold is much to write, and a write has to end before its timeout


class Held(msgspec.Struct, frozen=True):
    """How much was folded since the last write was drawn up.

    Attributes:
        records: How many.
        size_bytes: Of their values.
        seconds: That folding them took.
    """

    records: int = 0
    size_bytes: int = 0
    seconds: float = 0.0

    def more(self, records: Sequence[Record], seconds: float) -> "Held":
        """With these records, which took so long."""
        size_bytes = sum([len(record.value or b"") for record in records])
        return Held(self.records + len(records), self.size_bytes + size_bytes, self.seconds + seconds)

    def is_full(self, most_records: int) -> bool:
        """Whether it is so many records, 16 MiB or two seconds' work.

        >>> [Held(seconds=seconds).is_full(10_000) for seconds in (1.9, 2.0)]
        [False, True]
        """
        return self.records >= most_records or self.size_bytes >= _MAX_BYTES or self.seconds >= _MAX_SECONDS


NOTHING_HELD: Final = Held()
