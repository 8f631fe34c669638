"""One partition's records in memory."""

from bisect import bisect_left

from streams.broker.base import Record


class MemoryLog:
    """An append-only list of records with Kafka's offsets, kept small by retention or compaction.

    Args:
        keep: At least this many of the newest records stay; at most twice as many are held. None keeps all.
        compacted: Keep the newest record of every key instead, as `cleanup.policy=compact` does.
    """

    def __init__(self, *, keep: int | None = None, compacted: bool = False) -> None:
        self._keep = keep
        self._compacted = compacted
        self._records: list[Record] = []
        self._clean_above = 2 * keep if keep else None
        self.end = 0

    @property
    def oldest(self) -> int:
        """The offset of the oldest record; `end` when there is none."""
        return self._records[0].offset if self._records else self.end

    def append(self, record: Record) -> None:
        """Add the record, whose offset has to be `end`."""
        self._records.append(record)
        self.end = record.offset + 1
        if self._clean_above is not None and len(self._records) > self._clean_above:
            self._clean()

    def read(self, start: int, limit: int) -> tuple[Record, ...]:
        """At most `limit` records from offset `start` on."""
        first = bisect_left(self._records, start, key=_offset)
        return tuple(self._records[first : first + limit])

    def _clean(self) -> None:
        keep = self._keep or 0
        if self._compacted:
            newest = {record.key: record.offset for record in self._records}
            self._records = [
                record for record in self._records if record.value is not None and newest[record.key] == record.offset
            ]
        else:
            del self._records[:-keep]
        self._clean_above = 2 * max(keep, len(self._records))


def _offset(record: Record) -> int:
    return record.offset
