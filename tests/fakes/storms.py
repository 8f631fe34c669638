"""Events that show in many topics, as the stream side would see them: mentions, who matches them, what stands out."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from streams.events import Detection, Direction, Driver, Evidence, Phase, Sample
from streams.topic import Topic
from tests.fakes.clock import START

PLATFORMS = ("x", "reviews", "forum", "video")
COMMON = ("please", "service", "customer", "help", "annoying", "again")
_DRIVERS, _SAMPLES = 8, 5


class Mention(NamedTuple):
    """One mention of an event: where, how far it goes, in what words."""

    key: str
    platform: str
    reach: int
    words: frozenset[str]


def topics(name: str, subjects: int, *, brand: str = "Acme") -> list[Topic]:
    """`subjects` on each of the four platforms."""
    return [
        Topic(f"{name}{number}-{platform}", f"{name}{number} {platform}", f"{name}{number}", brand=brand)
        for number in range(subjects)
        for platform in PLATFORMS
    ]


def storm(name: str, about: Sequence[Topic], rng: random.Random, *, minutes: float = 0.0) -> list[Detection]:
    """What detectors claim when one event breaks out: a claim for each topic, within nine minutes of one another.

    The event has twelve words of its own, the first of them said most; one mention in four has a word that any event
    may have. Each topic matches a part of its platform's mentions and shows what evidence holds: the five that went
    farthest and the eight words that stand out.
    """
    own = [f"{name}word{number}" for number in range(12)]
    mentions = [_mention(name, number, own, rng) for number in range(600)]
    return [_claim(name, topic, mentions, rng, minutes) for topic in about]


def _mention(name: str, number: int, own: list[str], rng: random.Random) -> Mention:
    platform = rng.choice(PLATFORMS)
    words = {word for rank, word in enumerate(own) if rng.random() < 0.7 / (1 + 0.4 * rank)}
    words |= {rng.choice(COMMON)} if rng.random() < 0.25 else set()
    return Mention(f"{platform}:{name}-{number}", platform, int(rng.paretovariate(1.1) * 100), frozenset(words))


def _claim(name: str, topic: Topic, mentions: list[Mention], rng: random.Random, minutes: float) -> Detection:
    platform = topic.id.rpartition("-")[2]
    share = rng.uniform(0.2, 0.8)
    matched = [mention for mention in mentions if mention.platform == platform and rng.random() < share]
    said = Counter(word for mention in matched for word in mention.words)
    said[topic.query] = len(matched)  # its own word is in every mention it matches
    loudest = sorted(matched, key=lambda mention: -mention.reach)[:_SAMPLES]
    at = START + timedelta(minutes=minutes + rng.uniform(0, 9))
    return Detection(
        id=f"{name}-{topic.id}",
        episode=f"episode-{name}-{topic.id}",
        sequence=0,
        topic=topic.id,
        topic_revision=1,
        detector="volume",
        phase=Phase.OPENED,
        direction=Direction.CRISIS,
        at=at,
        onset=at - timedelta(minutes=4),
        score=12.0,
        false_pages_per_week=1 / 40,
        evidence=Evidence(
            observed=len(matched),
            expected=8.0,
            low=4.0,
            high=14.0,
            window_seconds=300,
            negative_share=0.7,
            negative_share_expected=0.3,
            per_minute=len(matched) / 5,
            platforms={platform: len(matched)},
            drivers=tuple(Driver(word, count, 0.5) for word, count in said.most_common(_DRIVERS)),
            samples=tuple(Sample(mention.key, "text", START, reach=mention.reach) for mention in loudest),
        ),
    )


def in_order(*claims: Sequence[Detection]) -> list[Detection]:
    """As they would arrive, whatever event they are about."""
    return sorted((claim for several in claims for claim in several), key=lambda claim: claim.at)
