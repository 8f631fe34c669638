"""Is each platform, and each source partition, alive?"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import Detection, Direction, Evidence, Phase, Watermark
from streams.feed_gaps import MAX_FEEDS, FeedGaps
from streams.feed_minutes import FeedMinutes
from streams.feed_report import FeedKind, FeedReading, FeedReport, FeedState
from streams.feed_watch import SHORTEST_SILENCE, FeedWatch

PREFIX: Final = "feed/"
QUIET: Final = "feed quiet"
STALLED: Final = "feed stalled"
STALLED_SECONDS: Final = 300

_ODD: Final = re.compile(r"[^\w .:-]")
LEAP_SECONDS: Final = 120  # of time that nobody saw pass: the stream was away, or a backlog has a hole


class Feeds:
    """Watches arrivals as the watermarks tell them, and says which feed fell quiet and which delivers again.

    A platform that falls silent is `feed quiet`, and so is a source partition that goes on but brings nothing while
    another one does and no platform's silence explains it. A platform is silent up to where every partition has come, a
    partition up to where it has come itself: in a backlog they are hours apart. A source partition of which nothing is
    heard at all, no watermark either, while others go on for five minutes of processing time is `feed stalled`. All are
    detections about the topic `feed/...`, with a direction of their own. A pure function of the log.
    """

    def __init__(self) -> None:
        self._platforms: dict[str, FeedWatch] = {}
        self._partitions: dict[str, FeedWatch] = {}
        self._sources: dict[str, tuple[int, int | None]] = {}
        self._reached: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._gaps, self._partition_gaps = FeedGaps(), FeedGaps()
        self._minutes, self._partition_minutes = FeedMinutes(), FeedMinutes()
        self._closed: int | None = None
        self._newest: int | None = None

    def observe(self, watermark: Watermark) -> list[Detection]:
        """Take in one watermark; answers what fell quiet or came back with it."""
        told: list[Detection] = []
        self._closed = None
        if watermark.event_ms is None:
            return told
        at = watermark.event_ms // 1000
        before = self._newest
        self._newest = now = at if before is None else max(before, at)
        self._closed = self._minutes.turn(now)
        self._partition_minutes.turn(now)
        if before is not None and at - before > LEAP_SECONDS:
            for watch in (*self._platforms.values(), *self._partitions.values()):
                watch.skip(at - before)
            self._sources = {name: (at, stalled) for name, (_, stalled) in self._sources.items()}
        for platform, mentions in watermark.arrivals.items():
            told += self._arrived(platform, mentions, at)
        told += self._heard(watermark.source, sum(watermark.arrivals.values()), at, now)
        told += self._falling_quiet()
        return told + self._stalling(watermark.source, watermark.told_ms // 1000 or now, now)

    def report(self) -> FeedReport | None:
        """Every feed at the end of the minute that was over with the last watermark; None between two minutes."""
        if self._closed is None:
            return None
        readings = [
            *(self._reading(FeedKind.PLATFORM, name, watch) for name, watch in sorted(self._platforms.items())),
            *(self._reading(FeedKind.PARTITION, name, self._partitions.get(name)) for name in sorted(self._sources)),
        ]
        return FeedReport(self._closed, tuple(readings))

    def catching_up(self, platforms: Iterable[str], second: int) -> bool:
        """Whether one of them, or a partition, came back so lately that what is delayed tells of its absence."""
        return self._gaps.catching_up(platforms, second) or self._partition_gaps.anybody_catching_up(second)

    def missing(self, platforms: Iterable[str], second: int) -> bool:
        """Whether one of them was known to be silent then."""
        for platform in platforms:
            watch = self._platforms.get(platform)
            if watch is not None and watch.quiet_since is not None and watch.quiet_since <= second:
                return True
            if self._gaps.silent(platform, second):
                return True
        return False

    def _arrived(self, platform: str, mentions: int, at: int) -> list[Detection]:
        watch = self._platforms.get(platform)
        if watch is None:
            if len(self._platforms) >= MAX_FEEDS:
                self._forget_one()
            watch = self._platforms[platform] = FeedWatch(at)
        self._minutes.arrived(platform, mentions)
        return _back(platform, watch, self._gaps, mentions, at)

    def _heard(self, source: str, mentions: int, at: int, now: int) -> list[Detection]:
        told: list[Detection] = []
        before, stalled = self._sources.get(source, (now, None))
        self._sources[source] = now, None
        self._reached[source] = max(at, self._reached.get(source, at))
        if stalled is not None:
            told.append(_detection(source, STALLED, Phase.ENDED, before, stalled, now, _nothing(before, now)))
        if mentions:
            watch = self._partitions.get(source)
            if watch is None:
                watch = self._partitions[source] = FeedWatch(at)
            self._partition_minutes.arrived(source, mentions)
            told += _back(source, watch, self._partition_gaps, mentions, at)
        return told

    def _stalling(self, source: str, second: int, now: int) -> list[Detection]:
        """Who has told nothing for so long, by the clocks of those who tell."""
        newest = max(self._told.values(), default=second)
        if second - newest > LEAP_SECONDS:  # nobody told anything: that is held against none
            self._told = dict.fromkeys(self._told, second)
        self._told[source] = max(second, self._told.get(source, second))
        told: list[Detection] = []
        for name, (heard, stalled) in self._sources.items():
            if stalled is None and second - self._told.setdefault(name, second) >= STALLED_SECONDS:
                self._sources[name] = heard, now
                told.append(_detection(name, STALLED, Phase.OPENED, heard, now, now, _nothing(heard, now)))
        return told

    def _falling_quiet(self) -> list[Detection]:
        told: list[Detection] = []
        now = min(second for source, second in self._reached.items() if self._sources[source][1] is None)
        for platform, watch in self._platforms.items():
            if watch.falls_quiet(now):
                told.append(_detection(platform, QUIET, Phase.OPENED, watch.last, now, now, _missing(watch, now)))
        if any(watch.opened is not None for watch in self._platforms.values()):
            return told  # that explains what the partitions lack
        newest = max((watch.last for watch in self._partitions.values()), default=now)
        for source, watch in self._partitions.items():
            now = self._reached[source]
            others_deliver = newest > now - SHORTEST_SILENCE  # its own last is older where it could be quiet
            if others_deliver and self._sources[source][1] is None and watch.falls_quiet(now):
                told.append(_detection(source, QUIET, Phase.OPENED, watch.last, now, now, _missing(watch, now)))
        return told

    def _reading(self, kind: FeedKind, name: str, watch: FeedWatch | None) -> FeedReading:
        of_partition = kind is FeedKind.PARTITION
        heard, stalled = self._sources[name] if of_partition else (0, None)
        quiet_since = None if watch is None else watch.quiet_since
        state = FeedState.DELIVERING if quiet_since is None else FeedState.QUIET
        minutes = self._partition_minutes if of_partition else self._minutes
        return FeedReading(
            name=_tame(name),
            kind=kind,
            state=state if stalled is None else FeedState.STALLED,
            watched=watch is not None and watch.is_watched,
            mentions=minutes.last(name),
            per_minute=minutes.per_minute(name),
            usual_per_minute=None if watch is None else watch.usual_per_minute,
            last_arrival=None if watch is None else watch.last_arrival,
            reached=self._reached[name] if of_partition else None,
            silent_since=quiet_since if stalled is None else heard,
        )

    def _forget_one(self) -> None:
        """The one that was silent for longest, of those about which nobody was told."""
        forgettable = [name for name, watch in self._platforms.items() if watch.opened is None]
        oldest = min(forgettable or self._platforms, key=lambda name: self._platforms[name].last)
        del self._platforms[oldest]
        self._minutes.forget(oldest)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "platforms": [[name, watch.snapshot()] for name, watch in self._platforms.items()],
            "partitions": [[name, watch.snapshot()] for name, watch in self._partitions.items()],
            "sources": [[name, *heard] for name, heard in self._sources.items()],
            "reached": [[name, second] for name, second in self._reached.items()],
            "told": [[name, second] for name, second in self._told.items()],
            "gaps": self._gaps.snapshot(),
            "partition_gaps": self._partition_gaps.snapshot(),
            "minutes": [self._minutes.snapshot(), self._partition_minutes.snapshot()],
            "newest": self._newest,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot; one from before partitions were watched knows nothing of them, and that is all.

        Raises:
            StateCorrupted: It is no snapshot of feeds.
        """
        try:
            self._platforms = {str(name): FeedWatch.restored(watch) for name, watch in state["platforms"]}
            self._partitions = {str(name): FeedWatch.restored(watch) for name, watch in state.get("partitions", ())}
            self._sources = {str(name): (int(heard), stalled) for name, heard, stalled in state["sources"]}
            self._reached = {name: heard for name, (heard, _) in self._sources.items()}
            self._reached |= {str(name): int(second) for name, second in state.get("reached", ())}
            self._told = {str(name): int(second) for name, second in state.get("told", ())}
            self._gaps.restore(state["gaps"])
            self._partition_gaps.restore(state.get("partition_gaps", ()))
            for minutes, counted in zip(
                (self._minutes, self._partition_minutes), state.get("minutes", ()), strict=False
            ):
                minutes.restore(counted)
            self._newest = state["newest"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of feeds cannot be read: {exc!r}") from exc


def _back(feed: str, watch: FeedWatch, gaps: FeedGaps, mentions: int, at: int) -> list[Detection]:
    """The end of its silence, if somebody was told of one."""
    opened = watch.opened
    since = watch.arrived(mentions, at)
    if since is None or opened is None:
        return []
    gaps.ended(feed, since, at)
    return [_detection(feed, QUIET, Phase.ENDED, since, opened, at, _nothing(since, at))]


def _tame(feed: str) -> str:
    return _ODD.sub("_", feed)


def _missing(watch: FeedWatch, now: int) -> tuple[Evidence, float]:
    expected = watch.expected(now)
    evidence = Evidence(observed=0, expected=expected, low=expected, high=expected, window_seconds=now - watch.last)
    return evidence, watch.false_pages_per_week(now) or 0.0


def _nothing(since: int, now: int) -> tuple[Evidence, float]:
    return Evidence(observed=0, expected=0.0, low=0.0, high=0.0, window_seconds=max(1, now - since)), 0.0


def _detection(
    feed: str, detector: str, phase: Phase, since: int, opened: int, at: int, shown: tuple[Evidence, float]
) -> Detection:
    evidence, false_pages_per_week = shown
    topic = PREFIX + _tame(feed)
    episode = _digest(topic, detector, since, opened)
    sequence = 0 if phase is Phase.OPENED else 1
    return Detection(
        id=_digest(episode, sequence),
        episode=episode,
        sequence=sequence,
        topic=topic,
        topic_revision=0,
        detector=detector,
        phase=phase,
        direction=Direction.QUIET,
        at=datetime.fromtimestamp(at, UTC),
        onset=datetime.fromtimestamp(since, UTC),
        score=0.0,
        false_pages_per_week=false_pages_per_week,
        evidence=evidence,
    )


def _digest(*parts: object) -> str:
    return hashlib.blake2b("|".join(map(str, parts)).encode("utf-8", "replace"), digest_size=16).hexdigest()
