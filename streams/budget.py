"""From readings to claims: one event is one episode, opened once, and no more often than the topic's budget allows."""

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from streams.charges import Charges
from streams.claim import Claim, Moment, rarest
from streams.detectors.base import Reading
from streams.detectors.block_maxima import BLOCKS_PER_WEEK
from streams.detectors.lasting import lasting_below
from streams.episode import FEWEST_TO_GROW, Episode
from streams.errors import StateCorrupted
from streams.events import Direction, Phase

_MEMORY_SECONDS: Final = 2 * 86_400
_MEMORY_SHARE: Final = 0.5
_MOST_REMEMBERED: Final = 12.0  # nats; beyond, one great event would hide another of its kind for days
_GREW_FACTOR: Final = 2.0
_MOST_GROWTH: Final = 4
_LEVEL_SECONDS: Final = 300
_JUDGE_SECONDS: Final = 300
_CALMER_TIMES: Final = 3
_MOST_TURNS: Final = 2
_SETTLE_SECONDS: Final = 300  # until detectors have learned that an episode is over
_STORM_SECONDS: Final = 86_400


class Budget:
    """One topic's episodes, over all its detectors.

    An episode opens when the least of the readings' false pages a week falls below `pages_per_week`; it grows when the
    count of five minutes has doubled since the last claim, when another detector joins, when joy turns into anger or
    when it rises again, a second wave: it was past its peak, stood at a quarter for ten minutes and is back at half.
    It peaks when that count has fallen to half; it ends `quiet_seconds` after evidence was last seen. Evidence that
    lies before a calm half hour is not seen any more, and windows with an episode in them open no other one. While
    the memory of an episode fades, by half every two days, a new one needs half of its evidence. A budget sets
    thresholds; it is no quota that swallows a page.

    Args:
        pages_per_week: False pages that all detectors together may send, > 0.
        quiet_seconds: An episode ends so long after evidence was last seen.
        charges: What the detectors' odds cost the budget; without them each may spend all of it.
    """

    __slots__ = ("_charges", "_open", "_pages_per_week", "_past", "_past_score", "_quiet")

    def __init__(self, *, pages_per_week: float, quiet_seconds: float, charges: Charges | None = None) -> None:
        self._pages_per_week = pages_per_week
        self._quiet = quiet_seconds
        self._charges = charges or Charges()
        self._open: Episode | None = None
        self._past_score = 0.0
        self._past: tuple[int, int] | None = None

    @property
    def is_open(self) -> bool:
        """An episode is going on."""
        return self._open is not None

    @property
    def onset(self) -> int | None:
        """Where the episode that is going on began; None while there is none."""
        return None if self._open is None else self._open.onset

    def storm(self, start: int) -> bool:
        """Whether the minute at `start` lies in an episode; one that lasts beyond a day is a new normal."""
        if self._open is not None and self._open.onset <= start:
            return start - self._open.onset < _STORM_SECONDS
        return self._past is not None and self._past[0] <= start < min(self._past[1], self._past[0] + _STORM_SECONDS)

    def decide(self, at: int, readings: Sequence[tuple[str, Reading]], moment: Moment) -> list[Claim]:
        """What has changed by event second `at`.

        Args:
            at: Never earlier than in the call before.
            readings: Detector's name and reading; empty where all are warming up.
            moment: Answers questions about the moment of these readings.
        """
        if not readings or (self._open is None and self._charges.least(readings) >= self._pages_per_week):
            return []
        readings = self._charges.charged(readings)
        detector, reading = rarest(readings)
        if self._open is None:
            if reading.score < self._remembered(at):
                return []
            if self._past is not None and reading.window_start < self._past[1] and at - self._past[1] < _SETTLE_SECONDS:
                return []  # that event is told already
            return [self._begin(at, detector, reading, readings, moment)]
        return self._follow(self._open, at, readings, detector, reading, moment)

    def _remembered(self, at: int) -> float:
        if self._past is None:
            return 0.0
        return float(_MEMORY_SHARE * self._past_score * 0.5 ** ((at - self._past[1]) / _MEMORY_SECONDS))

    def _begin(
        self, at: int, detector: str, reading: Reading, readings: Sequence[tuple[str, Reading]], moment: Moment
    ) -> Claim:
        level, direction = moment.level(), moment.direction(detector, reading)
        began = moment.onset(detector, reading).between(0 if self._past is None else min(self._past[1], at), at)
        onset = began.at
        # the five minutes may be mostly from before the onset's step: compare later counts with a full window of it
        shown = min(max(at - onset, 60), _LEVEL_SECONDS)
        self._open = Episode(
            onset=onset,
            earliest=began.earliest,
            latest=began.latest,
            opened=at,
            sequence=0,
            direction=direction.value,
            detectors=sorted(self._above(readings)),
            marker=max(level * _LEVEL_SECONDS / shown, float(FEWEST_TO_GROW)),
            growths=0,
            highest=float(level),
            highest_at=at,
            peaked=False,
            seen_at=at,
            peak_score=reading.score,
        )
        return Claim(Phase.OPENED, 0, began, at, detector, direction, _told(reading))

    def _above(self, readings: Sequence[tuple[str, Reading]]) -> list[str]:
        return [name for name, reading in readings if reading.false_pages_per_week < self._pages_per_week]

    def _follow(
        self,
        episode: Episode,
        at: int,
        readings: Sequence[tuple[str, Reading]],
        detector: str,
        reading: Reading,
        moment: Moment,
    ) -> list[Claim]:
        level = moment.level()
        if self._seen(readings):
            episode.seen_at = at
        episode.peak_score = max(episode.peak_score, reading.score)
        episode.follow(level, at)
        if at - episode.seen_at >= self._quiet:
            claim = self._claim(episode, Phase.ENDED, detector, reading)
            self._past_score = max(min(episode.peak_score, _MOST_REMEMBERED), 2.0 * self._remembered(at))
            self._past = (episode.onset, at)
            self._open = None
            return [claim]
        grown = self._grown(episode, at, readings, level, moment)
        if grown is not None:
            name, reading, again = grown
            return [self._claim(episode, Phase.GREW, name, reading, again=again)]
        self._ease(episode, at, readings, moment)
        if episode.passes_peak(level, at):
            return [self._claim(episode, Phase.PEAKED, detector, reading)]
        return []

    def _seen(self, charged: Sequence[tuple[str, Reading]]) -> bool:
        """There is evidence that an episode lives on."""
        bound = lasting_below(self._pages_per_week)
        return any(reading.false_pages_per_week < bound and not reading.calm for _, reading in charged)

    def _grown(
        self, episode: Episode, at: int, readings: Sequence[tuple[str, Reading]], level: int, moment: Moment
    ) -> tuple[str, Reading, bool] | None:
        may_grow, again = episode.growths < _MOST_GROWTH, episode.rises_again(level)
        larger = may_grow and (again or level >= _GREW_FACTOR * episode.marker)
        for name, reading in readings:
            if reading.false_pages_per_week >= self._pages_per_week:
                continue
            joined = name not in episode.detectors
            viral = episode.direction == Direction.VIRAL.value and episode.turns < _MOST_TURNS
            soured = viral and self._soured(episode, name, reading, moment)
            if not (joined or soured or larger):
                continue
            if joined:
                episode.detectors.append(name)
            if soured:
                episode.direction = Direction.CRISIS.value
                episode.turns += 1
            episode.growths += larger
            episode.grow(level, at)
            return name, reading, again
        return None

    @staticmethod
    def _soured(episode: Episode, name: str, reading: Reading, moment: Moment) -> bool:
        """Whether the event as a whole is anger by now; of minutes by themselves, chance would say so."""
        return moment.direction(name, episode.whole(reading)) is Direction.CRISIS

    @staticmethod
    def _ease(episode: Episode, at: int, readings: Sequence[tuple[str, Reading]], moment: Moment) -> None:
        """A crisis that all its detectors see as joy for a quarter of an hour, as a whole, was none.

        Later claims say so; it is no news that pages. The verdict turns twice at most.
        """
        if episode.direction != Direction.CRISIS.value or episode.turns >= _MOST_TURNS:
            return
        if at - max(episode.judged_at, episode.opened) < _JUDGE_SECONDS:
            return
        episode.judged_at = at
        seen = [
            moment.direction(name, episode.whole(reading)) for name, reading in readings if name in episode.detectors
        ]
        calmer = bool(seen) and all(direction is Direction.VIRAL for direction in seen)
        episode.calmer = episode.calmer + 1 if calmer else 0
        if episode.calmer >= _CALMER_TIMES:
            episode.direction, episode.calmer = Direction.VIRAL.value, 0
            episode.turns += 1

    def _claim(self, episode: Episode, phase: Phase, detector: str, reading: Reading, *, again: bool = False) -> Claim:
        episode.sequence += 1
        direction = Direction(episode.direction)
        told = _told(reading)
        return Claim(phase, episode.sequence, episode.began, episode.opened, detector, direction, told, again)

    def is_count_due(self, end: int) -> bool:
        """The episode that is going on is to be counted at the end of the minute before `end`, by what is final."""
        return self._open is not None and self._open.count_due(end) > 0

    def count(self, end: int, readings: Sequence[tuple[str, Reading]]) -> Claim | None:
        """What the episode comes to at the end of the minute before `end`; None where it shows nothing any more.

        Nothing about the episode changes: it is no news, and what is claimed later is the same with and without it.

        Args:
            readings: At that minute's end, by its final count: never by what is still to be corrected.
        """
        if self._open is None or not self._seen(charged := self._charges.charged(readings)):
            return None
        number, direction = self._open.count_due(end), Direction(self._open.direction)
        detector, reading = rarest(charged)
        return Claim(Phase.COUNTED, number, self._open.began, self._open.opened, detector, direction, _told(reading))

    def unconfirmed(self, minute: int) -> bool:
        """The episode that is going on was opened in the minute at `minute`, whose count has just become final."""
        return self._open is not None and not self._open.confirmed and self._open.opened // 60 * 60 == minute

    def confirm(self, then: Sequence[tuple[str, Reading]], now: Sequence[tuple[str, Reading]]) -> Claim | None:
        """Take the opening back where the final counts no longer carry it, and nothing since does; else None.

        Args:
            then: Readings at the end of the minute in which it was opened, by its final count.
            now: Readings of the present.
        """
        if self._open is None or not then or not now:
            return None
        self._open.confirmed = True
        bound = lasting_below(self._pages_per_week)
        detector, reading = rarest(self._charges.charged(then))
        if reading.false_pages_per_week < bound or rarest(self._charges.charged(now))[1].false_pages_per_week < bound:
            return None
        claim = self._claim(self._open, Phase.WITHDRAWN, detector, reading)
        self._open = None
        return claim

    def close(self, at: int, detector: str, reading: Reading) -> Claim | None:
        """End the episode that is going on without waiting for quiet; None where there is none."""
        if self._open is None:
            return None
        claim = self._claim(self._open, Phase.ENDED, detector, reading)
        self._past_score = max(min(self._open.peak_score, _MOST_REMEMBERED), 2.0 * self._remembered(at))
        self._past = (self._open.onset, at)
        self._open = None
        return claim

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "open": None if self._open is None else msgspec.to_builtins(self._open),
            "past_score": self._past_score,
            "past": None if self._past is None else list(self._past),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a budget.
        """
        try:
            self._open = None if state["open"] is None else msgspec.convert(state["open"], Episode)
            self._past_score = float(state["past_score"])
            self._past = None if state["past"] is None else (int(state["past"][0]), int(state["past"][1]))
        except (KeyError, TypeError, ValueError, IndexError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of a budget cannot be read: {exc!r}") from exc


def _told(reading: Reading) -> Reading:
    score = max(math.log(BLOCKS_PER_WEEK / reading.false_pages_per_week), 0.0)
    return msgspec.structs.replace(reading, score=score)
