"""Whether a jump from near silence is an event, or the moment from which mentions are collected at all."""

import math
from array import array
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot

DAY: Final = 86_400
_PATIENCE: Final = 4  # times the days that prove a stream: after that even near silence is believed
_JUMP: Final = 20.0  # times the usual rate; a smaller rise is an event's, however young the topic is
_WIDE: Final = 2.0  # standard errors by which the jump may be greater than it looks
_FEWEST: Final = 3
_STAYS_SECONDS: Final = 3600
_MOVES_SECONDS: Final = 600
_MOVES_MENTIONS: Final = 25
_UNEVEN: Final = 3.0  # times as many mentions in one half of a jump as in the other
_SURE: Final = 2.5  # standard errors
_KEPT: Final = 256
_NO_MINUTES: Final = array("q")  # shared by all that have none


class Jump(StrEnum):
    """What a sudden stream on a topic that hardly spoke is taken for."""

    NONE = "none"  # there is none, or the baseline is proven: the odds decide
    OPEN = "open"  # too early to tell from a start of collection: no opinion
    STAYS = "stays"  # collection began: the baseline begins with it
    MOVES = "moves"  # it swells or fades as no start of collection does: the odds decide


class Verdict(NamedTuple):
    """What the newest jump is, and its first second where it stays."""

    jump: Jump
    begin: int = 0


_NO_JUMP: Final = Verdict(Jump.NONE)


class CollectionStart:
    """Tells an event on a quiet topic from the start of collection, as far as the past allows.

    A baseline is proven once `days` different days brought a mention, four times `days` have passed, or the usual day
    brings `mentions` mentions. Before that, a jump to twenty times the usual rate and to a stream of `mentions` a day
    is left open until it has lasted an hour and brought `mentions` mentions. If it was even all the while, it is where
    collection began. As soon as it swells or fades, which can be told after ten
    minutes, it is judged by its odds like any other rise.
    """

    __slots__ = ("_day", "_days", "_first", "_mentions", "_minutes", "_not_before", "_proven", "_proven_days", "_since")

    def __init__(self, mentions: int, days: float) -> None:
        self._mentions = mentions
        self._days = days
        self._first: int | None = None
        self._day = -1
        self._proven_days = 0
        self._proven = False
        self._not_before = 0
        self._since: int | None = None
        self._minutes = _NO_MINUTES  # each start, and after it the mentions

    @property
    def is_proven(self) -> bool:
        """Nothing is left to doubt."""
        return self._proven

    def believe(self) -> None:
        """It is known that the sources delivered everything."""
        self._proven = True
        self._minutes = _NO_MINUTES

    def begin(self, first: int, end: int, minutes: dict[int, int]) -> None:
        """The baseline begins at `first`; so far it consists of these minutes with mentions, up to `end`."""
        self._first, self._day, self._proven_days, self._since = first, -1, 0, None
        self._minutes = _NO_MINUTES
        for start, mentions in minutes.items():
            self.add(start, mentions, storm=False)
        self._not_before = end

    def add(self, start: int, mentions: int, *, storm: bool) -> None:
        """One more minute of the baseline."""
        if self._proven or self._first is None:
            return
        if storm:
            self._not_before = start + MINUTE
            self._since = None
        if mentions <= 0:
            return
        day = (start - self._first) // DAY
        if day != self._day:
            self._day = day
            self._proven_days += 1
            if self._proven_days > self._days or day >= _PATIENCE * self._days:
                self.believe()
                return
        self._minutes = self._minutes or array("q")
        self._minutes.extend((start, mentions))
        if len(self._minutes) > 2 * _KEPT:
            del self._minutes[: -2 * _KEPT]

    def judge(self, recent: Sequence[Slot], at: int, per_minute: float) -> Verdict:
        """The newest jump over the usual `per_minute`, seen at second `at`; `recent` are minutes not added yet."""
        if self._proven or per_minute * DAY / MINUTE >= self._mentions:
            return _NO_JUMP
        minutes = [minute for minute in self._pairs() if minute[0] >= self._not_before]
        minutes += [(slot.start, slot.tally.mentions) for slot in recent if slot.tally.mentions > 0]
        least = max(_JUMP * per_minute, self._mentions * MINUTE / DAY)
        begin, after = self._newest(minutes, at, per_minute)
        if self._since is not None:
            mentions = sum(count for start, count in minutes if start >= self._since)
            if mentions * MINUTE >= least * (at + 1 - self._since):
                begin, after = self._since, mentions  # still the same jump, however it went on
        if after < _FEWEST:
            return Verdict(Jump.NONE)
        seconds = max(at + 1 - begin, MINUTE)
        if (after + _WIDE * math.sqrt(after)) * MINUTE < least * seconds:
            return Verdict(Jump.NONE)
        if min(seconds / _MOVES_SECONDS, after / _MOVES_MENTIONS) >= 1.0 and self._moves(
            minutes, begin, seconds, after
        ):
            return Verdict(Jump.MOVES, begin)
        stays = seconds >= _STAYS_SECONDS and after >= self._mentions
        return Verdict(Jump.STAYS if stays else Jump.OPEN, begin)

    def settle(self, verdict: Verdict) -> None:
        """This is what was found after the last minute added: the jump is followed from where it began."""
        self._since = None if verdict.jump is Jump.NONE else verdict.begin

    @staticmethod
    def _newest(minutes: Sequence[tuple[int, int]], at: int, per_minute: float) -> tuple[int, int]:
        """Where the newest jump most likely began, and the mentions since."""
        best, begin, after, count = 0.0, 0, 0, 0
        for start, mentions in reversed(minutes):
            count += mentions
            usual = per_minute * max(at + 1 - start, MINUTE) / MINUTE
            gain = count * math.log(count / usual) - count + usual if count > usual else 0.0
            if gain > best:
                best, begin, after = gain, start, count
        return begin, after

    @staticmethod
    def _moves(minutes: Sequence[tuple[int, int]], begin: int, seconds: int, mentions: int) -> bool:
        middle = begin + seconds // 2
        since = [(start, count) for start, count in minutes if start >= begin]
        early = sum(count for start, count in since if start < middle)
        late = mentions - early
        ratio = max(early, late) / max(min(early, late), 1)
        if ratio < _UNEVEN:
            return False
        # mentions of one minute may belong together, so each minute counts as one throw
        error = math.sqrt(sum(count * count for _, count in since))
        return abs(late - early) >= _SURE * error

    def _pairs(self) -> "zip[tuple[int, int]]":
        return zip(self._minutes[::2], self._minutes[1::2], strict=True)

    def minutes_since(self, begin: int) -> dict[int, int]:
        """The minutes with mentions from `begin` on."""
        return {start: mentions for start, mentions in self._pairs() if start >= begin}

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "first": self._first,
            "day": self._day,
            "proven_days": self._proven_days,
            "proven": self._proven,
            "not_before": self._not_before,
            "since": self._since,
            "minutes": [list(minute) for minute in self._pairs()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a start of collection.
        """
        try:
            self._first = state["first"]
            self._day = int(state["day"])
            self._proven_days = int(state["proven_days"])
            self._proven = bool(state["proven"])
            self._not_before = int(state["not_before"])
            self._since = state["since"]
            self._minutes = array(
                "q", [int(value) for start, mentions in state["minutes"] for value in (start, mentions)]
            )
        except (KeyError, OverflowError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a start of collection cannot be read: {exc!r}") from exc
