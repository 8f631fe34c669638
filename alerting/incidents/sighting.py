"""What a detection says about an incident: how a new one looks, and what new evidence changes in one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.identity import dedup_key, incident_id
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.onset import first_onset, onset_of
from alerting.incidents.part import GroupingReason, Part
from alerting.incidents.severity import assess, assess_all, settled
from streams.events import Detection, Direction, Evidence
from streams.topic import Topic

_EPISODES_KEPT: Final = 2048
_MENTIONS_KEPT: Final = 5
_TAKES_THE_LEAD: Final = 1.5
_COUNTS_ONLY: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("samples", "drivers", "verbatims", "splits", "carriers", "posts"), ()),
    "regions": {},
    "languages": {},
    "asked": {},
    "complaints": {},
}


def new_incident(detection: Detection, topic: Topic | None, opened_at: datetime) -> Incident:
    """The incident that this claim opens."""
    identity = incident_id(detection.topic, detection.episode, opened_at)
    topic_name, brand = _name(detection, topic), _brand(topic)
    evidence, direction = detection.evidence, detection.direction
    return Incident(
        id=identity,
        dedup_key=dedup_key(identity),
        episode=detection.episode,
        topic=detection.topic,
        topic_name=topic_name,
        title=wording.title(topic_name, brand, evidence, direction),
        why=wording.why(evidence, direction),
        state=IncidentState.TRIGGERED,
        severity=assess(evidence, direction).severity,
        direction=direction,
        detectors=(wording.plain(detection.detector),),
        **onset_of(detection),
        opened_at=opened_at,
        updated_at=opened_at,
        evidence=evidence,
        false_pages_per_week=detection.false_pages_per_week,
        brand=brand,
        owner=wording.plain(topic.owner) if topic and topic.owner else None,
        peak_per_minute=wording.per_minute(evidence),
        last_detection_at=detection.at,
        accepted_ms=detection.accepted_ms,
        episodes=(detection.episode,),
        running=(detection.episode,),
        parts=(part_of(detection, topic, GroupingReason.FIRST, "It opened the incident.", opened_at),),
    )


def with_evidence(incident: Incident, detection: Detection, topic: Topic | None) -> Incident:
    """With the detection's evidence. Severity rises at once, and falls by a step when harm has clearly fallen.

    Whether an event is anger or joy is what its newest detection says; of several, one that is anger decides.
    What people read is about the leading topic; another one takes the lead when its excess is half as large again.
    """
    parts = _with_part(
        incident, part_of(detection, topic, GroupingReason.FIRST, "It was part of it before.", detection.at)
    )
    alone = incident.episodes == (detection.episode,)
    direction = detection.direction if alone else stronger(incident.direction, detection.direction)
    seen = msgspec.structs.replace(
        incident,
        direction=direction,
        parts=parts,
        severity=settled(incident.severity, assess_all([part.evidence for part in parts], direction)),
        peak_per_minute=max(incident.peak_per_minute, wording.per_minute(detection.evidence)),
        last_detection_at=max(detection.at, incident.last_detection_at or detection.at),
    )
    if detection.topic != _leading(incident, detection):
        return msgspec.structs.replace(seen, why=_why(seen))
    owner = (
        incident.passed_to
        or incident.proposed_owner
        or (topic.owner if topic else incident.owner if detection.topic == incident.topic else None)
    )
    led = msgspec.structs.replace(
        seen,
        topic=detection.topic,
        topic_name=_name(detection, topic),
        brand=_brand(topic) or incident.brand,
        evidence=_with_answers(detection.evidence, incident.evidence),
        owner=wording.plain(owner) if owner else None,
    )
    title = wording.title(led.topic_name, led.brand, led.evidence, direction)
    return msgspec.structs.replace(led, title=title, why=_why(led))


def counted_again(incident: Incident, detection: Detection, topic: Topic | None) -> Incident:
    """With the counts of an event that goes on; its severity, its kind, its owner and what leads it stay.

    Of these, people hear when they change.
    """
    known = next((part.direction for part in incident.parts if part.topic == detection.topic), incident.direction)
    as_known = msgspec.structs.replace(detection, direction=known)
    fresh = part_of(as_known, topic, GroupingReason.FIRST, "It was part of it before.", detection.at)
    seen = msgspec.structs.replace(
        incident,
        parts=_with_part(incident, fresh),
        peak_per_minute=max(incident.peak_per_minute, wording.per_minute(detection.evidence)),
        false_pages_per_week=min(incident.false_pages_per_week, detection.false_pages_per_week),
        last_detection_at=detection.at,
    )
    if detection.topic != incident.topic:
        return seen
    shown = msgspec.structs.replace(seen, evidence=_with_answers(detection.evidence, incident.evidence))
    title = wording.title(shown.topic_name, shown.brand, shown.evidence, shown.direction)
    return msgspec.structs.replace(shown, title=title, why=_why(shown))


def part_of(
    detection: Detection, topic: Topic | None, reason: GroupingReason, because: str, joined_at: datetime
) -> Part:
    """The part that the detection's topic has in an incident."""
    evidence = detection.evidence
    return Part(
        topic=detection.topic,
        topic_name=_name(detection, topic),
        **onset_of(detection),
        joined_at=joined_at,
        reason=reason,
        because=because,
        direction=detection.direction,
        evidence=msgspec.structs.replace(evidence, **_COUNTS_ONLY),
        mentions=tuple(sample.key for sample in evidence.samples),
        asked=evidence.asked,
        complaints=evidence.complaints,
        terms={driver.term: driver.mentions - driver.expected for driver in evidence.drivers},
        episodes=(detection.episode,),
    )


def _with_part(incident: Incident, fresh: Part) -> tuple[Part, ...]:
    """The parts, with the fresh one for its topic. What the topic showed at first is still compared with."""
    if fresh.topic not in {part.topic for part in incident.parts}:
        return (*incident.parts, fresh)
    return tuple(_renewed(part, fresh) if part.topic == fresh.topic else part for part in incident.parts)


def _renewed(part: Part, fresh: Part) -> Part:
    return msgspec.structs.replace(
        part,
        topic_name=fresh.topic_name,
        **first_onset(part, fresh),
        direction=fresh.direction,
        evidence=_with_answers(fresh.evidence, part.evidence),
        mentions=tuple(dict.fromkeys((*part.mentions[:_MENTIONS_KEPT], *fresh.mentions))),
        asked=fresh.asked or part.asked,
        complaints=fresh.complaints or part.complaints,
        terms=fresh.terms or part.terms,
        episodes=extended(part.episodes, fresh.episodes[0]),
    )


def _with_answers(fresh: Evidence, known: Evidence) -> Evidence:
    """Detectors do not know who was answered; what was counted here stays until it is counted anew."""
    if fresh.unanswered_share is not None:
        return fresh
    return msgspec.structs.replace(fresh, unanswered_share=known.unanswered_share)


def _leading(incident: Incident, detection: Detection) -> str:
    if detection.topic == incident.topic:
        return incident.topic
    ahead = detection.evidence.observed - detection.evidence.expected
    current = max(1.0, incident.evidence.observed - incident.evidence.expected)
    return detection.topic if ahead > _TAKES_THE_LEAD * current else incident.topic


def _why(incident: Incident) -> str:
    """Counts of the leading topic, and how many more topics show the same event."""
    why = wording.why(incident.evidence, incident.direction)
    others = len(incident.topics) - 1
    return f"{why} The same event shows in {others} more topic{'s'[: others != 1]}." if others else why


def _name(detection: Detection, topic: Topic | None) -> str:
    return wording.plain(topic.name if topic else detection.topic)


def _brand(topic: Topic | None) -> str | None:
    return wording.plain(topic.brand) if topic and topic.brand else None


def extended(known: tuple[str, ...], new: str) -> tuple[str, ...]:
    """With `new` at its end, unless it is there; the oldest of many is forgotten."""
    return known if new in known else (*known, new)[-_EPISODES_KEPT:]


def stronger(one: Direction, other: Direction) -> Direction:
    """A crisis, where either is one."""
    return Direction.CRISIS if Direction.CRISIS in {one, other} else one


def peak(incident: Incident) -> str:
    """The highest rate so far, in words."""
    return wording.rate(incident.peak_per_minute, " a minute", " an hour")
