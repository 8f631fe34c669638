"""Counts by the minute, with what would be usual."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """A stretch of minutes.

    Attributes:
        start: The first minute, minutes since 1970.
        counts: One for each minute, oldest first.
        usual: What would be usual of each; shape as `counts`.
    """

    start: int
    counts: tuple[float, ...]
    usual: tuple[float, ...]

    @property
    def end(self) -> int:
        """The minute behind the last one."""
        return self.start + len(self.counts)

    def excess(self, start: int | None = None, end: int | None = None) -> float:
        """Counts above what is usual in `[start, end)`; may be negative."""
        first = 0 if start is None else max(start - self.start, 0)
        behind = len(self.counts) if end is None else max(end - self.start, 0)
        return sum(self.counts[first:behind]) - sum(self.usual[first:behind])

    def total(self, start: int, end: int) -> tuple[float, float]:
        """Counts, and what would be usual, in `[start, end)`."""
        first, behind = max(start - self.start, 0), max(end - self.start, 0)
        return sum(self.counts[first:behind]), sum(self.usual[first:behind])

    def part(self, start: int, end: int) -> "Curve":
        """The minutes in `[start, end)`."""
        first, behind = max(start - self.start, 0), max(end - self.start, 0)
        return Curve(self.start + first, self.counts[first:behind], self.usual[first:behind])
