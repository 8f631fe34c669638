"""Draws what happens in a simulated world: every kind in turn, each topic with time to recover in between."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec

from streams.simulate.planted import Kind, Planted

_QUIET_SHARE: Final = 0.35  # of the stream at its beginning: nothing can be found before something is usual
_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_REST: Final = 18 * _HOUR
PLATFORMS: Final = ("x", "instagram", "reddit", "facebook", "trustpilot")
EVERY_TOPIC: Final = "*"
_ORDER: Final = tuple(Kind)
# Nobody calls the contact centre because of these.
_SILENT_LINES: Final = frozenset({Kind.FLIP, Kind.VIRALITY, Kind.CASCADE, Kind.BOTS, Kind.GAP, Kind.FLOOD, Kind.DRIFT})
_CAUSES: Final = {
    Kind.STEP: "something broke at once",
    Kind.RAMP: "a defect reaches more and more people",
    Kind.WAVES: "mended, and broken again",
    Kind.INDUSTRY: "the whole trade is hit",
    Kind.FLIP: "a policy that people dislike",
    Kind.CALLS_FIRST: "callers notice first",
    Kind.VIRALITY: "a post that everybody loves",
    Kind.CASCADE: "one post is shared on and on",
    Kind.BOTS: "copied posts of young accounts",
    Kind.GAP: "a feed stops, and what it had is lost",
    Kind.FLOOD: "a feed stops, and what it had comes at once",
    Kind.DRIFT: "the topic is slowly talked about more",
}


def programme(subjects: Sequence[Sequence[str]], seconds: float, events: int, random: Random) -> tuple[Planted, ...]:
    """What happens, in order of time.

    Args:
        subjects: The topics of each subject, one for each brand: an industry-wide event is about all of one subject,
            a feed that stops about every topic.
        seconds: Length of the stream.
        events: How many; an industry-wide one counts once. Fewer where the stream is too short for so many.
        random: Draws everything.
    """
    topics = [topic for group in subjects for topic in group]
    free_from = dict.fromkeys([*topics, EVERY_TOPIC], _QUIET_SHARE * seconds)
    planted: list[Planted] = []
    for number in range(events):
        kind = _ORDER[number % len(_ORDER)]
        group = list(random.choice(subjects)) if kind is Kind.INDUSTRY else [random.choice(topics)]
        if kind in {Kind.GAP, Kind.FLOOD}:
            group = [EVERY_TOPIC]
        begin = max(free_from[topic] for topic in group)
        made = [_event(kind, topic, begin + random.uniform(0.0, 0.1 * seconds), random) for topic in group]
        if kind is Kind.INDUSTRY:
            made = [_moved(one, made[0].onset + random.uniform(0.0, 600.0)) for one in made]
        if max(one.end for one in made) > seconds:
            continue
        planted += made
        free_from |= {one.topic: one.end + _REST for one in made}
    return tuple(sorted(planted, key=lambda one: (one.onset, one.topic)))


def _event(kind: Kind, topic: str, onset: float, random: Random) -> Planted:
    hours = random.uniform(1.0, 5.0) * _HOUR
    crisis = Planted(
        kind,
        topic,
        onset,
        onset + hours,
        _CAUSES[kind],
        height=random.uniform(4.0, 25.0),
        lead=random.uniform(15.0, 75.0) * 60.0,
        negative=random.uniform(0.6, 0.9),
    )
    return msgspec.structs.replace(crisis, **_apart(kind, onset, hours, random))


def _apart(kind: Kind, onset: float, hours: float, random: Random) -> dict[str, Any]:
    """In what this kind is unlike a crisis that is there at once."""
    unlike: dict[str, Any] = {"lead": 0.0} if kind in _SILENT_LINES else {}
    match kind:
        case Kind.RAMP:
            unlike["rise"] = random.uniform(0.4, 0.7) * hours
        case Kind.WAVES:
            unlike |= {"rise": 300.0, "end": onset + 2 * hours, "second": onset + hours}
        case Kind.INDUSTRY:
            unlike["rise"] = 900.0
        case Kind.FLIP:
            unlike["height"] = 0.0
        case Kind.CALLS_FIRST:
            unlike |= {"rise": 1200.0, "lead": -random.uniform(20.0, 60.0) * 60.0}
        case Kind.VIRALITY:
            unlike |= {"rise": 600.0, "negative": 0.02}
        case Kind.CASCADE:
            unlike["negative"] = 0.2
        case Kind.BOTS:
            unlike["end"] = onset + random.uniform(0.3, 1.5) * _HOUR
        case Kind.GAP | Kind.FLOOD:
            end = onset + random.uniform(0.5, 2.0) * _HOUR
            unlike |= {"end": end, "height": 0.0, "platform": random.choice(PLATFORMS)}
        case Kind.DRIFT:
            end = onset + random.uniform(2.0, 5.0) * _DAY
            unlike |= {"end": end, "height": random.uniform(1.3, 2.0), "negative": 0.0}
    return unlike


def _moved(planted: Planted, onset: float) -> Planted:
    return msgspec.structs.replace(planted, onset=onset, end=planted.end + onset - planted.onset)
