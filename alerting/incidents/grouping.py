"""Which open incident a topic's rise belongs to: shared mentions, declared kin, shared drivers, start times. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.caseload import COMMON_TALK, FEWEST_TERMS, Caseload
from alerting.incidents.kinship import Kinship
from alerting.incidents.model import Incident
from alerting.incidents.part import GroupingReason, Part
from streams.events import Direction

SAMPLES_WITHIN: Final = timedelta(minutes=60)
DRIVERS_WITHIN: Final = timedelta(minutes=15)
KIN_WITHIN: Final = timedelta(minutes=10)

_ENOUGH_MENTIONS: Final = 2
_FEWEST_TERMS: Final = 3
_ALIKE: Final = 0.6
_KIN_ALIKE: Final = 0.4
_SIBLINGS_ALIKE: Final = 0.5
Told = Callable[[str], int]

_RANK: Final = (GroupingReason.SHARED_MENTIONS, GroupingReason.DECLARED_KIN, GroupingReason.SHARED_DRIVERS)


class Trace(msgspec.Struct, frozen=True):
    """What one topic shows of an event; the fields mean what they mean in `Part`."""

    topic: str
    onset_at: datetime
    direction: Direction
    mentions: tuple[str, ...]
    terms: Mapping[str, float]


class Grouping(msgspec.Struct, frozen=True):
    """The answer: the incident it belongs to, and why; None with `separate` where it is an event of its own."""

    incident: Incident | None
    reason: GroupingReason
    because: str


class _Tie(msgspec.Struct, frozen=True):
    """What connects a rise with a part."""

    reason: GroupingReason
    strength: float
    because: str


SEPARATE: Final = Grouping(None, GroupingReason.SEPARATE, "Nothing connects it with an open incident.")


def group(trace: Trace, caseload: Caseload, kinship: Kinship, *, without: str = "") -> Grouping:
    """The incident that the rise belongs to. Times alone never connect: unrelated things happen at the same time.

    A rise is compared with each topic of an incident by itself, and not with a topic that stands above another one of
    the incident: a brand's topic contains all events of the brand, and would tie them together.

    Args:
        caseload: The open incidents of the brand. Of equally good ones the oldest counts.
        without: The id of an incident that is not compared with.
    """

    def told(term: str) -> int:
        return caseload.told(term, without=without)

    best: tuple[tuple[int, float, str], Incident, _Tie] | None = None
    for incident in caseload.near(trace.mentions, trace.terms, without=without):
        if trace.topic in incident.topics:
            continue
        for part in caseload.leaves(incident):
            tie = _tie(trace, part, kinship, told)
            if tie is None:
                continue
            order = (_RANK.index(tie.reason), -tie.strength, incident.id)
            if best is None or order < best[0]:
                best = (order, incident, tie)
    return SEPARATE if best is None else Grouping(best[1], best[2].reason, best[2].because)


def _tie(trace: Trace, part: Part, kinship: Kinship, told: Told) -> _Tie | None:
    apart = abs(trace.onset_at - part.onset_at)
    if apart > SAMPLES_WITHIN:
        return None
    shared = len(set(trace.mentions).intersection(part.mentions))
    if not shared and len(trace.terms.keys() & part.terms.keys()) < FEWEST_TERMS:
        return None
    if shared < _ENOUGH_MENTIONS and (apart > DRIVERS_WITHIN or trace.direction is not part.direction):
        return None
    terms, alike = _likeness(trace, part, kinship, told)
    related = kinship.related(trace.topic, part.topic) if shared or terms >= FEWEST_TERMS else ""
    needed = _SIBLINGS_ALIKE if related == "sibling" else _KIN_ALIKE
    if not shared and not (terms >= FEWEST_TERMS and alike >= _KIN_ALIKE):
        return None
    when = f"began {wording.duration(apart.total_seconds())} apart"
    name = wording.plain(part.topic_name)
    mentions = f"{shared} sampled mention{'s'[: shared != 1]} in common with {name}"
    drivers = f"{terms} driver{'s'[: terms != 1]} in common with {name}"
    if shared >= _ENOUGH_MENTIONS or (shared and terms >= FEWEST_TERMS and alike >= _KIN_ALIKE):
        also = f", {terms} drivers too" if terms > 1 else ""
        return _Tie(GroupingReason.SHARED_MENTIONS, shared + alike, f"{mentions}{also}; {when}")
    if related and apart <= KIN_WITHIN and (shared or (terms >= FEWEST_TERMS and alike >= needed)):
        return _Tie(
            GroupingReason.DECLARED_KIN, alike, f"declared {related}, {mentions if shared else drivers}; {when}"
        )
    if terms >= _FEWEST_TERMS and alike >= _ALIKE:
        return _Tie(GroupingReason.SHARED_DRIVERS, alike, f"{drivers}; {when}")
    return None


def _likeness(trace: Trace, part: Part, kinship: Kinship, told: Told) -> tuple[int, float]:
    """How many drivers both have, and the cosine of their excesses, [0, 1].

    Words that are a topic's own do not count. One that drives several incidents at once is common talk at the moment
    and weighs less with each.
    """
    mine = _weighed(trace.terms.items(), (trace.topic, part.topic), kinship, told)
    theirs = _weighed(part.terms.items(), (trace.topic, part.topic), kinship, told)
    shared = mine.keys() & theirs.keys()
    norm = math.sqrt(sum(value**2 for value in mine.values())) * math.sqrt(sum(value**2 for value in theirs.values()))
    both = [term for term in shared if told(term) <= COMMON_TALK]
    return len(both), sum(mine[term] * theirs[term] for term in shared) / norm if norm > 0 else 0.0


def _weighed(
    terms: Iterable[tuple[str, float]], topics: tuple[str, str], kinship: Kinship, told: Told
) -> dict[str, float]:
    return {
        term: excess / max(1, told(term))
        for term, excess in terms
        if excess > 0 and not any(kinship.owns(topic, term) for topic in topics)
    }
