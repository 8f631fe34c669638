"""One topic under watch: its windows, its detectors, its episodes and what they consist of."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from streams.basis import Basis
from streams.budget import Budget
from streams.charges import Charges
from streams.claim import Claim, rarest
from streams.detectors.base import Reading
from streams.detectors.prior import Lesson, Prior
from streams.detectors.registry import SHARES, build_detectors, lesson_of, restore_detectors
from streams.errors import StateCorrupted
from streams.events import Detection, PartialCount, WindowCount
from streams.evidence.context import Context
from streams.feeds import Feeds
from streams.settings import DetectSettings, TimeSettings
from streams.stages.detail import FULL, Detail
from streams.stages.hole import is_hole
from streams.stages.last_look import LastLook
from streams.stages.moment import WatchedMoment
from streams.stages.telling import count_of, detection_of, watched_of
from streams.stages.told_verdicts import ToldVerdicts, Verdict
from streams.stages.topic_feeds import TopicFeeds
from streams.topic import Topic
from streams.watch_tier import Step, WatchTier
from streams.watched import Unwatched, Watched
from streams.windows import LONGEST_SILENCE, MINUTE, Arrival, Slot, TopicWindows

_VERSION: Final = 5
_MOST_AHEAD: Final = 86_400  # a past that goes on for a day beyond the present was dated wrongly, and is forgotten

Told = WindowCount | Detection | Watched | Unwatched


class TopicWatch:
    """Folds one topic's deltas and the passing of time into window counts and detections.

    A pure function of the order in which `add` and `tick` are called; score, then decide, then learn.

    Args:
        prior: What its peers teach.
        detail: How much is told of what is decided.
    """

    def __init__(
        self,
        topic: Topic,
        *,
        time: TimeSettings,
        detect: DetectSettings,
        feeds: Feeds | None = None,
        prior: Prior | None = None,
        detail: Detail = FULL,
    ) -> None:
        self._topic, self._prior, self._detail = topic, prior, detail
        self._feeds = TopicFeeds(feeds or Feeds())
        self._grace, self._windows = time.grace_seconds, TopicWindows(time.grace_seconds)
        self._settings, self._detectors = detect, build_detectors(topic, detect, prior)
        self._charges = Charges(SHARES, topic.caution)
        self._budget, self._tier = self._new_budget(), WatchTier(topic.pages_per_week, topic.caution)
        self.context = Context(detect.folded_themes)
        self._live = self._history = self._afresh = False
        self._verdicts, self._last_look = ToldVerdicts(), LastLook()
        self._begin: int | None = None

    @property
    def is_active(self) -> bool:
        """The passing of time may change something: to be ticked every minute."""
        return self._live and (self._windows.waiting or self._budget.is_open or self._tier.is_on)

    @property
    def is_live(self) -> bool:
        """It has counted mentions of the present; history comes too late."""
        return self._live

    def name(self, own_words: Sequence[str]) -> None:
        """Its query names these words, as they stand in a definition: they tell nothing."""
        self.context.mean(own_words)

    def redefine(self, topic: Topic, *, afresh: bool) -> None:
        """Watch `topic` under its new definition from now on; counts and an episode that is going on stay.

        Args:
            afresh: It is about something else now: what was learned is forgotten, once no episode is going on.
        """
        detectors, budget, tier = self._detectors, self._budget, self._tier
        self._topic = topic
        self._charges, self._tier = Charges(SHARES, topic.caution), WatchTier(topic.pages_per_week, topic.caution)
        self._tier.restore(tier.snapshot())
        self._detectors, self._budget = build_detectors(topic, self._settings, self._prior), self._new_budget()
        restore_detectors(self._detectors, [(old.name, old.snapshot()) for old in detectors])
        self._budget.restore(budget.snapshot())
        self._last_look.forget()
        self._afresh = self._afresh or afresh
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        if self._afresh and not self._budget.is_open:
            self._detectors = build_detectors(self._topic, self._settings, self._prior)
            self._budget = self._new_budget()
            self._windows.skip()
            self.context.skip()
            self._last_look.forget()
            self._begin, self._afresh = None, False

    def _new_budget(self) -> Budget:
        quiet_seconds = self._settings.quiet_hours_to_end * 3600
        return Budget(pages_per_week=self._topic.pages_per_week, quiet_seconds=quiet_seconds, charges=self._charges)

    def add(self, partial: PartialCount, now: int | None) -> tuple[Arrival, list[Told]]:
        """One delta. History moves the topic's time by itself; the first delta of the present ends it.

        Args:
            partial: Not history once the topic is live.
            now: Event time of the partition, whole seconds since 1970; None before it began.
        """
        hole = partial.history and is_hole(self._windows.learned_until, partial.second, self.expected)
        told = self._break_off() if hole else []
        if partial.history:
            self._history = True
            newest = self._windows.newest or partial.second
            if (now := max(newest, partial.second)) // MINUTE > newest // MINUTE:
                told += self.tick(now)
        elif not self._live:
            told += self._go_live(partial.second)
        if self._windows.newest is None and self._topic.collecting_since is not None and not self._history:
            since = int(self._topic.collecting_since.timestamp())
            self._begin = max(since, partial.second - LONGEST_SILENCE)
        self._learn(now, told)
        muted = self._feeds.is_old_news(partial)
        arrival = self._windows.add(partial.second, partial.tally, now, muted=muted, member=partial.member)
        if arrival is Arrival.ON_TIME and self._detail.evidence:
            self.context.add(partial)
        if arrival is not Arrival.LOST:
            known_until = max(self._windows.newest or 0, now or 0, partial.second + partial.seconds - 1)
            if not self._last_look.has_room(known_until, partial.tally):
                self._decide(known_until, told, accepted_ms=partial.accepted_ms)
        return arrival, told

    def tick(self, now: int) -> list[Told]:
        """Event time has come to `now`: close windows, learn what is final, follow what is going on."""
        self._learn(now, told := self._counts(now))
        if self._budget.is_open or self._tier.is_on:
            self._decide(max(self._windows.newest or 0, now), told, accepted_ms=0)
        self._begin_afresh()
        return told

    def _go_live(self, present: int) -> list[Told]:
        """Finish history; the time between its end and now was not observed and teaches nothing."""
        told: list[Told] = []
        if self._history:
            self._afresh = self._afresh or (self._windows.newest or 0) > present + _MOST_AHEAD
            told = self._break_off()
            self._begin_afresh()
        self._live, self._history = True, False
        return told

    def _break_off(self) -> list[Told]:
        """Finish what was heard: the time until more is heard was not observed and teaches nothing."""
        told: list[Told] = []
        if self._windows.newest is not None:
            end = self._windows.newest - self._windows.newest % MINUTE + MINUTE
            told += self._counts(end)
            moment = WatchedMoment(self._windows, self._detectors, self._windows.unlearned(), end - 1)
            if readings := moment.readings():
                self._tell(self._budget.close(end, *rarest(readings)), moment, told)
            self._learn(int(end + self._grace) + MINUTE, told)
        self._windows, self._verdicts, self._last_look = TopicWindows(self._grace), ToldVerdicts(), LastLook()
        self.context.skip()
        return told

    def _learn(self, now: int | None, told: list[Told]) -> None:
        budget, live = self._budget, self._live
        for slot in () if self._windows.is_learned(now) else self._windows.final(now, self._begin):
            self._last_look.forget()
            if budget.is_open and budget.unconfirmed(slot.start):
                self._confirm(slot, now, told)
            if self._feeds.is_unheard(slot):
                continue  # what was missing is no calm: it was not observed
            if live and budget.is_open and budget.is_count_due(end := slot.start + MINUTE):
                self._tell(budget.count(end, (then := self._end_of(slot)).readings()), then, told)
            storm = budget.storm(slot.start)
            for detector in self._detectors:
                detector.learn_one(slot, storm=storm)
        if self._detail.evidence and self._windows.learned_until is not None:
            self.context.learn(self._windows.learned_until, storm_since=budget.onset)

    def _confirm(self, slot: Slot, now: int | None, told: list[Told]) -> None:
        at = max(self._windows.newest or 0, now or 0)
        moment = WatchedMoment(self._windows, self._detectors, [slot, *self._windows.unlearned()], at)
        self._tell(self._budget.confirm(self._end_of(slot).readings(), moment.readings()), moment, told)

    def _end_of(self, slot: Slot) -> WatchedMoment:
        """The last second of a minute that has just become final, before anything is learned from it."""
        return WatchedMoment(self._windows, self._detectors, [slot], slot.start + MINUTE - 1)

    def _decide(self, at: int, told: list[Told], *, accepted_ms: int) -> None:
        moment = WatchedMoment(self._windows, self._detectors, self._windows.unlearned(), at)
        rare = max(self._tier.asks_below, self._charges.uncharged(self._topic.pages_per_week))
        asked_anyway = self._detail.counts and at % MINUTE == MINUTE - 1  # when its minute closes
        if not (asked_anyway or self._budget.is_open or self._tier.is_on) and self._last_look.finds_room(moment, rare):
            return
        readings = moment.readings()
        self._last_look.saw(moment)
        told.extend(self._detection(claim, moment, accepted_ms) for claim in self._budget.decide(at, readings, moment))
        if self._live and self._tier.is_worth_asking(readings):
            self._look_below(readings, moment, told)

    def _look_below(self, readings: Sequence[tuple[str, Reading]], moment: WatchedMoment, told: list[Told]) -> None:
        rare = rarest(charged) if (charged := self._charges.charged(readings)) else None
        step = self._tier.decide(moment.at, None if rare is None else rare[1], paged=self._budget.is_open)
        if step is Step.EASED:
            told.append(Unwatched(self._topic.id))
        elif step is not None and rare is not None:
            since, direction = self._tier.since or moment.at, moment.direction(*rare)
            evidence = self.context.drivers(*moment.counted(*rare, rare[1].since, self.expected), moment.at)
            told.append(watched_of(self._topic, since, moment.at, rare, evidence, direction, self._basis(moment)))

    def lesson(self) -> Lesson | None:
        """What a new topic may borrow of this one; None before its past is proven."""
        return lesson_of(self._detectors)

    @property
    def is_watched(self) -> bool:
        """It stands on the watch list."""
        return self._tier.is_on

    def _counts(self, now: int) -> list[Told]:
        closings, told = self._windows.closings(now, told=self._detail.counts), self._verdicts
        return [count_of(self._topic, one, told.of(one, self._verdict), history=not self._live) for one in closings]

    def _verdict(self, slot: Slot) -> Verdict:
        if (expectation := self.expected(slot.seconds)) is None:
            return (None, None, None, None)
        moment = self._last_look.at_end_of(slot, self._windows, self._detectors)
        return (*expectation, moment.score_of_counts(slot.seconds))

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while warming up."""
        expected = (detector.expected(seconds) for detector in self._detectors)
        return next((one for one in expected if one is not None), None)

    def _tell(self, claim: Claim | None, moment: WatchedMoment, told: list[Told]) -> None:
        if claim is not None:
            told.append(self._detection(claim, moment, 0))

    def _detection(self, claim: Claim, moment: WatchedMoment, accepted_ms: int) -> Detection:
        evidence, event = moment.counted(claim.detector, claim.reading, claim.onset.at, self.expected)
        if self._detail.evidence:
            evidence = self.context.enrich(evidence, event, moment.at)
        basis, past = self._basis(moment), not self._live
        return detection_of(self._topic, claim, moment.at, evidence, basis, accepted_ms=accepted_ms, history=past)

    def _basis(self, moment: WatchedMoment) -> Basis:
        return self._charges.basis(self._topic.pages_per_week, moment.readings(), moment.weigh)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "version": _VERSION,
            "live": self._live,
            "history": self._history,
            "begin": self._begin,
            "afresh": self._afresh,
            "prior": None if self._prior is None else msgspec.to_builtins(self._prior),
            "feeds": self._feeds.snapshot(),
            "told": self._verdicts.snapshot(),
            "windows": self._windows.snapshot(),
            "detectors": [[detector.name, detector.snapshot()] for detector in self._detectors],
            "budget": self._budget.snapshot(),
            "tier": self._tier.snapshot(),
            "context": self.context.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot; a detector that is new since then starts afresh.

        Raises:
            StateCorrupted: It is no snapshot of a watch, or of another version.
        """
        try:
            if state["version"] != _VERSION:
                raise StateCorrupted(f"expected version {_VERSION} of a topic's snapshot, found {state['version']!r}")
            self._live, self._history = bool(state["live"]), bool(state["history"])
            self._begin, self._afresh = state["begin"], bool(state["afresh"])
            self._feeds.restore(state["feeds"])
            self._last_look.forget()
            self._verdicts.restore(state["told"])
            self._windows.restore(state["windows"])
            self._prior = None if state["prior"] is None else msgspec.convert(state["prior"], Prior)
            self._detectors = build_detectors(self._topic, self._settings, self._prior)
            restore_detectors(self._detectors, state["detectors"])
            self._budget.restore(state["budget"])
            self._tier.restore(state.get("tier"))
            self.context.restore(state["context"])
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of topic {self._topic.id!r} cannot be read: {exc!r}") from exc
