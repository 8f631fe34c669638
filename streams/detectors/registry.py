"""Every detector there is, by name."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from streams.detectors.base import Detector
from streams.detectors.industry import IndustryDetector
from streams.detectors.peer import Peer
from streams.detectors.prior import Lesson, Prior
from streams.detectors.sentiment_velocity import SentimentVelocityDetector
from streams.detectors.trail import Trail
from streams.detectors.volume import VolumeDetector
from streams.settings import DetectSettings
from streams.topic import Topic

Build = Callable[[Topic, DetectSettings, Prior | None, Trail], Detector]


def _volume(topic: Topic, settings: DetectSettings, prior: Prior | None, trail: Trail | None = None) -> Detector:
    return VolumeDetector(
        pages_per_week=topic.pages_per_week / topic.caution,
        warm_up_mentions=settings.warm_up_mentions,
        warm_up_days=settings.warm_up_days,
        collected=topic.collecting_since is not None,
        prior=prior,
        trail=trail,
    )


def _sentiment_velocity(topic: Topic, settings: DetectSettings, prior: Prior | None, trail: Trail) -> Detector:
    return SentimentVelocityDetector(
        pages_per_week=topic.pages_per_week / topic.caution,
        warm_up_mentions=settings.warm_up_mentions,
        prior=prior,
        trail=trail,
    )


DETECTORS: Final[Mapping[str, Build]] = MappingProxyType(
    {
        VolumeDetector.name: _volume,
        SentimentVelocityDetector.name: _sentiment_velocity,
    }
)


# Measured by `make bench-budget`: neither pays much more than it is given.
SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {
        VolumeDetector.name: 0.7,
        SentimentVelocityDetector.name: 0.3,
    }
)


def _industry(topic: Topic, settings: DetectSettings, prior: Prior | None, trail: Trail) -> Detector:
    members = {
        name: Peer(
            list(zip(_of_each(DETECTORS, topic, settings, prior), SHARES.values(), strict=True)),
            pages_per_week=topic.pages_per_week,
        )
        for name in topic.members
    }
    return IndustryDetector(members, _volume(topic, settings, prior, trail))


def _of_each(
    table: Mapping[str, Build], topic: Topic, settings: DetectSettings, prior: Prior | None
) -> tuple[Detector, ...]:
    trail = Trail()  # what they would all remember alike
    made = tuple([build(topic, settings, prior, trail) for build in table.values()])
    _share_mood(made)
    return made


def _share_mood(detectors: Sequence[Detector]) -> None:
    """Both would learn the same from the same minutes; the one that measures its own past by it learns it, and last."""
    moody = [one for one in detectors if isinstance(one, SentimentVelocityDetector)]
    for place, detector in enumerate(detectors):
        if moody and isinstance(detector, VolumeDetector) and detectors.index(moody[0]) > place:
            detector.share_mood(moody[0].mood)


GROUP_DETECTORS: Final[Mapping[str, Build]] = MappingProxyType({IndustryDetector.name: _industry})


def build_detectors(topic: Topic, settings: DetectSettings, prior: Prior | None = None) -> tuple[Detector, ...]:
    """A fresh detector of each kind for one topic, the volume detector first; for a peer group the one of groups.

    Args:
        prior: What its peers teach; None where they are too few.
    """
    table = GROUP_DETECTORS if topic.members else DETECTORS
    return _of_each(table, topic, settings, prior)


def lesson_of(detectors: Sequence[Detector]) -> Lesson | None:
    """What the topic that these watch teaches its peers; None before its past is proven."""
    found: Lesson | None = None
    for detector in detectors:
        lesson = detector.lesson()
        if lesson is not None:
            found = lesson if found is None else found.with_more(lesson)
    return found


def restore_detectors(detectors: Sequence[Detector], state: Sequence[Any]) -> None:
    """Take over what each of them had learned; one that is new since then starts afresh.

    Raises:
        StateCorrupted: A snapshot is not what it should be.
    """
    known = dict(state)
    for detector in detectors:
        if detector.name in known:
            detector.restore(known[detector.name])
