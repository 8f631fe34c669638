"""A stage small enough to see through: it adds up numbers and says the sum after each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from streams.broker.base import Outgoing, Partition, Record
from streams.errors import StateCorrupted
from streams.stages.base import Restored


class SummingStage:
    """Puts out `offset:sum` for every record it folds, unless told to be silent; the sum is its state.

    A snapshot has so many slices, and the last one tells the sum as it was at the first.

    Args:
        labour: Called for every record that is folded or replayed: what it costs.
    """

    def __init__(
        self,
        partition: Partition,
        *,
        output: str = "sums",
        changelog: str = "state",
        speaks: bool = True,
        slices: int = 1,
        labour: Callable[[], None] = lambda: None,
    ) -> None:
        self.partition = partition
        self.flushes: list[bool] = []
        self.replayed: list[int] = []
        self.sum = 0
        self._output = output
        self._speaks = speaks
        self._labour = labour
        self._changelog = changelog
        self._folded = 0
        self._slices, self._slices_left, self._cut = slices, 0, b""
        self._due: list[Outgoing] = []

    def restore(self, changelog: Sequence[Record], committed: int | None) -> Restored:  # noqa: ARG002  # the contract's
        sums = [record.value or b"" for record in changelog if record.key == b"sum"]
        if not sums:
            return Restored(None)
        newest = sums[-1]
        try:
            total, offset = newest.split(b"@")
            self.sum = int(total)
            return Restored(int(offset))
        except ValueError as exc:
            raise StateCorrupted(f"not a sum: {newest!r}") from exc

    def replay(self, records: Sequence[Record]) -> None:
        for record in records:
            self._labour()
            self.replayed.append(record.offset)
            self.sum += int(record.value or b"0")

    def fold(self, records: Sequence[Record], now: datetime) -> None:  # noqa: ARG002  # the contract's
        for record in records:
            self._labour()
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

    @property
    def is_saving(self) -> bool:
        return self._slices_left > 0

    def snapshot_slice(self, next_offset: int) -> list[Outgoing]:
        if not self._slices_left:
            self._slices_left, self._cut = self._slices, f"{self.sum}@{next_offset}".encode()
        self._slices_left -= 1
        said = b"%d left" % self._slices_left
        return [Outgoing(self._changelog, b"sum", self._cut) if not self._slices_left else self._aside(said)]

    def snapshot(self, next_offset: int) -> list[Outgoing]:
        self._slices_left = 0
        return [Outgoing(self._changelog, b"sum", f"{self.sum}@{next_offset}".encode())]

    def _aside(self, said: bytes) -> Outgoing:
        return Outgoing(self._changelog, b"aside", said)

    @property
    def watermark_ms(self) -> int | None:
        return self._folded

    def counts(self) -> Mapping[str, int]:
        return {"mentions_read": self._folded}
