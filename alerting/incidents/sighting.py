"""What a detection says about an incident: how a new one looks, and what new evidence changes in one."""

from datetime import datetime
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.identity import dedup_key, incident_id
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.severity import assess, worse
from streams.events import Detection, Direction
from streams.topic import Topic

_EPISODES_KEPT: Final = 64


def new_incident(detection: Detection, topic: Topic | None, opened_at: datetime) -> Incident:
    """The incident that this claim opens."""
    identity = incident_id(detection.topic, detection.episode, opened_at)
    topic_name = wording.plain(topic.name if topic else detection.topic)
    brand = wording.plain(topic.brand) if topic and topic.brand else None
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
        onset_at=detection.onset,
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
    )


def with_evidence(incident: Incident, detection: Detection, topic: Topic | None) -> Incident:
    """With the detection's evidence. Severity only rises: calm does not undo harm, it resolves."""
    direction = stronger(incident.direction, detection.direction)
    evidence = detection.evidence
    owner = topic.owner if topic else incident.owner
    return msgspec.structs.replace(
        incident,
        direction=direction,
        evidence=evidence,
        title=wording.title(incident.topic_name, incident.brand, evidence, direction),
        why=wording.why(evidence, direction),
        severity=worse(incident.severity, assess(evidence, direction).severity),
        peak_per_minute=max(incident.peak_per_minute, wording.per_minute(evidence)),
        last_detection_at=detection.at,
        owner=wording.plain(owner) if owner else None,
    )


def extended(known: tuple[str, ...], new: str) -> tuple[str, ...]:
    """With `new` at its end, unless it is there; the oldest of many is forgotten."""
    return known if new in known else (*known, new)[-_EPISODES_KEPT:]


def stronger(one: Direction, other: Direction) -> Direction:
    """A crisis, where either is one."""
    return Direction.CRISIS if Direction.CRISIS in {one, other} else one


def peak(incident: Incident) -> str:
    """The highest rate so far, in words."""
    return wording.rate(incident.peak_per_minute, " a minute", " an hour")
