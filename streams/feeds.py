"""Is each platform, and each source partition, alive?"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from streams.errors import StateCorrupted
from streams.events import Detection, Direction, Evidence, Phase, Watermark
from streams.feed_watch import FeedWatch

PREFIX: Final = "feed/"
QUIET: Final = "feed quiet"
STALLED: Final = "feed stalled"
MAX_FEEDS: Final = 64  # platform names come in mentions: whoever invents many must not cost more than this
STALLED_SECONDS: Final = 300
SHORTEST_CATCH_UP: Final = 1800
LONGEST_CATCH_UP: Final = 6 * 3600

_ODD: Final = re.compile(r"[^\w .:-]")
LEAP_SECONDS: Final = 120  # of time that nobody saw pass: the stream was away, or a backlog has a hole


class Feeds:
    """Watches arrivals as the watermarks tell them, and says which feed fell quiet and which delivers again.

    A platform that falls silent is `feed quiet`. A source partition from which nothing is heard at all, no watermark
    either, while event time of others goes on for five minutes, is `feed stalled`. Both are detections about the topic
    `feed/...`, with a direction of their own. A pure function of the log.
    """

    def __init__(self) -> None:
        self._platforms: dict[str, FeedWatch] = {}
        self._sources: dict[str, tuple[int, int | None]] = {}
        self._gaps: dict[str, tuple[int, int, int]] = {}
        self._newest: int | None = None

    def observe(self, watermark: Watermark) -> list[Detection]:
        """Take in one watermark; answers what fell quiet or came back with it."""
        told: list[Detection] = []
        if watermark.event_ms is None:
            return told
        at = watermark.event_ms // 1000
        if self._newest is not None and at - self._newest > LEAP_SECONDS:
            for watch in self._platforms.values():
                watch.skip(at - self._newest)
            self._sources = {name: (at, stalled) for name, (_, stalled) in self._sources.items()}
        for platform, mentions in watermark.arrivals.items():
            told += self._arrived(platform, mentions, at)
        self._newest = now = at if self._newest is None else max(self._newest, at)
        told += self._heard(watermark.source, now)
        for platform, watch in self._platforms.items():
            if watch.falls_quiet(now):
                told.append(_detection(platform, QUIET, Phase.OPENED, watch.last, now, now, _missing(watch, now)))
        for source, (heard, stalled) in self._sources.items():
            if stalled is None and now - heard >= STALLED_SECONDS:
                self._sources[source] = heard, now
                told.append(_detection(source, STALLED, Phase.OPENED, heard, now, now, _nothing(heard, now)))
        return told

    def catching_up(self, platforms: Iterable[str], second: int) -> bool:
        """Whether one of them came back so lately that what is delayed tells of its absence, not of the present."""
        gaps = self._gaps
        return bool(gaps) and any(
            platform in gaps and gaps[platform][1] <= second < gaps[platform][2] for platform in platforms
        )

    def missing(self, platforms: Iterable[str], second: int) -> bool:
        """Whether one of them was known to be silent then."""
        for platform in platforms:
            watch, gap = self._platforms.get(platform), self._gaps.get(platform)
            if watch is not None and watch.quiet_since is not None and watch.quiet_since <= second:
                return True
            if gap is not None and gap[0] <= second < gap[1]:
                return True
        return False

    def _arrived(self, platform: str, mentions: int, at: int) -> list[Detection]:
        watch = self._platforms.get(platform)
        if watch is None:
            if len(self._platforms) >= MAX_FEEDS:
                self._forget_one()
            watch = self._platforms[platform] = FeedWatch(at)
        opened = watch.opened
        since = watch.arrived(mentions, at)
        if since is None or opened is None:
            return []
        self._gaps.pop(platform, None)
        self._gaps[platform] = since, at, at + min(max(at - since, SHORTEST_CATCH_UP), LONGEST_CATCH_UP)
        if len(self._gaps) > MAX_FEEDS:
            del self._gaps[next(iter(self._gaps))]
        return [_detection(platform, QUIET, Phase.ENDED, since, opened, at, _nothing(since, at))]

    def _heard(self, source: str, now: int) -> list[Detection]:
        before, stalled = self._sources.get(source, (now, None))
        self._sources[source] = now, None
        if stalled is None:
            return []
        return [_detection(source, STALLED, Phase.ENDED, before, stalled, now, _nothing(before, now))]

    def _forget_one(self) -> None:
        """The one that was silent for longest, of those about which nobody was told."""
        forgettable = [name for name, watch in self._platforms.items() if watch.opened is None]
        oldest = min(forgettable or self._platforms, key=lambda name: self._platforms[name].last)
        del self._platforms[oldest]

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "platforms": [[name, watch.snapshot()] for name, watch in self._platforms.items()],
            "sources": [[name, *heard] for name, heard in self._sources.items()],
            "gaps": [[name, *gap] for name, gap in self._gaps.items()],
            "newest": self._newest,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of feeds.
        """
        try:
            self._platforms = {str(name): FeedWatch.restored(watch) for name, watch in state["platforms"]}
            self._sources = {str(name): (int(heard), stalled) for name, heard, stalled in state["sources"]}
            self._gaps = {str(name): (int(since), int(back), int(until)) for name, since, back, until in state["gaps"]}
            self._newest = state["newest"]
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of feeds cannot be read: {exc!r}") from exc


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
    topic = PREFIX + _ODD.sub("_", feed)
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
