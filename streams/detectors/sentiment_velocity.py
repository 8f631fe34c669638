"""Sentiment: has the mood turned against the topic, faster and further than it usually moves?"""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.base import ANY_NUMBER, Explanation, Reading
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.minute_memo import MinuteMemo
from streams.detectors.mood import Mood
from streams.detectors.mood_room import room_before_fall, room_within_share
from streams.detectors.mood_stand import MoodStand, mood_stand_of, with_recent
from streams.detectors.motion import motion_of
from streams.detectors.onset import onset_of_souring
from streams.detectors.prior import NO_LEAN, Lesson, Prior
from streams.detectors.share import at_least
from streams.detectors.snapshots import require
from streams.detectors.souring import Souring, is_soured, tilt_of
from streams.detectors.souring_scores import SOURING, SouringScores
from streams.detectors.trail import MINUTES, Sums, Trail, sums_of
from streams.errors import StateCorrupted
from streams.events import Direction, Evidence
from streams.windows import MINUTE, Slot

_VERSION: Final = 7
_SCALES: Final = (30, MINUTES)
_FALLS: Final = tuple(f"fall-{minutes}" for minutes in _SCALES)
_MICRO: Final = 1_000_000
_FEWEST_SCORED: Final = 5
_FEWEST_NEGATIVE: Final = 3
_SMALLEST_TURN: Final = 0.15
_SOURING_FROM: Final = 4  # times the warm-up's mentions: a share of 50 is too uncertain to see it turn
_YOUNG_MARGIN: Final = 0.7
_SURELY: Final = 2.0  # standard errors
_LEAST_SPREAD: Final = 0.02
_PRIOR_LOCATION: Final = 2.2
_PRIOR_SCALE: Final = 0.5
_SMALLEST: Final = 1e-12
_WINDOWS: Final = 2.0  # odds are those of both: hardly a turn is found by one of them that the climb does not find
_WORTH_A_CHECK: Final = 5.0  # false pages a week
_WEEK_MINUTES: Final = 7 * 24 * 60
_CALM: Final = 1.5  # standard errors
_TELLING: Final = 8  # scored mentions in half an hour; with fewer, a soured mood looks calm
_FEWEST_LOOKS: Final = 72  # minutes with a mood to compare; near silence says nothing about how moods scatter


class SentimentVelocityDetector:
    """How far the mood has turned for the worse: mean polarity over 30 and 180 minutes, and a CUSUM of negative shares.

    The fall of the mean is measured in its standard error, which grows with the scatter of single mentions and with how
    much the mood of whole half-hours drifts by itself; it counts from 0.15 on, with five scored mentions or more, three
    of them negative, and a greater share of negative ones than usual. The CUSUM finds a greater share of negative
    mentions at any pace. What either means in false pages a week is read from the topic's own block maxima. The number
    of mentions plays no part, and all is measured against the topic's own mood: lexicons shrink shifts.

    Args:
        pages_per_week: The topic's budget; evidence much beyond it is not gathered.
        warm_up_mentions: Scored mentions before there is an opinion.
        prior: What its peers teach.
        trail: Shared with the topic's other detectors.
    """

    name = "sentiment-velocity"

    def __init__(
        self, *, pages_per_week: float, warm_up_mentions: int, prior: Prior | None = None, trail: Trail | None = None
    ) -> None:
        leans = [NO_LEAN if prior is None else prior.lean(name) for name in _FALLS]
        self._sourings = SouringScores(pages_per_week, prior)
        self._block_scored = 0
        self._warm_up_mentions = warm_up_mentions
        self.mood = Mood()  # learned last in each minute, for whoever shares it too
        self._trail = trail or Trail()
        self._windows = tuple(BlockMaxima(_PRIOR_LOCATION, _PRIOR_SCALE, lean) for lean in leans)
        self._block_minutes = 0
        self._looks = 0
        self._stormy = False
        self._not_before = 0
        self._stand: MinuteMemo[MoodStand] = MinuteMemo()

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at second `at`; None while fewer mentions were scored than the warm-up asks for."""
        if self.mood.scored < self._warm_up_mentions or self.mood.polarity is None:
            return None
        pages, seconds = float(BLOCKS_PER_WEEK), _SCALES[0] * MINUTE
        calm, scored = False, 0
        open_minute = at - at % MINUTE
        stand = self._stand.of(open_minute, self._look)
        heard = [(slot.start, sums_of(slot.tally)) for slot in recent]
        for window in stand.windows:
            sums = with_recent(window, heard)
            scored = sums[1]
            if not window.place:
                calm = self._is_calm(sums)
            if window.told:
                continue  # the last event is told already
            by_window = self._pages(window.place, sums)
            if by_window < pages:
                pages, seconds = by_window, window.minutes * MINUTE
        start = since = open_minute - seconds + MINUTE
        souring = self._sourings.through(recent, stand.tilt)
        by_share, _ = self._by_share(souring, scored)
        if by_share < pages:
            pages, since = by_share, souring.since
            start = max(since, at - at % MINUTE - (MINUTES - 1) * MINUTE)
            seconds = at - at % MINUTE - start + MINUTE
        return Reading(max(math.log(BLOCKS_PER_WEEK / pages), 0.0), pages, since, start, seconds, calm)

    def _is_calm(self, sums: Sums) -> bool:
        sour = is_soured(sums[1], sums[2], self._usual_share)
        return sums[1] >= _TELLING and not sour and self._fall(sums) < _CALM

    def _look(self, open_minute: int) -> MoodStand:
        tilt = tilt_of(self._usual_share, self._sourings.weight(self._trail.sums(MINUTES)[1]), self.mood.positive_share)
        return mood_stand_of(open_minute, _SCALES, self._trail, self._not_before, tilt)

    def room(self, recent: Sequence[Slot], at: int, pages: float) -> int | None:
        """As many as the falls of the mean and the climb have room for; any number while warming up."""
        if self.mood.scored < self._warm_up_mentions or self.mood.polarity is None:
            return ANY_NUMBER
        stand = self._stand.of(at - at % MINUTE, self._look)
        heard = [(slot.start, sums_of(slot.tally)) for slot in recent]
        room = math.inf if self._is_young else self._climb_room(recent, stand, pages)
        share = self.mood.negative_share or 0.0
        for window in stand.windows:
            sums = with_recent(window, heard)
            few = max(_FEWEST_SCORED - 1 - sums[1], _FEWEST_NEGATIVE - 1 - sums[2], room_within_share(sums, share))
            if few < room:  # else there is more than elsewhere already
                errors = self._windows[window.place].level(pages / _WINDOWS)
                room = min(room, max(few, room_before_fall(sums, self.mood, _SMALLEST_TURN, errors)))
        return int(room) if room >= 0.0 else None

    def _climb_room(self, recent: Sequence[Slot], stand: MoodStand, pages: float) -> float:
        return self._sourings.room(self._sourings.through(recent, stand.tilt), stand.tilt, pages)

    @property
    def _is_young(self) -> bool:
        return self.mood.scored < _SOURING_FROM * self._warm_up_mentions

    def _by_share(self, souring: Souring, scored: int) -> tuple[float, bool]:
        """False pages a week of the climb, and whether it is one that was told already."""
        told = souring.since < self._not_before
        deaf = told or self._is_young or scored < _FEWEST_NEGATIVE
        return (float(BLOCKS_PER_WEEK) if deaf else self._sourings.pages(souring)), told

    @property
    def _usual_share(self) -> float:
        """Share of negative mentions, taken for as high as it may well be: a young topic's is not known well."""
        share = self.mood.negative_share or 0.0
        return share + _SURELY * math.sqrt((share * (1.0 - share) + _LEAST_SPREAD) / max(self.mood.scored, 1))

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """The window's mood beside the usual one. This detector knows no rate: what is expected is what was seen."""
        sums = self._trail.window(recent, reading.window_start)
        mentions = float(sums[0])
        evidence = Evidence(
            observed=sums[0],
            expected=mentions,
            low=mentions,
            high=mentions,
            window_seconds=reading.window_seconds,
            **self.mood.compared(sums),
            **motion_of(self._trail, recent, reading.window_start + reading.window_seconds),
        )
        at = reading.window_start + reading.window_seconds - 1
        begin = max(at - at % MINUTE - (MINUTES - 1) * MINUTE, self._not_before)
        counts = [(start, known[1], known[2]) for start, known in self._trail.minutes_since(begin)]
        counts += [(slot.start, slot.tally.scored, slot.tally.negative) for slot in recent if slot.start >= begin]
        onset = onset_of_souring(counts, begin, at, self.mood.negative_share or 0.0)
        return Explanation(Direction.CRISIS, evidence, onset)

    def weigh(self, recent: Sequence[Slot], at: int) -> tuple[Weighed, ...]:
        """The falls of the mean, in standard errors, and the climb of the negative share, in nats."""
        if self.mood.scored < self._warm_up_mentions or self.mood.polarity is None:
            return ()
        weighed, scored = [], 0
        stand = self._look(at - at % MINUTE)
        heard = [(slot.start, sums_of(slot.tally)) for slot in recent]
        for window in stand.windows:
            sums, told = with_recent(window, heard), window.told
            scored = sums[1]
            mean = sums[3] / _MICRO / scored if scored > 0 else self.mood.polarity
            pages = float(BLOCKS_PER_WEEK) if told else self._pages(window.place, sums)
            name, maxima = f"mood of {window.minutes} minutes", self._windows[window.place]
            weighed.append(maxima.weighed(name, mean, self.mood.polarity, self._fall(sums), pages, told=told))
        souring = self._sourings.through(recent, stand.tilt)
        pages, told = self._by_share(souring, scored)
        weighed.append(self._sourings.weighed(souring, pages, told=told))
        return tuple(weighed)

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn one final minute; in a storm only how high scores can get."""
        self._stand.forget()
        self._trail.append(slot)
        if self._stormy and not storm:
            self._not_before = slot.start
        self._stormy = storm
        warm = self.mood.scored >= self._warm_up_mentions
        if not warm:
            self._block_minutes += 1
        else:
            if slot.tally.mentions > slot.tally.unscored:
                windows = [self._trail.sums(minutes) for minutes in _SCALES]
                self._looks += windows[-1][1] >= _FEWEST_SCORED
                weight = self._sourings.weight(windows[-1][1])
                self._sourings.learn((slot,), self._usual_share, weight, self.mood.positive_share)
                self._block_scored += slot.tally.scored
                for sums, maxima in zip(windows, self._windows, strict=True):
                    maxima.add(self._fall(sums))
            elif self._sourings.souring.nats > 0.0 and not self._trail.mentions(MINUTES):
                self._sourings.forget()  # three silent hours: whatever comes is another story
            if not storm:
                self._sourings.learn_mood(slot, self.mood.negative_share or 0.0)
            self._block_minutes += 1
            if self._block_minutes >= BLOCK_MINUTES and self._looks >= _FEWEST_LOOKS:
                self._block_minutes = self._looks = 0
                self._sourings.expect(self._block_scored)
                self._block_scored = 0
                self._sourings.close_block()
                for maxima in self._windows:
                    maxima.close_block()
        self.mood.learn(slot, storm=storm)
        if not warm and self.mood.scored >= self._warm_up_mentions:
            # until the first half day is over: as many as came in the warm-up, and a rhythm that was not seen yet
            self._block_scored = self.mood.scored * BLOCK_MINUTES // max(self._block_minutes, 1)
            self._sourings.expect(self._block_scored, _YOUNG_MARGIN)
            self._block_minutes = self._block_scored = 0

    def _fall(self, sums: Sums) -> float:
        """Standard errors below usual; 0 where too few mentions were scored."""
        scored = sums[1]
        if scored < _FEWEST_SCORED or self.mood.polarity is None:
            return 0.0
        return (self.mood.polarity - sums[3] / _MICRO / scored) / self.mood.error(scored)

    def _pages(self, index: int, sums: Sums) -> float:
        _, scored, negative, polarity, _ = sums
        usual = self.mood.polarity
        if scored < _FEWEST_SCORED or negative < _FEWEST_NEGATIVE or usual is None:
            return BLOCKS_PER_WEEK
        turned = usual - polarity / _MICRO / scored >= _SMALLEST_TURN
        if not turned or negative <= scored * (self.mood.negative_share or 0.0):
            return BLOCKS_PER_WEEK
        pages = self._windows[index].false_pages_per_week(self._fall(sums))
        if pages < _WORTH_A_CHECK:  # never taken for rarer than independent mentions make it
            by_chance = _WEEK_MINUTES / _SCALES[index] * at_least(negative, scored, self.mood.negative_share or 0.0)
            pages = max(pages, by_chance)
        return max(min(_WINDOWS * pages, BLOCKS_PER_WEEK), _SMALLEST)

    def lesson(self) -> Lesson | None:
        """What peers may learn of this topic's moods; None before a week of calibrated half days."""
        souring = self._sourings.lean
        if souring is None:
            return None  # all of them close their half days together
        falls = {name: maxima.lean for name, maxima in zip(_FALLS, self._windows, strict=True)}
        return Lesson({SOURING: souring, **{name: lean for name, lean in falls.items() if lean is not None}})

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """None: mentions are not what this detector counts."""
        del seconds
        return None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "detector": self.name,
            "version": _VERSION,
            "mood": self.mood.snapshot(),
            "trail": self._trail.snapshot(),
            "windows": [maxima.snapshot() for maxima in self._windows],
            "block_minutes": self._block_minutes,
            "looks": self._looks,
            "stormy": self._stormy,
            "not_before": self._not_before,
            "sourings": self._sourings.snapshot(),
            "block_scored": self._block_scored,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of this detector, or of another version.
        """
        require(state, self.name, _VERSION)
        self._stand.forget()
        try:
            self.mood.restore(state["mood"])
            self._trail.restore(state["trail"])
            for maxima, old in zip(self._windows, state["windows"], strict=True):
                maxima.restore(old)
            self._block_minutes = int(state["block_minutes"])
            self._looks = int(state["looks"])
            self._stormy = bool(state["stormy"])
            self._not_before = int(state["not_before"])
            self._sourings.restore(state["sourings"])
            self._block_scored = int(state["block_scored"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of {self.name} cannot be read: {exc!r}") from exc
