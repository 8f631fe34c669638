"""How incidents become one, and one becomes two: joining, merging, splitting. Pure."""

from datetime import datetime

import msgspec

from alerting.errors import TransitionRefused
from alerting.incidents import wording
from alerting.incidents.grouping import Grouping
from alerting.incidents.identity import dedup_key, incident_id
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.onset import first_onset, onset_with
from alerting.incidents.outcome import SYSTEM, Outcome, changed, entry, in_silence
from alerting.incidents.part import GroupingReason, Part
from alerting.incidents.severity import assess_all, worse
from alerting.incidents.sighting import extended, part_of, stronger, with_evidence
from streams.events import Detection
from streams.topic import Topic


def join(incident: Incident, detection: Detection, topic: Topic | None, grouping: Grouping, now: datetime) -> Outcome:
    """A topic's rise turns out to be part of an open incident. Nobody is told, unless it makes matters worse."""
    part = part_of(detection, topic, grouping.reason, grouping.because, now)
    joined = msgspec.structs.replace(
        incident,
        parts=(*incident.parts, part),
        episodes=extended(incident.episodes, detection.episode),
        running=extended(incident.running, detection.episode),
        detectors=extended(incident.detectors, wording.plain(detection.detector)),
        false_pages_per_week=min(incident.false_pages_per_week, detection.false_pages_per_week),
        **onset_with(incident, detection),
    )
    seen = with_evidence(joined, detection, topic)
    text = f"{part.topic_name} joined: {grouping.because}"
    if worse(seen.severity, incident.severity) is not incident.severity:
        worst = f"Raised from {incident.severity} to {seen.severity}: {text}"
        return changed(seen, Transition.SEVERITY_CHANGED, worst, now)
    return in_silence(changed(seen, Transition.JOINED, text, now))


def merge(
    older: Incident, younger: Incident, reason: GroupingReason, because: str, now: datetime, *, by: str = SYSTEM
) -> tuple[Outcome, Outcome]:
    """Two open incidents are one event: the older one lives with the topics of both, the younger one is resolved.

    The younger one's receivers hear that it is over and where it went on.

    Returns:
        What becomes of the older, and of the younger one.

    Raises:
        TransitionRefused: They are the same, or one of them is resolved.
    """
    _both_open(older, younger)
    moved = tuple(
        msgspec.structs.replace(part, reason=reason, because=because, joined_at=now)
        for part in younger.parts
        if part.topic not in older.topics
    )
    direction = stronger(older.direction, younger.direction)
    parts = (*older.parts, *moved)
    severity = worse(older.severity, younger.severity)
    whose = "" if by == SYSTEM else f" by {by}"
    text = f"Merged with {younger.id} ({wording.plain(younger.title)}){whose}: {because}"
    lives = changed(
        older,
        Transition.SEVERITY_CHANGED if severity is not older.severity else Transition.MERGED,
        text,
        now,
        actor=by,
        direction=direction,
        severity=severity,
        parts=parts,
        episodes=_all(older.episodes, younger.episodes),
        running=_all(older.running, younger.running),
        detectors=_all(older.detectors, younger.detectors),
        receivers=_all(older.receivers, younger.receivers),
        **first_onset(older, younger),
        false_pages_per_week=min(older.false_pages_per_week, younger.false_pages_per_week),
        peak_per_minute=max(older.peak_per_minute, younger.peak_per_minute),
    )
    over = changed(
        younger,
        Transition.MERGED,
        f"Merged into {older.id}{whose}: {because}",
        now,
        actor=by,
        state=IncidentState.RESOLVED,
        resolved_at=now,
        resolved_by=by,
        merged_into=older.id,
        running=(),
    )
    return (in_silence(lives) if severity is older.severity else lives), over


def split(incident: Incident, topics: frozenset[str], by: str, now: datetime, comment: str) -> tuple[Outcome, Outcome]:
    """Some topics turn out to be an event of their own: they get a new incident, and people hear of it.

    Returns:
        What becomes of the incident, and the new one.

    Raises:
        TransitionRefused: It is resolved, a topic is not one of its own, or nothing would be left of it.
    """
    if incident.state is IncidentState.RESOLVED:
        raise TransitionRefused(f"incident {incident.id} is resolved; only an open one can be split")
    unknown = sorted(topics - {part.topic for part in incident.parts})
    if unknown or not topics:
        raise TransitionRefused(f"incident {incident.id} has no topic {unknown[0] if unknown else ''!r}")
    stay = tuple(part for part in incident.parts if part.topic not in topics)
    leave = tuple(part for part in incident.parts if part.topic in topics)
    if not stay:
        raise TransitionRefused(f"nothing would be left of incident {incident.id}: name some of its topics, not all")
    names = ", ".join(part.topic_name for part in leave[:5]) + (f" and {len(leave) - 5} more" if len(leave) > 5 else "")
    gone = {episode for part in leave for episode in part.episodes}
    # An incident has an episode, also where what it was split off no longer knows which.
    episode = leave[0].episodes[0] if leave[0].episodes else f"{incident.episode}/{leave[0].topic}"
    fresh = _led_by(
        msgspec.structs.replace(
            incident,
            id=(identity := incident_id(leave[0].topic, f"{incident.id}/{incident.revision}", now)),
            dedup_key=dedup_key(identity),
            episode=episode,
            state=IncidentState.TRIGGERED,
            opened_at=now,
            updated_at=now,
            revision=1,
            acknowledged_at=None,
            acknowledged_by=None,
            receivers=(),
            accepted_ms=0,
        ),
        leave,
        gone,
    )
    opened = f"Split off {incident.id} by {by}{comment}"
    rest = _led_by(incident, stay, {episode for part in stay for episode in part.episodes})
    kept = changed(rest, Transition.SPLIT, f"{names} split off as {identity} by {by}{comment}", now, actor=by)
    return kept, Outcome(fresh, Transition.OPENED, (entry(fresh, Transition.SPLIT, opened, now, by),))


def _led_by(incident: Incident, parts: tuple[Part, ...], episodes: set[str]) -> Incident:
    """The incident with these parts only, the largest in the lead."""
    lead = next((part for part in parts if part.topic == incident.topic), None)
    lead = lead or max(parts, key=lambda part: part.excess)
    own = lead.topic == incident.topic
    direction = parts[0].direction
    for part in parts[1:]:
        direction = stronger(direction, part.direction)
    return msgspec.structs.replace(
        incident,
        topic=lead.topic,
        topic_name=lead.topic_name,
        owner=incident.owner if own else None,
        direction=direction,
        title=wording.title(lead.topic_name, incident.brand, lead.evidence, direction),
        why=wording.why(lead.evidence, direction),
        severity=assess_all([part.evidence for part in parts], direction).severity,
        evidence=incident.evidence if own else lead.evidence,
        **first_onset(*parts),
        parts=parts,
        episodes=tuple(episode for episode in incident.episodes if episode in episodes),
        running=tuple(episode for episode in incident.running if episode in episodes),
    )


def _both_open(one: Incident, other: Incident) -> None:
    if one.id == other.id:
        raise TransitionRefused(f"incident {one.id} cannot be merged with itself")
    for incident in (one, other):
        if incident.state is IncidentState.RESOLVED:
            raise TransitionRefused(f"incident {incident.id} is resolved; only open incidents can be merged")


def _all(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
