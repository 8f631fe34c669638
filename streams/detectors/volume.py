"""Volume: are there more mentions than this topic's own past makes likely, at any time scale?"""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.detectors.base import Explanation, Reading
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.climb import STEP, Climb
from streams.detectors.collection_start import CollectionStart, Jump
from streams.detectors.direction import direction_of
from streams.detectors.mood import Mood
from streams.detectors.rate import Rate
from streams.detectors.snapshots import require
from streams.detectors.trail import MINUTES, Trail
from streams.detectors.warm_up import WarmUp
from streams.errors import StateCorrupted
from streams.events import Evidence
from streams.windows import MINUTE, Slot

_VERSION: Final = 2
_SCALES: Final = (1, 5, 30, 180)
_HALF_HOUR: Final = 30
_TELLING: Final = 8.0  # usual mentions in half an hour; with fewer, a slow rise to three times as many looks calm
_MINUTES_PER_WEEK: Final = 7 * 24 * 60
_FEWEST_MENTIONS: Final = 3
_TWO_MENTIONS: Final = (_FEWEST_MENTIONS - 1) * math.log(STEP)
_PRIOR_SCALE: Final = 0.4
_PRIOR_DISPERSION: Final = 0.2
_CLIMB_LOCATION: Final = 2.0
_SPARSE: Final = 0.35
_WANDERING: Final = 0.3
_BUSY_PER_HOUR: Final = 20.0
_YOUNG_MARGIN: Final = 0.5  # a day not seen yet may hold a daily rhythm
_SMALLEST: Final = 1e-12
_WORTH_A_CHECK: Final = 5.0  # false pages a week; above, chance need not be asked
_BLOCKS_OF_A_YOUNG_TOPIC: Final = 288


class VolumeDetector:
    """How improbable the topic's counts are, in windows of 1, 5, 30 and 180 minutes and by a CUSUM per delta.

    A window's score is the log of observed over usual; what a score means in false pages a week is read from the block
    maxima of the same topic, so that a restless topic has to show more than a steady one. Sparse topics have floors:
    at least three mentions, and fewer false pages than a Poisson stream would yield. Where a topic that hardly spoke is
    suddenly loud and its baseline is unproven, there is no opinion until `CollectionStart` has one.

    Args:
        pages_per_week: The topic's budget, > 0; evidence much beyond it is not gathered, so that the next event shows.
        warm_up_mentions: Mentions that prove collection.
        warm_up_days: Days that prove it where mentions are few.
        collected: It is known from when on the sources deliver everything.

    Source:
        Page 1954 (see `climb`), Hosking 1990 (see `block_maxima`).
    """

    name = "volume"

    def __init__(self, *, pages_per_week: float, warm_up_mentions: int, warm_up_days: float, collected: bool) -> None:
        self._pages_per_week = pages_per_week
        self._warm_up: WarmUp | None = WarmUp(warm_up_mentions, warm_up_days, collected=collected)
        self._fresh_warm_up = self._warm_up
        self._mood = Mood()
        self._trail = Trail()
        self._start = CollectionStart(warm_up_mentions, warm_up_days)
        if collected:
            self._start.believe()
        self._in_doubt = self._stormy = False
        self._not_before = 0
        self._know_nothing()

    def _know_nothing(self) -> None:
        self._rate = Rate()
        self._climb = Climb()
        self._windows = tuple(BlockMaxima(0.0, _PRIOR_SCALE) for _ in _SCALES)
        self._climbs = BlockMaxima(_CLIMB_LOCATION + _YOUNG_MARGIN, _PRIOR_SCALE + _WANDERING)
        self._block_minutes = 0
        self._bands: dict[int, tuple[float, float, float]] = {}

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at second `at`; None while warming up, and where collection may just have begun."""
        if self._warm_up is not None:
            return None
        open_minute = at - at % MINUTE
        climb = self._climb.through(recent, self._trail.end, at, self._rate.per_minute)
        pages = self._climb_pages(climb)
        start = max(climb.since - climb.since % MINUTE, open_minute - (MINUTES - 1) * MINUTE)
        since, seconds, end = max(start, climb.since), at - start + 1, self._trail.end or open_minute
        counts = [(slot.start, slot.tally.mentions) for slot in recent]
        per_minute, calm = self._rate.per_minute, False
        for index, minutes in enumerate(_SCALES):
            begin = open_minute - (minutes - 1) * MINUTE
            mentions = self._trail.mentions((end - begin) // MINUTE)
            for minute, count in counts:
                if minute >= begin:
                    mentions += count
            if minutes == _HALF_HOUR:
                usual, _, high = self._band(minutes)
                calm = usual >= _TELLING and mentions <= (usual + high) / 2.0
            if begin < self._not_before:
                continue  # the last event is told already
            if mentions < _FEWEST_MENTIONS or mentions <= per_minute * minutes:
                continue
            by_window = self._window_pages(index, minutes, mentions)
            if by_window < pages:
                pages, start, seconds = by_window, begin, minutes * MINUTE
                since = max(begin, climb.since) if climb.nats > 0.0 else begin
        if pages < _WORTH_A_CHECK and not self._start.is_proven:
            jump = self._start.judge(recent, at, self._rate.per_minute).jump
            if jump in {Jump.OPEN, Jump.STAYS}:
                return None
        return Reading(max(math.log(BLOCKS_PER_WEEK / pages), 0.0), pages, since, start, seconds, calm)

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """The counts of the deciding window beside the usual ones, and whether it is anger or joy."""
        sums = self._trail.window(recent, reading.window_start)
        mean, low, high = self._rate.band(reading.window_seconds / MINUTE)
        evidence = Evidence(
            observed=sums[0],
            expected=mean,
            low=low,
            high=high,
            window_seconds=reading.window_seconds,
            **self._mood.compared(sums),
        )
        return Explanation(direction_of(sums, self._mood, mean), evidence)

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn one final minute; in a storm only how high scores can get."""
        if self._warm_up is not None:
            self._trail.append(slot)
            self._mood.learn(slot, storm=storm)
            if self._warm_up.add(slot.start, slot.tally.mentions):
                self._begin(*self._warm_up.baseline())
                self._warm_up = None
            return
        if slot.start != self._trail.end:
            self._climb = Climb()
        self._not_before = slot.start if self._stormy and not storm else self._not_before
        self._stormy = storm
        self._trail.append(slot)
        self._mood.learn(slot, storm=storm)
        if not self._start.is_proven:
            self._prove(slot, storm=storm)
        self._absorb(slot.start, slot.tally.mentions, storm=storm or self._in_doubt)

    def _prove(self, slot: Slot, *, storm: bool) -> None:
        self._start.add(slot.start, slot.tally.mentions, storm=storm)
        if slot.tally.mentions <= 0 and not self._in_doubt:
            return
        end = slot.start + MINUTE
        verdict = self._start.judge((), end - 1, self._rate.per_minute)
        self._start.settle(verdict)
        self._in_doubt = verdict.jump is Jump.OPEN
        if verdict.jump is Jump.STAYS:
            minutes = self._start.minutes_since(verdict.begin)
            minutes.pop(slot.start, None)
            self._know_nothing()
            self._begin(verdict.begin, slot.start, minutes)
            self._start.add(slot.start, slot.tally.mentions, storm=False)

    def _begin(self, begin: int, end: int, minutes: dict[int, int]) -> None:
        self._start.begin(begin, end, minutes)
        self._rate.begin(sum(minutes.values()) * MINUTE / (end - begin))
        for start in range(begin, end, MINUTE):
            self._rate.learn(start, minutes.get(start, 0), storm=False)
        self._revise_priors()

    def _absorb(self, start: int, mentions: int, *, storm: bool) -> None:
        """What the minute teaches, measured against what was usual before it."""
        if mentions or self._climb.nats > 0.0:
            climb = self._climb.after(start, MINUTE, mentions, self._rate.per_minute)
            self._climbs.add(math.log1p(climb.nats))
            if climb.nats > 0.0:
                # unbounded, one great day would hide the next storm for days
                most = math.expm1(self._climbs.level(self._pages_per_week) + self._climbs.scale)
                floor = math.log(max(self._rate.per_minute * _MINUTES_PER_WEEK / self._pages_per_week, 1.0)) + 1.0
                climb = Climb(min(climb.nats, max(most, floor)), climb.since)
            self._climb = climb
        if mentions:
            for minutes, maxima in zip(_SCALES, self._windows, strict=True):
                maxima.add(self._surprise(minutes, self._trail.mentions(minutes)))
        self._block_minutes += 1
        if self._block_minutes >= BLOCK_MINUTES:
            self._block_minutes = 0
            for maxima in (*self._windows, self._climbs):
                maxima.close_block()
        if self._rate.learn(start, mentions, storm=storm):
            self._bands.clear()
            if self._rate.blocks % 12 == 0:
                self._revise_priors()

    def _surprise(self, minutes: int, mentions: int) -> float:
        return math.log((max(mentions, 0) + 1.0) / (minutes * self._rate.per_minute + 1.0))

    def _window_pages(self, index: int, minutes: int, mentions: int) -> float:
        mean = self._rate.per_minute * minutes
        pages = self._windows[index].false_pages_per_week(math.log((mentions + 1.0) / (mean + 1.0)))
        if pages > _WORTH_A_CHECK:
            return pages
        # Chernoff's bound on a Poisson tail, for each of the windows that fit into a week side by side
        tail = mentions - mean - mentions * math.log(mentions / max(mean, _SMALLEST))
        by_chance = _MINUTES_PER_WEEK / minutes * math.exp(tail)
        return max(pages, min(by_chance, BLOCKS_PER_WEEK), _SMALLEST)

    def _climb_pages(self, climb: Climb) -> float:
        told = climb.since < self._not_before and self._rate.per_minute * _HALF_HOUR >= _TELLING
        if told or climb.nats <= _TWO_MENTIONS:
            return BLOCKS_PER_WEEK
        by_chance = _MINUTES_PER_WEEK * self._rate.per_minute * math.exp(-climb.nats)
        pages = self._climbs.false_pages_per_week(math.log1p(climb.nats))
        return max(pages, min(by_chance, BLOCKS_PER_WEEK), _SMALLEST)

    def _band(self, minutes: int) -> tuple[float, float, float]:
        band = self._bands.get(minutes)
        if band is None:
            band = self._bands[minutes] = self._rate.band(minutes)
        return band

    def _revise_priors(self) -> None:
        """Where a block's highest score should lie for a stream of this rate, as far as nothing better is known."""
        margin = _YOUNG_MARGIN * max(0.0, 1.0 - self._rate.blocks / _BLOCKS_OF_A_YOUNG_TOPIC)
        dispersion = (_PRIOR_DISPERSION + self._rate.dispersion) / 2.0
        for minutes, maxima in zip(_SCALES, self._windows, strict=True):
            mean = self._rate.per_minute * minutes
            deep = _deepest(2.0 * BLOCK_MINUTES / minutes)
            reach = deep * math.sqrt(mean + dispersion * mean * mean)
            skew = (deep * deep - 1.0) / 6.0 * (1.0 + 2.0 * dispersion * mean)
            maxima.expect(math.log((mean + reach + skew + 1.0) / (mean + 1.0)) + margin, _PRIOR_SCALE)
        per_hour = max(self._rate.per_minute * 60.0, _SMALLEST)
        sparse = min(max(_SPARSE * math.log(per_hour), -1.0), 0.0)
        # a rate that wanders by itself makes for long climbs, but only where many mentions carry them
        scale = _PRIOR_SCALE + _WANDERING * min(per_hour / _BUSY_PER_HOUR, 1.0)
        self._climbs.expect(_CLIMB_LOCATION + sparse + margin, scale)

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while warming up or in doubt."""
        if self._warm_up is not None or self._in_doubt:
            return None
        return self._band(seconds // MINUTE) if seconds % MINUTE == 0 else self._rate.band(seconds / MINUTE)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "detector": self.name,
            "version": _VERSION,
            "warm_up": None if self._warm_up is None else self._warm_up.snapshot(),
            "rate": self._rate.snapshot(),
            "mood": self._mood.snapshot(),
            "trail": self._trail.snapshot(),
            "start": self._start.snapshot(),
            "in_doubt": self._in_doubt,
            "stormy": self._stormy,
            "not_before": self._not_before,
            "climb": [self._climb.nats, self._climb.since],
            "windows": [maxima.snapshot() for maxima in self._windows],
            "climbs": self._climbs.snapshot(),
            "block_minutes": self._block_minutes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of this detector, or of another version.
        """
        require(state, self.name, _VERSION)
        try:
            if state["warm_up"] is None:
                self._warm_up = None
            else:
                self._fresh_warm_up.restore(state["warm_up"])
                self._warm_up = self._fresh_warm_up
            self._rate.restore(state["rate"])
            self._mood.restore(state["mood"])
            self._trail.restore(state["trail"])
            self._start.restore(state["start"])
            self._in_doubt = bool(state["in_doubt"])
            self._stormy = bool(state["stormy"])
            self._not_before = int(state["not_before"])
            nats, since = state["climb"]
            self._climb = Climb(float(nats), int(since))
            for maxima, old in zip(self._windows, state["windows"], strict=True):
                maxima.restore(old)
            self._climbs.restore(state["climbs"])
            self._block_minutes = int(state["block_minutes"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of {self.name} cannot be read: {exc!r}") from exc
        self._bands.clear()


def _deepest(number: float) -> float:
    """Where the largest of so many standard normal values most likely lies.

    Source:
        Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 3.
    """
    root = math.sqrt(2.0 * math.log(number))
    return root - (math.log(math.log(number)) + math.log(4.0 * math.pi)) / (2.0 * root)
