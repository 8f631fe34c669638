"""Detections as the stream side would claim them."""

from datetime import datetime, timedelta

import msgspec

from streams.basis import Basis, Opinion, Weighed
from streams.events import Detection, Direction, Driver, Evidence, Phase, Sample
from tests.fakes.clock import START


def evidence(
    *,
    observed: int = 715,
    negative_share: float | None = 0.72,
    reach: int = 0,
    per_minute: float = 143.0,
    polarity: float = -0.52,
) -> Evidence:
    """143 mentions a minute where 29 to 46 were expected, over five minutes."""
    return Evidence(
        observed=observed,
        expected=185.0,
        low=145.0,
        high=230.0,
        window_seconds=300,
        polarity=polarity,
        polarity_expected=-0.08,
        negative_share=negative_share,
        negative_share_expected=0.31,
        reach=reach,
        per_minute=per_minute,
        platforms={"x": 600, "reviews": 115},
        drivers=(Driver("refund pending", 305, 12.0),),
        samples=(Sample("x:1", "<!channel> where is my refund", START),),
    )


def detection(
    phase: Phase = Phase.OPENED,
    *,
    episode: str = "e1",
    sequence: int = 0,
    topic: str = "refunds",
    detector: str = "volume",
    direction: Direction = Direction.CRISIS,
    minutes: float = 0.0,
    seen: Evidence | None = None,
    history: bool = False,
    accepted_ms: int = 0,
    start: datetime = START,
) -> Detection:
    """A claim made `minutes` after `start`, in event time."""
    at = start + timedelta(minutes=minutes)
    return Detection(
        id=f"{detector}-{episode}-{sequence}-{phase}",
        episode=episode,
        sequence=sequence,
        topic=topic,
        topic_revision=1,
        detector=detector,
        phase=phase,
        direction=direction,
        at=at,
        onset=at - timedelta(minutes=4),
        score=12.0,
        false_pages_per_week=1 / 40,
        evidence=seen or evidence(),
        accepted_ms=accepted_ms,
        history=history,
    )


def explained(phase: Phase = Phase.OPENED, *, episode: str = "e1", detection_id: str = "d1") -> Detection:
    """A claim with every number behind it: twelve mentions in half an hour where three are usual."""
    half_hour = Weighed("30 minutes", 12, 3.0, 1.2, 0.1, location=0.5, scale=0.2, blocks=20)
    opinions = (Opinion("volume", 0.8, 0.1, 0.125, (half_hour,)), Opinion("sentiment-velocity", 0.2, 14.0, 14.0))
    basis = Basis(pages_per_week=0.25, opinions=opinions)
    return msgspec.structs.replace(detection(phase, episode=episode), id=detection_id, basis=basis)
