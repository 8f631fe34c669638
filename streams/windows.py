"""One topic's event-time windows: minutes that fill, close, are corrected, and become final."""

from bisect import insort
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from streams.errors import StateCorrupted
from streams.events import Tally
from streams.tally_sums import accumulate, empty_sums, tally_of

MINUTE: Final = 60
KEPT_SECONDS: Final = 3 * 3600 + 900  # the widest detector window, and room for corrections
UNLEARNED_SECONDS: Final = 24 * 3600  # where time stands still, minutes this old become final by themselves
EVENT_SECONDS: Final = 3 * 3600  # of an event, so much at most is counted: what is kept for certain
LONGEST_SILENCE: Final = 28 * 86_400  # of a longer one only its end is learned: one wrong date must not cost minutes

_SILENT: Final = Tally()


class Slot(msgspec.Struct, frozen=True, gc=False):
    """A closed or still open stretch of one topic's event time, `[start, start + seconds)`, seconds since 1970.

    Attributes:
        members: Where the topic is a peer group, what each of its members adds to the tally, by id.
    """

    start: int
    seconds: int
    tally: Tally
    members: tuple[tuple[str, Tally], ...] = ()


class Arrival(StrEnum):
    """How a delta stood to time."""

    ON_TIME = "on_time"
    LATE = "late"  # its minute is final: counted and corrected, not learned from
    LOST = "lost"  # its minute is no longer kept, or was never watched: no window can be corrected


class Closing(msgspec.Struct, frozen=True, gc=False):
    """A window whose count is to be told: revision 0 when it closes, one more for every correction."""

    slot: Slot
    revision: int
    final: bool


class _Minute:
    __slots__ = ("counts", "members", "muted", "revision", "slot")

    def __init__(
        self,
        counts: list[int],
        revision: int = -1,
        muted: list[int] | None = None,
        members: dict[str, list[int]] | None = None,
    ) -> None:
        self.counts = counts
        self.muted = muted
        self.members = members
        self.revision = revision
        self.slot: Slot | None = None


class TopicWindows:
    """The minutes of one topic, sparse: those without mentions take no room.

    A minute closes when event time passes its end and is final `grace_seconds` later. What is final is handed out once,
    in order, silent minutes included; the outcome does not depend on the order in which deltas arrived before that.
    """

    __slots__ = ("_grace", "_minutes", "_unlearned", "_untold", "learned_until", "newest")

    def __init__(self, grace_seconds: float) -> None:
        self._grace = grace_seconds
        self._minutes: dict[int, _Minute] = {}
        self._unlearned: list[int] = []
        self._untold: list[int] = []
        self.learned_until: int | None = None
        self.newest: int | None = None

    @property
    def waiting(self) -> bool:
        """Time passing will close, correct or finish something."""
        return bool(self._unlearned or self._untold)

    def final_until(self, now: int | None) -> int | None:
        """Minutes before this are final when event time stands at `now`; None while nothing is."""
        newest = self.newest
        if now is None:
            return None if newest is None else (newest - UNLEARNED_SECONDS) // MINUTE * MINUTE
        end = now - self._grace
        if newest is not None and newest - UNLEARNED_SECONDS > end:
            end = newest - UNLEARNED_SECONDS
        return int(end // MINUTE * MINUTE)

    def add(self, second: int, tally: Tally, now: int | None, *, muted: bool = False, member: str = "") -> Arrival:
        """Add one delta; `final` has to be drained up to `now` before.

        Args:
            muted: Counted and told, but no news of this minute: slots leave it out.
            member: Of a peer group, whose delta it is.
        """
        start = second - second % MINUTE
        final = self.final_until(now)
        if self.learned_until is not None:
            final = self.learned_until if final is None else max(final, self.learned_until)
        late = final is not None and start < final
        if late and start < max(now or 0, self.newest or 0) - KEPT_SECONDS:
            return Arrival.LOST
        minute = self._minutes.get(start)
        if minute is None:
            if tally.mentions < 0 or (tally.mentions == 0 and tally != _SILENT):
                return Arrival.LOST  # it corrects what was counted before anybody watched here
            minute = self._minutes[start] = _Minute(empty_sums())
            if not late:
                insort(self._unlearned, start)
            insort(self._untold, start)
        elif start not in self._untold:
            insort(self._untold, start)
        accumulate(minute.counts, tally)
        if muted:
            minute.muted = minute.muted or empty_sums()
            accumulate(minute.muted, tally)
        elif member:
            minute.members = minute.members or {}
            accumulate(minute.members.setdefault(member, empty_sums()), tally)
        minute.slot = None
        if self.newest is None or second > self.newest:
            self.newest = second
        return Arrival.LATE if late else Arrival.ON_TIME

    def unlearned(self) -> list[Slot]:
        """The minutes with mentions that are not final yet, oldest first."""
        minutes = self._minutes
        return [minutes[start].slot or self._slot(start) for start in self._unlearned]

    def is_learned(self, now: int | None) -> bool:
        """All minutes that are final at `now` were handed out."""
        until = self.final_until(now)
        return until is None or (self.learned_until is not None and until <= self.learned_until)

    def final(self, now: int | None, begin: int | None = None) -> Iterator[Slot]:
        """Minutes that have become final, oldest first, silent ones too; each is handed out once.

        Of a silence of more than 28 days the last 28 are handed out, so that the start of a minute may jump.

        Args:
            now: Event time.
            begin: Where the very first minute lies; None is the first mention.
        """
        until = self.final_until(now)
        if until is None:
            return
        if self.learned_until is None:
            if not self._unlearned or (begin is None and self._unlearned[0] >= until):
                return
            first = self._unlearned[0] if begin is None else begin - begin % MINUTE
            while self._unlearned and self._unlearned[0] < min(first, until):
                del self._unlearned[0]
            if first > until:
                return
            self.learned_until = first
        while self.learned_until < until:
            following = min(self._unlearned[0], until) if self._unlearned else until
            start = max(self.learned_until, following - LONGEST_SILENCE)
            self.learned_until = start + MINUTE
            if self._unlearned and self._unlearned[0] == start:
                del self._unlearned[0]
                slot, self._minutes[start].slot = self._slot(start), None  # what is learned is hardly asked for again
                yield slot
            else:
                yield Slot(start, MINUTE, _SILENT)

    def skip(self) -> None:
        """Hand out nothing of what is there: what is learned next begins with the next new minute. Counts stay."""
        self._unlearned.clear()
        self.learned_until = None

    def closings(self, now: int | None, *, told: bool = True) -> list[Closing]:
        """Windows whose count has to be told now that event time stands at `now`, oldest first.

        Args:
            told: Nobody asks for their counts else; time passes all the same.
        """
        if now is None:
            return []
        closings = []
        remaining = []
        for start in self._untold:
            minute = self._minutes.get(start)
            if minute is None:
                continue
            if start + MINUTE > now:
                remaining.append(start)
                continue
            if minute.revision < 0 and minute.counts[0] <= 0:
                continue  # came and was deleted before anybody heard of it
            minute.revision += 1
            if told:
                final = self.learned_until is not None and start < self.learned_until
                closings.append(Closing(Slot(start, MINUTE, tally_of(minute.counts)), minute.revision, final))
        self._untold = remaining
        self._forget(max(now, self.newest or 0) - KEPT_SECONDS)
        return closings

    def mentions(self, start: int, end: int) -> int:
        """Mentions in the kept minutes that begin in `[start, end)`, without those that are no news."""
        first = start - start % MINUTE
        return sum(self._slot(at).tally.mentions for at in range(first, end, MINUTE) if at in self._minutes)

    def total(self, start: int, end: int) -> Tally:
        """The sum over the kept minutes that begin in `[start, end)`."""
        counts = empty_sums()
        for at in range(start - start % MINUTE, end, MINUTE):
            minute = self._minutes.get(at)
            if minute is not None:
                counts = [a + b for a, b in zip(counts, minute.counts, strict=True)]
        return tally_of(counts)

    def _slot(self, start: int) -> Slot:
        minute = self._minutes[start]
        if minute.slot is None:
            heard = minute.counts
            if minute.muted is not None:
                heard = [count - muted for count, muted in zip(minute.counts, minute.muted, strict=True)]
            members = tuple((name, tally_of(counts)) for name, counts in sorted((minute.members or {}).items()))
            minute.slot = Slot(start, MINUTE, tally_of(heard), members)
        return minute.slot

    def _forget(self, before: int) -> None:
        # insertion order is nearly the order of time, so looking at the oldest few is enough
        unlearned = self._unlearned[0] if self._unlearned else None
        while self._minutes:
            oldest = next(iter(self._minutes))
            if oldest >= before or (unlearned is not None and oldest >= unlearned):
                return
            del self._minutes[oldest]

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "minutes": [
                [start, minute.revision, minute.counts, minute.muted, minute.members]
                for start, minute in self._minutes.items()
            ],
            "unlearned": self._unlearned,
            "untold": self._untold,
            "learned_until": self.learned_until,
            "newest": self.newest,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a topic's windows.
        """
        try:
            self._minutes = {
                int(start): _Minute(
                    list(counts),
                    revision,
                    None if muted is None else list(muted),
                    dict(members[0]) if members and members[0] else None,
                )
                for start, revision, counts, muted, *members in state["minutes"]
            }
            self._unlearned = list(state["unlearned"])
            self._untold = list(state["untold"])
            self.learned_until = state["learned_until"]
            self.newest = state["newest"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of windows cannot be read: {exc!r}") from exc
