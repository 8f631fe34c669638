"""A stage small enough to see through: it adds up numbers and says the sum after each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from streams.broker.base import Outgoing, Partition, Record
from streams.errors import StateCorrupted
from streams.stages.base import Restored


class SummingStage:
    """Puts out `offset:sum` for every record it folds, unless told to be silent; the sum is its state."""

    def __init__(
        self, partition: Partition, *, output: str = "sums", changelog: str = "state", speaks: bool = True
    ) -> None:
        self.partition = partition
        self.flushes: list[bool] = []
        self.replayed: list[int] = []
        self.sum = 0
        self._output = output
        self._speaks = speaks
        self._changelog = changelog
        self._folded = 0
        self._due: list[Outgoing] = []

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:  # noqa: ARG002  # the contract's
        if not changelog:
            return Restored(None)
        newest = changelog[-1].value or b""
        try:
            total, offset = newest.split(b"@")
            self.sum = int(total)
            return Restored(int(offset))
        except ValueError as exc:
            raise StateCorrupted(f"not a sum: {newest!r}") from exc

    def replay(self, records: Sequence[Record]) -> None:
        for record in records:
            self.replayed.append(record.offset)
            self.sum += int(record.value or b"0")

    def fold(self, records: Sequence[Record], now: datetime) -> None:  # noqa: ARG002  # the contract's
        for record in records:
            self._folded += 1
            self.sum += int(record.value or b"0")
            text = f"{record.offset}:{self.sum}".encode()
            if self._speaks:
                self._due.append(Outgoing(self._output, None, text, partition=self.partition.number))

    def flush(self, now: datetime, *, at_end: bool) -> list[Outgoing]:  # noqa: ARG002  # the contract's
        self.flushes.append(at_end)
        due, self._due = self._due, []
        return due

    def changes(self, next_offset: int) -> list[Outgoing]:  # noqa: ARG002  # the contract's
        return []

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        return [Outgoing(self._changelog, b"sum", f"{self.sum}@{next_offset}".encode())]

    @property
    def watermark_ms(self) -> int | None:
        return None

    def counts(self) -> Mapping[str, int]:
        return {"mentions_read": self._folded}
