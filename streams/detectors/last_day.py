"""The last day of a topic: by exact odds where it has few mentions, by its own extremes where it has many."""

from collections.abc import Sequence
from typing import Any

from streams.basis import Weighed
from streams.detectors.busy_day import BUSY_DAY, HALF_HOUR, BusyDay
from streams.detectors.few_mentions import DAY_MINUTES, KEPT_MINUTES, FewMentions
from streams.detectors.lasting import lasting_below
from streams.detectors.new_level import DAY_SECONDS, NewLevel
from streams.detectors.prior import Lean, Prior
from streams.detectors.rate import Rate
from streams.detectors.trail import Sums, sums_of
from streams.windows import MINUTE, Slot


class LastDay:
    """How rare the mentions of the last day are, whatever the topic's rate: by `FewMentions` or by `BusyDay`.

    Args:
        prior: What its peers teach.
    """

    __slots__ = ("_busy", "_few", "_new")

    def __init__(self, prior: Prior | None = None) -> None:
        self._few = FewMentions()
        self._busy = BusyDay(prior)
        self._new = NewLevel()

    def leans(self) -> dict[str, Lean]:
        """How the topic's own days lie beside the prior of its rate, by name; empty before a week of them."""
        lean = self._busy.lean
        return {} if lean is None else {BUSY_DAY: lean}

    def add(self, slot: Slot, rate: Rate) -> None:
        """One more final minute with mentions."""
        if self._few.may_judge_soon(rate):
            self._few.add(slot)
            if self._few.judges(rate):
                self._busy.clear()
                return
        else:
            self._few.clear()
        self._busy.add(slot, rate)

    def follow(self, start: int, *, storm: bool) -> bool:
        """One more final minute; whether an event that was told ended before it, or has lasted for a day."""
        return self._new.follow(start, storm=storm)

    def tell(self, end: int, rate: Rate, *, lately: float) -> bool:
        """What was told of is the last day's, up to second `end`; whether the rate began anew from what has lasted.

        Args:
            lately: Mentions a minute of the last hours; what fades is no level.
        """
        return self._new.tell(end, self._per_minute(end, rate), rate, lately=lately)

    def settle(self, end: int, rate: Rate, not_before: int, pages_per_week: float) -> bool:
        """Whether the rate began anew: at second `end` a whole day after an event shows that its level stays.

        Args:
            not_before: There was no event from here on.
            pages_per_week: The topic's budget, > 0.
        """
        if end % HALF_HOUR or not self._new.is_due(end, not_before, rate):
            return False

        def lasts() -> bool:
            return self.pages((), end - MINUTE, rate, not_before)[0] < lasting_below(pages_per_week)

        return self._new.settle(end, self._per_minute(end, rate), rate, lasts=lasts)

    def _per_minute(self, end: int, rate: Rate) -> float:
        rows = self._of(rate).minutes_since(-(-(end - DAY_SECONDS) // HALF_HOUR) * HALF_HOUR)
        return sum(sums[0] for _, sums in rows) / DAY_MINUTES

    def pages(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> tuple[float, int]:
        """False pages a week of the last day's mentions, in (0, 14], and where that day begins."""
        return self._of(rate).pages(recent, open_minute, rate, not_before)

    def room(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int, pages: float) -> float:
        """How many more mentions surely leave false pages above `pages`; below 0 where they may not be."""
        return self._of(rate).room(recent, open_minute, rate, not_before, pages)

    def weighed(self, recent: Sequence[Slot], open_minute: int, rate: Rate, not_before: int) -> Weighed:
        """The last day's mentions beside the usual ones, as in `pages`."""
        return self._of(rate).weighed(recent, open_minute, rate, not_before)

    def window(self, recent: Sequence[Slot], begin: int, rate: Rate) -> Sums:
        """All sums from `begin` through the end of `recent`; of many mentions from the half hour on that holds it."""
        rows = [sums for _, sums in self._of(rate).minutes_since(begin)]
        rows += [sums_of(slot.tally) for slot in recent if slot.start >= begin]
        a, b, c, d, e = (sum(column) for column in zip(*rows, strict=True)) if rows else (0,) * 5
        return a, b, c, d, e

    def minutes_since(self, start: int, rate: Rate) -> list[tuple[int, Sums]]:
        """Minutes, or half hours, with mentions from `start` on, oldest first, each with its sums."""
        return self._of(rate).minutes_since(start)

    def is_of_few(self, rate: Rate) -> bool:
        """Mentions are so few that an event may well have begun yesterday."""
        return self._few.judges(rate)

    def holds(self, rate: Rate) -> int:
        """How many minutes back it goes."""
        return KEPT_MINUTES if self._few.judges(rate) else DAY_MINUTES

    def _of(self, rate: Rate) -> FewMentions | BusyDay:
        return self._few if self._few.judges(rate) else self._busy

    def close_block(self) -> None:
        """Twelve hours are over."""
        self._busy.close_block()

    def expect(self, rate: Rate, margin: float) -> None:
        """Where the scores of half a day should lie for a stream of this rate, as far as nothing better is known."""
        self._busy.expect(rate, margin)

    def clear(self, start: int) -> None:
        """Forget the day: time before second `start` was not observed."""
        self._new.observed_from(start)
        self._few.clear()
        self._busy.clear()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"few": self._few.snapshot(), "busy": self._busy.snapshot(), "new": self._new.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a day.
        """
        self._few.restore(state["few"])
        self._busy.restore(state["busy"])
        self._new.restore(state["new"])
