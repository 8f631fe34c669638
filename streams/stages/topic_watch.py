"""One topic under watch: its windows, its detectors, its episodes and what they consist of."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams.budget import Budget
from streams.claim import Claim
from streams.detectors.base import Detector, Reading
from streams.detectors.registry import SHARES, build_detectors
from streams.errors import StateCorrupted
from streams.events import Detection, Evidence, PartialCount, WindowCount
from streams.evidence.context import Context
from streams.feeds import Feeds
from streams.settings import DetectSettings, TimeSettings
from streams.stages.moment import WatchedMoment
from streams.stages.topic_feeds import TopicFeeds
from streams.topic import Topic
from streams.windows import LONGEST_SILENCE, MINUTE, Arrival, Closing, Slot, TopicWindows

_VERSION: Final = 3


class TopicWatch:
    """Folds one topic's deltas and the passing of time into window counts and detections.

    A pure function of the order in which `add` and `tick` are called; score, then decide, then learn.
    """

    def __init__(self, topic: Topic, *, time: TimeSettings, detect: DetectSettings, feeds: Feeds | None = None) -> None:
        self._topic = topic
        self._feeds = TopicFeeds(feeds or Feeds())
        self._grace = time.grace_seconds
        self._windows = TopicWindows(self._grace)
        self._detectors: tuple[Detector, ...] = build_detectors(topic, detect)
        self._settings = detect
        self._budget = self._new_budget()
        self._context = Context()
        self._live = False
        self._history = False
        self._told: dict[int, tuple[float | None, ...]] = {}
        self._begin: int | None = None
        self._afresh = False

    @property
    def is_active(self) -> bool:
        """The passing of time may change something: to be ticked every minute."""
        return self._live and (self._windows.waiting or self._budget.is_open)

    @property
    def is_live(self) -> bool:
        """It has counted mentions of the present; history comes too late."""
        return self._live

    def redefine(self, topic: Topic, *, afresh: bool) -> None:
        """Watch `topic` under its new definition from now on; counts and an episode that is going on stay.

        Args:
            afresh: It is about something else now: what was learned is forgotten, once no episode is going on.
        """
        detectors, budget = self._detectors, self._budget
        self._topic = topic
        self._detectors, self._budget = build_detectors(topic, self._settings), self._new_budget()
        for new, old in zip(self._detectors, detectors, strict=True):
            new.restore(old.snapshot())
        self._budget.restore(budget.snapshot())
        self._afresh = self._afresh or afresh
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        if self._afresh and not self._budget.is_open:
            self._detectors, self._budget = build_detectors(self._topic, self._settings), self._new_budget()
            self._windows.skip()
            self._context.skip()
            self._begin, self._afresh = None, False

    def _new_budget(self) -> Budget:
        quiet_seconds = self._settings.quiet_hours_to_end * 3600
        return Budget(pages_per_week=self._topic.pages_per_week, quiet_seconds=quiet_seconds, shares=SHARES)

    def add(self, partial: PartialCount, now: int | None) -> tuple[Arrival, list[WindowCount | Detection]]:
        """One delta. History moves the topic's time by itself; the first delta of the present ends it.

        Args:
            partial: Not history once the topic is live.
            now: Event time of the partition, whole seconds since 1970; None before it began.
        """
        told: list[WindowCount | Detection] = []
        if partial.history:
            self._history = True
            newest = self._windows.newest
            now = partial.second if newest is None else max(newest, partial.second)
            if newest is not None and now // MINUTE > newest // MINUTE:
                told += self.tick(now)
        elif not self._live:
            told += self._go_live()
        if self._windows.newest is None and self._topic.collecting_since is not None and not self._history:
            since = int(self._topic.collecting_since.timestamp())
            self._begin = max(since, partial.second - LONGEST_SILENCE)
        self._learn(now, told)
        arrival = self._windows.add(partial.second, partial.tally, now, muted=self._feeds.is_old_news(partial))
        if arrival is Arrival.ON_TIME:
            self._context.add(partial)
        if arrival is not Arrival.LOST:
            known_until = max(self._windows.newest or 0, now or 0, partial.second + partial.seconds - 1)
            self._decide(known_until, told, accepted_ms=partial.accepted_ms)
        return arrival, told

    def tick(self, now: int) -> list[WindowCount | Detection]:
        """Event time has come to `now`: close windows, learn what is final, follow what is going on."""
        told: list[WindowCount | Detection] = [self._count(closing) for closing in self._windows.closings(now)]
        self._learn(now, told)
        if self._budget.is_open:
            self._decide(max(self._windows.newest or 0, now), told, accepted_ms=0)
        self._begin_afresh()
        return told

    def _go_live(self) -> list[WindowCount | Detection]:
        """Finish history; the time between its end and now was not observed and teaches nothing."""
        told: list[WindowCount | Detection] = []
        if self._history and self._windows.newest is not None:
            end = self._windows.newest - self._windows.newest % MINUTE + MINUTE
            told += [self._count(closing) for closing in self._windows.closings(end)]
            readings = self._readings(self._windows.unlearned(), end - 1)
            if readings:
                claim = self._budget.close(end, *min(readings, key=_pages))
                if claim is not None:
                    moment = WatchedMoment(self._windows, self._detectors, self._windows.unlearned(), end - 1)
                    told.append(self._detection(claim, moment, 0))
            self._learn(int(end + self._grace) + MINUTE, told)
        if self._history:
            self._windows = TopicWindows(self._grace)
            self._context.skip()
            self._told.clear()
            self._history = False
        self._live = True
        return told

    def _learn(self, now: int | None, told: list[WindowCount | Detection]) -> None:
        for slot in self._windows.final(now, self._begin):
            if self._budget.unconfirmed(slot.start):
                self._confirm(slot, now, told)
            if self._feeds.is_unheard(slot):
                continue  # what was missing is no calm: it was not observed
            storm = self._budget.storm(slot.start)
            for detector in self._detectors:
                detector.learn_one(slot, storm=storm)
        if self._windows.learned_until is not None:
            self._context.learn(self._windows.learned_until, storm_since=self._budget.onset)

    def _confirm(self, slot: Slot, now: int | None, told: list[WindowCount | Detection]) -> None:
        at = max(self._windows.newest or 0, now or 0)
        recent = [slot, *self._windows.unlearned()]
        then = self._readings([slot], slot.start + MINUTE - 1)
        claim = self._budget.confirm(then, self._readings(recent, at))
        if claim is not None:
            told.append(self._detection(claim, WatchedMoment(self._windows, self._detectors, recent, at), 0))

    def _decide(self, at: int, told: list[WindowCount | Detection], *, accepted_ms: int) -> None:
        recent = self._windows.unlearned()
        moment = WatchedMoment(self._windows, self._detectors, recent, at)
        claims = self._budget.decide(at, self._readings(recent, at), moment)
        told.extend(self._detection(claim, moment, accepted_ms) for claim in claims)

    def _readings(self, recent: Sequence[Slot], at: int) -> list[tuple[str, Reading]]:
        readings = []
        for detector in self._detectors:
            reading = detector.score_one(recent, at)
            if reading is not None:
                readings.append((detector.name, reading))
        return readings

    def _count(self, closing: Closing) -> WindowCount:
        slot = closing.slot
        if not closing.final or slot.start not in self._told:
            self._told[slot.start] = self._verdict(slot)
            while len(self._told) > 200:
                del self._told[next(iter(self._told))]
        expected, low, high, score = self._told[slot.start]
        return WindowCount(
            topic=self._topic.id,
            start=slot.start,
            seconds=slot.seconds,
            tally=slot.tally,
            revision=closing.revision,
            expected=expected,
            low=low,
            high=high,
            score=score,
            history=not self._live,
        )

    def _verdict(self, slot: Slot) -> tuple[float | None, ...]:
        expectation = self.expected(slot.seconds)
        if expectation is None:
            return (None, None, None, None)
        end = slot.start + slot.seconds
        known = [recent for recent in self._windows.unlearned() if recent.start < end]
        volume = next(detector for detector in self._detectors if detector.expected(slot.seconds) is not None)
        reading = volume.score_one(known, end - 1)
        return (*expectation, None if reading is None else reading.score)

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions expected in `seconds`; None while warming up."""
        for detector in self._detectors:
            expectation = detector.expected(seconds)
            if expectation is not None:
                return expectation
        return None

    def _detection(self, claim: Claim, moment: WatchedMoment, accepted_ms: int) -> Detection:
        episode = _digest(self._topic.id, claim.onset.at, claim.opened)
        return Detection(
            id=_digest(episode, claim.sequence, claim.phase.value),
            episode=episode,
            sequence=claim.sequence,
            topic=self._topic.id,
            topic_revision=self._topic.revision,
            detector=claim.detector,
            phase=claim.phase,
            direction=claim.direction,
            at=datetime.fromtimestamp(moment.at, UTC),
            onset=datetime.fromtimestamp(claim.onset.at, UTC),
            onset_earliest=datetime.fromtimestamp(claim.onset.earliest, UTC),
            onset_latest=datetime.fromtimestamp(claim.onset.latest, UTC),
            score=claim.reading.score,
            false_pages_per_week=claim.reading.false_pages_per_week,
            evidence=self._evidence(claim, moment),
            accepted_ms=accepted_ms,
            history=not self._live,
        )

    def _evidence(self, claim: Claim, moment: WatchedMoment) -> Evidence:
        evidence = moment.explain(claim.detector, claim.reading).evidence
        expectation = self.expected(evidence.window_seconds)
        if expectation is not None:
            evidence = msgspec.structs.replace(
                evidence, expected=expectation[0], low=expectation[1], high=expectation[2]
            )
        since = self._windows.total(claim.onset.at, moment.at + 1)
        per_minute, velocity = moment.speed()
        evidence = msgspec.structs.replace(
            evidence, reach=since.reach, engagement=since.engagement, per_minute=per_minute, velocity=velocity
        )
        return self._context.enrich(evidence, claim.onset.at, moment.at)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "version": _VERSION,
            "live": self._live,
            "history": self._history,
            "begin": self._begin,
            "afresh": self._afresh,
            "feeds": self._feeds.snapshot(),
            "told": [[start, *verdict] for start, verdict in self._told.items()],
            "windows": self._windows.snapshot(),
            "detectors": [[detector.name, detector.snapshot()] for detector in self._detectors],
            "budget": self._budget.snapshot(),
            "context": self._context.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot; a detector that is new since then starts afresh.

        Raises:
            StateCorrupted: It is no snapshot of a watch, or of another version.
        """
        try:
            if state["version"] != _VERSION:
                raise StateCorrupted(f"expected version {_VERSION} of a topic's snapshot, found {state['version']!r}")
            self._live = bool(state["live"])
            self._history = bool(state["history"])
            self._begin = state["begin"]
            self._afresh = bool(state["afresh"])
            self._feeds.restore(state["feeds"])
            self._told = {int(start): tuple(verdict) for start, *verdict in state["told"]}
            self._windows.restore(state["windows"])
            known = dict(state["detectors"])
            for detector in self._detectors:
                if detector.name in known:
                    detector.restore(known[detector.name])
            self._budget.restore(state["budget"])
            self._context.restore(state["context"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of topic {self._topic.id!r} cannot be read: {exc!r}") from exc


def _pages(named: tuple[str, Reading]) -> float:
    return named[1].false_pages_per_week


def _digest(*parts: object) -> str:
    return hashlib.blake2b("|".join(str(part) for part in parts).encode(), digest_size=16).hexdigest()
