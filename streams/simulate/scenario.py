"""What a simulated world is made of, and what happens in it."""

from enum import StrEnum

import msgspec


class EventKind(StrEnum):
    """What a planted event is, as its label says."""

    CRISIS = "crisis"
    JOY = "joy"
    FLIP = "flip"


class Voice(msgspec.Struct, frozen=True):
    """Sentences with slots (`{day}`), by mood; every slot is filled from `slots`."""

    negative: tuple[str, ...]
    neutral: tuple[str, ...]
    positive: tuple[str, ...]
    slots: dict[str, tuple[str, ...]] = {}


class SimulatedTopic(msgspec.Struct, frozen=True):
    """One subject people talk about.

    Attributes:
        per_minute: Mean rate over a day, > 0.
        roughness: Relative standard deviation of the slow random drift of the rate, >= 0; 0 is nearly Poisson.
        daily_swing: How far the rate moves over a day, relative, [0, 1).
        negative: Share of negative mentions, [0, 1].
        positive: Share of positive mentions, [0, 1]; `negative + positive <= 1`.
    """

    id: str
    name: str
    query: str
    per_minute: float
    voice: Voice
    owner: str | None = None
    roughness: float = 0.2
    daily_swing: float = 0.3
    negative: float = 0.25
    positive: float = 0.2


class SimulatedEvent(msgspec.Struct, frozen=True):
    """Something that happens to a topic.

    Attributes:
        at_seconds: Begin, seconds after the start of the stream.
        factor: Rate at full height, as a multiple of the usual one, >= 1.
        ramp_seconds: From usual to full height.
        hold_seconds: At full height.
        fade_seconds: Back to half of the extra rate.
        negative: Share of negative mentions among the extra ones; for a flip, among all.
        voice: What is said in the extra mentions.
    """

    kind: EventKind
    topic: str
    at_seconds: float
    factor: float
    ramp_seconds: float
    hold_seconds: float
    fade_seconds: float
    negative: float
    positive: float
    voice: Voice


class Scenario(msgspec.Struct, frozen=True):
    """A whole world.

    Attributes:
        chatter_per_minute: Mentions that belong to no topic.
    """

    brand: str
    topics: tuple[SimulatedTopic, ...]
    events: tuple[SimulatedEvent, ...] = ()
    chatter_per_minute: float = 0.0
    chatter: tuple[str, ...] = ()


class Label(msgspec.Struct, frozen=True):
    """What was planted, for whoever judges a detector; seconds since 1970."""

    kind: EventKind
    topic: str
    start: float
    end: float
    factor: float
