"""Puts what was decided on a topic into the values that travel."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from streams.basis import Basis
from streams.claim import Claim
from streams.detectors.base import Reading
from streams.events import Detection, Direction, Evidence, Phase, Tally, WindowCount
from streams.evidence.explain import Event
from streams.topic import Topic
from streams.watched import Watched
from streams.windows import Closing


def detection_of(
    topic: Topic, claim: Claim, at: int, evidence: Evidence, basis: Basis, *, accepted_ms: int, history: bool
) -> Detection:
    """The claim as a detection; its ids follow from the topic, the episode's times and the claim's place in it.

    What was counted goes by the minute that it was counted up to.
    """
    episode = _digest(topic.id, claim.onset.at, claim.opened)
    place = at + 1 if claim.phase is Phase.COUNTED else claim.sequence
    return Detection(
        id=_digest(episode, place, claim.phase.value),
        episode=episode,
        sequence=claim.sequence,
        topic=topic.id,
        topic_revision=topic.revision,
        detector=claim.detector,
        phase=claim.phase,
        direction=claim.direction,
        at=datetime.fromtimestamp(at, UTC),
        onset=datetime.fromtimestamp(claim.onset.at, UTC),
        onset_earliest=datetime.fromtimestamp(claim.onset.earliest, UTC),
        onset_latest=datetime.fromtimestamp(claim.onset.latest, UTC),
        score=claim.reading.score,
        false_pages_per_week=claim.reading.false_pages_per_week,
        evidence=evidence,
        accepted_ms=accepted_ms,
        history=history,
        basis=basis,
        again=claim.again,
    )


def count_of(topic: Topic, closing: Closing, verdict: Sequence[float | None], *, history: bool) -> WindowCount:
    """The window's count beside what was expected, low, high, and its score; None where there was no opinion."""
    expected, low, high, score = verdict
    return WindowCount(
        topic=topic.id,
        start=closing.slot.start,
        seconds=closing.slot.seconds,
        tally=closing.slot.tally,
        revision=closing.revision,
        expected=expected,
        low=low,
        high=high,
        score=score,
        history=history,
    )


def watched_of(
    topic: Topic,
    since: int,
    at: int,
    named: tuple[str, Reading],
    evidence: Evidence,
    direction: Direction,
    basis: Basis,
) -> Watched:
    """What the topic shows below the page."""
    detector, reading = named
    return Watched(
        topic=topic.id,
        since=datetime.fromtimestamp(since, UTC),
        at=datetime.fromtimestamp(at, UTC),
        detector=detector,
        direction=direction,
        false_pages_per_week=reading.false_pages_per_week,
        observed=evidence.observed,
        expected=evidence.expected,
        window_seconds=evidence.window_seconds,
        basis=basis,
        drivers=evidence.drivers,
    )


def compared(
    evidence: Evidence, expected: tuple[float, float, float] | None, since: Tally, speed: tuple[float, float]
) -> Evidence:
    """The evidence with what was expected of its window, what came since the onset, and how fast it comes.

    Args:
        expected: Mean, low and high; None leaves what the detector says.
        speed: Mentions per minute, and how much that changes per minute.
    """
    if expected is not None:
        mean, low, high = expected
        evidence = msgspec.structs.replace(evidence, expected=mean, low=low, high=high)
    per_minute, velocity = speed
    return msgspec.structs.replace(
        evidence, reach=since.reach, engagement=since.engagement, per_minute=per_minute, velocity=velocity
    )


def event_of(
    evidence: Evidence,
    since: int,
    tally: Tally,
    expected: tuple[float, float, float] | None,
    minutes: Sequence[int],
    seconds: int,
) -> Event:
    """What is to be explained: all mentions since `since`, beside those that were to be expected meanwhile.

    Args:
        expected: Mean, low and high of `seconds`; None while warming up, then it is in proportion to the evidence.
    """
    times = seconds / evidence.window_seconds
    mean, _, high = expected or (evidence.expected * times, evidence.low * times, evidence.high * times)
    return Event(since, tally, mean, high, evidence.negative_share_expected, tuple(minutes))


def _digest(*parts: object) -> str:
    return hashlib.blake2b("|".join(str(part) for part in parts).encode(), digest_size=16).hexdigest()
