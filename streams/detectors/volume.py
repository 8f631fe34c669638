"""Volume: are there more mentions than this topic's own past makes likely, at any time scale?"""

import math
from collections.abc import Sequence
from typing import Any, Final

from streams.basis import Weighed
from streams.detectors.base import ANY_NUMBER, Explanation, Reading
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK
from streams.detectors.climb import Climb
from streams.detectors.climb_scores import CLIMB, ClimbScores
from streams.detectors.collection_start import CollectionStart, Jump
from streams.detectors.last_day import LastDay
from streams.detectors.mood import Mood
from streams.detectors.open_minute import OpenMinute
from streams.detectors.prior import Lesson, Prior, Scatter
from streams.detectors.rate import Rate
from streams.detectors.snapshots import require
from streams.detectors.trail import MINUTES, Trail
from streams.detectors.volume_evidence import explanation_of
from streams.detectors.warm_up import WarmUp
from streams.detectors.window_scores import SCALES, WindowScores
from streams.detectors.window_stand import HALF_HOUR, TELLING, is_calm, rarest, rate_lately, through
from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot

_VERSION: Final = 7
_YOUNG_MARGIN: Final = 0.5  # a day not seen yet may hold a daily rhythm
_WORTH_A_CHECK: Final = 5.0  # false pages a week; above, nobody needs to ask whether collection began
_BLOCKS_OF_A_YOUNG_TOPIC: Final = 288
_BLOCKS_OF_A_CHANGE: Final = 48  # four hours: sooner no rhythm of the day comes that far
_BLOCKS_TO_THE_NEXT: Final = 12  # until the margin is looked at again
_WITH_PEERS: Final = 10  # mentions that prove collection where its peers tell how such a topic behaves


class VolumeDetector:
    """How improbable the topic's counts are: in windows of 1, 5, 30 and 180 minutes, by a CUSUM per delta, over a day.

    The rarest of these scores decides; `WindowScores`, `ClimbScores` and `FewMentions` tell what each means in false
    pages a week. Where a topic that hardly spoke is suddenly loud and its baseline is unproven, there is no opinion
    until `CollectionStart` has one.

    Args:
        pages_per_week: The topic's budget, > 0; evidence much beyond it is not gathered, so that the next event shows.
        warm_up_mentions: Mentions that prove collection.
        warm_up_days: Days that prove it where mentions are few.
        prior: What its peers teach; with it there is an opinion after ten mentions.
        collected: It is known from when on the sources deliver everything.
        trail: Shared with the topic's other detectors, which learn each minute after this one.

    Source:
        Page 1954 (see `climb`), Hosking 1990 (see `block_maxima`), Alm 1983 (see `scan`).
    """

    name = "volume"

    def __init__(
        self,
        *,
        pages_per_week: float,
        warm_up_mentions: int,
        warm_up_days: float,
        collected: bool,
        prior: Prior | None = None,
        trail: Trail | None = None,
    ) -> None:
        self._pages_per_week = pages_per_week
        self._prior = prior
        self._warms_up = warm_up_mentions if prior is None else min(_WITH_PEERS, warm_up_mentions), warm_up_days
        self._collected = collected
        self._warm_up: WarmUp | None = WarmUp(*self._warms_up, collected=collected)
        self._mood, self._learns_mood = Mood(), True
        self._trail = trail or Trail()
        self._start = CollectionStart(warm_up_mentions, warm_up_days)
        if collected:
            self._start.believe()
        self._in_doubt, self._not_before = False, 0
        self._know_nothing()

    def share_mood(self, mood: Mood) -> None:
        """Go by this one, which a detector of the same topic learns after this one."""
        self._mood, self._learns_mood = mood, False

    def _know_nothing(self) -> None:
        self._rate, self._day = Rate(self._prior), LastDay(self._prior)
        self._climbs = ClimbScores(self._pages_per_week, _YOUNG_MARGIN, self._prior)
        self._windows = WindowScores(self._prior)
        self._block_minutes = 0
        self._open = OpenMinute(self._trail, self._rate, self._windows)

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at second `at`; None while warming up, and where collection may just have begun."""
        if self._warm_up is not None:
            return None
        open_minute = at - at % MINUTE
        stand = self._open.stand(open_minute, self._not_before)
        climb = self._climbs.through(recent, self._trail.end, at, stand.lately)
        pages = self._climb_pages(climb)
        start = max(climb.since - climb.since % MINUTE, open_minute - (MINUTES - 1) * MINUTE)
        since, seconds = max(start, climb.since), at - start + 1
        mentions = through(stand.finals, open_minute, recent)
        by_window, place = rarest(stand, mentions, self._windows, self._rate)
        if place is not None and by_window < pages:
            pages, start, seconds = by_window, stand.begin(place), SCALES[place] * MINUTE
            since = max(start, climb.since) if climb.nats > 0.0 else start
        by_day, begin = self._day.pages(recent, open_minute, self._rate, self._not_before)
        if by_day < pages:
            pages, start, seconds, since = by_day, begin, open_minute - begin + MINUTE, max(begin, climb.since)
        if pages < _WORTH_A_CHECK and not self._start.is_proven:
            jump = self._start.judge(recent, at, self._rate.level).jump
            if jump in {Jump.OPEN, Jump.STAYS}:
                return None
        score = max(math.log(BLOCKS_PER_WEEK / pages), 0.0)
        return Reading(score, pages, since, start, seconds, is_calm(stand, mentions))

    def room(self, recent: Sequence[Slot], at: int, pages: float) -> int | None:
        """As many as every window, the climb and the day have room for; any number while warming up."""
        if self._warm_up is not None:
            return ANY_NUMBER
        open_minute = at - at % MINUTE
        room, lately = self._open.room(open_minute, recent, pages)
        if room >= 0.0:
            room = min(room, self._climbs.room(self._climbs.through(recent, self._trail.end, at, lately), pages))
        if room >= 0.0:
            room = min(room, self._day.room(recent, open_minute, self._rate, self._not_before, pages))
        return int(room) if room >= 0.0 else None

    def _climb_pages(self, climb: Climb) -> float:
        told = climb.since < self._not_before and self._rate.per_minute * HALF_HOUR >= TELLING
        return BLOCKS_PER_WEEK if told else self._climbs.pages(climb, self._rate.per_minute)

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """The counts of the deciding window beside the usual ones, and whether it is anger or joy."""
        return explanation_of(
            reading,
            recent,
            trail=self._trail,
            day=self._day,
            rate=self._rate,
            mood=self._mood,
            not_before=self._not_before,
        )

    def weigh(self, recent: Sequence[Slot], at: int) -> tuple[Weighed, ...]:
        """The four windows, the climb and the day, as `score_one` sees them; empty while warming up."""
        if self._warm_up is not None:
            return ()
        stand = self._open.stand(at - at % MINUTE, self._not_before)
        climb = self._climbs.through(recent, self._trail.end, at, stand.lately)
        weighed = [self._climbs.weighed(climb, self._climb_pages(climb))]
        for place, mentions in enumerate(through(stand.finals, stand.open_minute, recent)):
            weighed.append(self._windows.weighed(place, mentions, self._rate, told=stand.is_told(place)))
        weighed.append(self._day.weighed(recent, stand.open_minute, self._rate, self._not_before))
        return tuple(weighed)

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn one final minute; in a storm only how high scores can get."""
        self._open.learned()
        if self._learns_mood:
            self._mood.learn(slot, storm=storm)
        if self._warm_up is not None:
            self._trail.append(slot)
            if self._warm_up.add(slot.start, slot.tally.mentions):
                self._begin(*self._warm_up.baseline())
                self._warm_up = None
            return
        if slot.start != self._trail.end:
            self._climbs.climb = Climb()
            self._day.clear(slot.start)
        if self._day.follow(slot.start, storm=storm):
            self._not_before = slot.start
            if self._day.tell(slot.start, self._rate, lately=self._trail.mentions(MINUTES) / MINUTES):
                self._begin_anew()
        self._trail.append(slot)
        if not self._start.is_proven and (slot.tally.mentions or storm or self._in_doubt):
            self._prove(slot, storm=storm)  # silence proves nothing
        self._absorb(slot, storm=storm or self._in_doubt)

    def _begin_anew(self) -> None:
        self._revise_priors()
        self._open.revised()

    def _prove(self, slot: Slot, *, storm: bool) -> None:
        self._start.add(slot.start, slot.tally.mentions, storm=storm)
        if slot.tally.mentions <= 0 and not self._in_doubt:
            return
        end = slot.start + MINUTE
        verdict = self._start.judge((), end - 1, self._rate.level)
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
        mentions, passed = sum(minutes.values()), (end - begin) / MINUTE
        borrowed = 0.0 if self._prior is None else self._prior.rate_after(mentions, passed)
        self._rate.begin(max(mentions / passed, borrowed))  # peers may call for caution, never for less of it
        for start in range(begin, end, MINUTE):
            self._rate.learn(start, minutes.get(start, 0), storm=False)
        self._revise_priors()

    def _absorb(self, slot: Slot, *, storm: bool) -> None:
        """What the minute teaches, measured against what was usual before it."""
        start, mentions = slot.start, slot.tally.mentions
        if mentions:
            tails = self._trail.tails(SCALES)
            self._climbs.learn(start, mentions, rate_lately(tails[-1], self._rate))
            self._day.add(slot, self._rate)
            self._windows.learn(tails, self._rate)
        elif self._climbs.climb.nats:
            self._climbs.learn(start, mentions, rate_lately(self._trail.mentions(MINUTES), self._rate))
        self._block_minutes += 1
        if self._block_minutes >= BLOCK_MINUTES:
            self._block_minutes = 0
            self._windows.close_block()
            self._climbs.close_block()
            self._day.close_block()
            self._open.recalibrated()
        end = start + MINUTE
        if not storm and self._day.settle(end, self._rate, self._not_before, self._pages_per_week):
            self._begin_anew()
        if self._rate.learn(start, mentions, storm=storm):
            self._open.revised()
            if self._rate.blocks % 12 == 0:
                self._revise_priors()

    def _revise_priors(self) -> None:
        self._open.recalibrated()
        margin = _YOUNG_MARGIN * max(0.0, 1.0 - self._rate.blocks / _BLOCKS_OF_A_YOUNG_TOPIC)
        moved = min((self._rate.blocks + _BLOCKS_TO_THE_NEXT) / _BLOCKS_OF_A_CHANGE, 1.0)
        self._windows.expect(self._rate, margin * moved)
        self._climbs.expect(self._rate.level, margin)
        self._day.expect(self._rate, margin)

    def lesson(self) -> Lesson | None:
        """What peers may learn of this topic; None before a week of calibrated half days."""
        lean = self._climbs.lean
        if self._warm_up is not None or lean is None:
            return None
        leans = {CLIMB: lean, **self._windows.leans(), **self._day.leans()}
        return Lesson(leans, Scatter(self._rate.level, *self._rate.clumpings, self._rate.dispersion))

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while warming up or in doubt."""
        if self._warm_up is not None or self._in_doubt:
            return None
        return self._open.band(seconds // MINUTE) if seconds % MINUTE == 0 else self._rate.band(seconds / MINUTE)

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
            "not_before": self._not_before,
            "climbs": self._climbs.snapshot(),
            "windows": self._windows.snapshot(),
            "day": self._day.snapshot(),
            "block_minutes": self._block_minutes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of this detector, or of another version.
        """
        require(state, self.name, _VERSION)
        self._open.revised()
        try:
            self._warm_up = WarmUp(*self._warms_up, collected=self._collected) if state["warm_up"] is not None else None
            if self._warm_up is not None:
                self._warm_up.restore(state["warm_up"])
            self._rate.restore(state["rate"])
            self._mood.restore(state["mood"])
            self._trail.restore(state["trail"])
            self._start.restore(state["start"])
            self._in_doubt, self._not_before = bool(state["in_doubt"]), int(state["not_before"])
            self._climbs.restore(state["climbs"])
            self._windows.restore(state["windows"])
            self._day.restore(state["day"])
            self._block_minutes = int(state["block_minutes"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of {self.name} cannot be read: {exc!r}") from exc
