"""Every detector there is, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from streams.detectors.base import Detector
from streams.detectors.sentiment_velocity import SentimentVelocityDetector
from streams.detectors.volume import VolumeDetector
from streams.settings import DetectSettings
from streams.topic import Topic

Build = Callable[[Topic, DetectSettings], Detector]


def _volume(topic: Topic, settings: DetectSettings) -> Detector:
    return VolumeDetector(
        pages_per_week=topic.pages_per_week / topic.caution,
        warm_up_mentions=settings.warm_up_mentions,
        warm_up_days=settings.warm_up_days,
        collected=topic.collecting_since is not None,
    )


def _sentiment_velocity(topic: Topic, settings: DetectSettings) -> Detector:
    return SentimentVelocityDetector(
        pages_per_week=topic.pages_per_week / topic.caution, warm_up_mentions=settings.warm_up_mentions
    )


DETECTORS: Final[Mapping[str, Build]] = MappingProxyType(
    {
        VolumeDetector.name: _volume,
        SentimentVelocityDetector.name: _sentiment_velocity,
    }
)


# Measured: volume alone pays its promise, mood alone up to three times as much where moods wander by themselves.
SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {
        VolumeDetector.name: 0.8,
        SentimentVelocityDetector.name: 0.2,
    }
)


def build_detectors(topic: Topic, settings: DetectSettings) -> tuple[Detector, ...]:
    """A fresh detector of each kind for one topic, the volume detector first."""
    return tuple(build(topic, settings) for build in DETECTORS.values())
