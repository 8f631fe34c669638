"""How long what was read may wait to be written."""

from typing import Final

import msgspec

BEHIND_RECORDS: Final = 2_000


class Pace(msgspec.Struct, frozen=True):
    """Writes soon while a partition keeps up, and in larger parts while it is behind.

    Behind is a partition of which more than 2,000 records stand unread. What is read then has waited anyway; written in
    larger parts it costs less, score's partial counts and detect's decisions above all, so that it is over sooner.

    Attributes:
        flush_seconds: So long after the last write at the latest; 0 means at once.
        behind_seconds: The same while the partition is behind.
        most_records: With so many held it is no longer waited.
    """

    flush_seconds: float = 0.0
    behind_seconds: float = 1.0
    most_records: int = 10_000

    def wait_seconds(self, *, held: int, unread: int | None) -> float:
        """How long after the last write the next one is due.

        >>> pace = Pace(flush_seconds=0.2)
        >>> [pace.wait_seconds(held=500, unread=unread) for unread in (None, 100, 50_000)]
        [0.2, 0.2, 1.0]

        Args:
            held: Records that were read and are not being written yet.
            unread: Records that are there to be read; None while that is unknown.
        """
        if unread is None or unread <= BEHIND_RECORDS or held >= self.most_records:
            return self.flush_seconds
        return max(self.flush_seconds, self.behind_seconds)
