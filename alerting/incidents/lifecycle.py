"""What a detection or a person does to an incident. Pure: values in, values out, `now` is an argument."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.errors import TransitionRefused
from alerting.incidents import wording
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.onset import onset_with
from alerting.incidents.outcome import SYSTEM, Outcome, changed, entry, in_silence, kept_current, unchanged
from alerting.incidents.part import GroupingReason
from alerting.incidents.past import apply_history
from alerting.incidents.severity import assess, worse
from alerting.incidents.sighting import counted_again, extended, new_incident, part_of, peak, stronger, with_evidence
from alerting.incidents.work import person, said_about
from streams.events import Detection, Direction, Phase
from streams.topic import Topic

REOPEN_WITHIN: Final = timedelta(hours=2)

_GOES_ON: Final = frozenset({Phase.OPENED, Phase.GREW, Phase.PEAKED})


def apply_detection(incident: Incident | None, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    """Apply one claim of a detector.

    Args:
        incident: The topic's open incident; else the one the episode belongs to; else the topic's newest.
        topic: As configured; None where it no longer is.
        now: Processing time; becomes the time of what happens to live incidents. Past data keeps event time.
    """
    if detection.history:
        return apply_history(incident, detection, topic)
    if detection.phase in _GOES_ON:
        return _apply_rise(incident, detection, topic, now)
    if incident is None or incident.history or detection.episode not in incident.episodes:
        return Outcome(incident, Transition.UNCHANGED, replaces=incident.revision if incident else None)
    if detection.phase is Phase.COUNTED:
        return _count_again(incident, detection, topic, now)
    if incident.state is IncidentState.RESOLVED:
        return _end_quietly(incident, detection, now)
    return _end(incident, detection, now)


def acknowledge(incident: Incident, by: str, now: datetime, comment: str | None = None) -> Outcome:
    """Somebody takes it on; where its chain asks for several people, the last of them does.

    A second acknowledgement of the same person changes nothing.

    Raises:
        TransitionRefused: The incident is resolved.
    """
    if incident.state is IncidentState.RESOLVED:
        if incident.merged_into:
            raise TransitionRefused(f"incident {incident.id} goes on as {incident.merged_into}: acknowledge that one")
        raise TransitionRefused(
            f"incident {incident.id} is resolved; only a triggered incident can be acknowledged"
            " (a new rise of the topic opens it again)"
        )
    if incident.state is IncidentState.ACKNOWLEDGED:
        return unchanged(incident)
    actor = person(by)
    said = f"Acknowledged by {actor}{said_about(comment)}"
    joined = incident.escalation.joined(actor) if incident.escalation else None
    if joined is not None and joined.lacking:
        if joined == incident.escalation:
            return unchanged(incident)
        needed = f"{said}; {joined.lacking} more needed"
        return changed(incident, Transition.PARTLY_ACKNOWLEDGED, needed, now, actor=actor, escalation=joined)
    return changed(
        incident,
        Transition.ACKNOWLEDGED,
        said,
        now,
        actor=actor,
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=", ".join(joined.acknowledged_by) if joined else actor,
        escalation=joined,
    )


def resolve(incident: Incident, by: str, now: datetime, comment: str | None = None) -> Outcome:
    """Somebody says that it is over. A second resolution changes nothing.

    The event itself may go on: it opens the incident again only once it is worse than what was closed.
    """
    if incident.state is IncidentState.RESOLVED:
        return unchanged(incident)
    actor = person(by)
    return changed(
        incident,
        Transition.RESOLVED,
        f"Resolved by {actor}{said_about(comment)}",
        now,
        actor=actor,
        state=IncidentState.RESOLVED,
        resolved_at=now,
        resolved_by=actor,
    )


def untrack(incident: Incident, now: datetime) -> Outcome:
    """None of its topics is tracked any more, so no detector will say that it is over."""
    if incident.state is IncidentState.RESOLVED:
        return unchanged(incident)
    more = len(incident.topics) - 1
    also = f" and {more} more" if more > 0 else ""
    text = f"Resolved: nobody tracks {wording.plain(incident.topic_name)}{also} any more"
    return changed(
        incident,
        Transition.RESOLVED,
        text,
        now,
        running=(),
        state=IncidentState.RESOLVED,
        resolved_at=now,
        resolved_by=SYSTEM,
    )


def _apply_rise(incident: Incident | None, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    if incident is None:
        return _open(detection, topic, now)
    known = detection.episode in incident.episodes
    if incident.history:
        return _wake(incident, detection, topic, now) if known else _open(detection, topic, now)
    if incident.state is not IncidentState.RESOLVED:
        return _go_on(incident, detection, topic, now)
    if known:
        return _outgrow(incident, detection, topic, now)
    if _quiet_since(incident, detection, now) <= REOPEN_WITHIN:
        return _reopen(incident, detection, topic, now, "The topic rises again")
    return _open(detection, topic, now)


def _open(detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    opened = new_incident(detection, topic, now)
    began = wording.began(opened.onset_at, opened.onset_earliest, opened.onset_latest)
    text = f"Opened as {opened.severity} by {wording.plain(detection.detector)}: {opened.why} It {began}."
    return Outcome(opened, Transition.OPENED, (entry(opened, Transition.OPENED, text, now),))


def _go_on(incident: Incident, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    known = detection.episode in incident.episodes
    outdated = incident.last_detection_at is not None and detection.at < incident.last_detection_at
    if known and outdated:
        return unchanged(incident)
    joined = msgspec.structs.replace(
        incident,
        episodes=extended(incident.episodes, detection.episode),
        running=extended(incident.running, detection.episode),
        detectors=extended(incident.detectors, wording.plain(detection.detector)),
        false_pages_per_week=min(incident.false_pages_per_week, detection.false_pages_per_week),
        **onset_with(incident, detection),
    )
    seen = joined if outdated else with_evidence(joined, detection, topic)
    why = seen.why
    if seen.severity != incident.severity:
        raised = worse(incident.severity, seen.severity) is seen.severity
        transition = Transition.SEVERITY_CHANGED if raised else Transition.SEVERITY_LOWERED
        text = f"{'Raised' if raised else 'Lowered'} from {incident.severity} to {seen.severity}: {why}"
        if raised:
            seen = msgspec.structs.replace(seen, snoozed_until=None)
    elif not known:
        transition, text = Transition.GREW, f"Also seen by {wording.plain(detection.detector)}: {why}"
    elif detection.phase is Phase.PEAKED:
        transition, text = Transition.PEAKED, f"Past its peak of {peak(seen)}: {why}"
    else:
        transition, text = Transition.GREW, f"{'Rises again' if detection.again else 'Grew'}: {why}"
    if detection.topic == seen.topic or seen.severity != incident.severity:
        return changed(seen, transition, text, now)
    return in_silence(changed(seen, transition, _in_topic(seen, detection, text), now))


def _count_again(incident: Incident, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    """What is shown of it is brought up to date, and nothing else: no person's word is overruled, nobody is woken."""
    outdated = incident.last_detection_at is not None and detection.at < incident.last_detection_at
    gone = detection.episode not in incident.running or detection.topic not in incident.topics
    if incident.state is IncidentState.RESOLVED or gone or outdated:
        return unchanged(incident)
    seen = counted_again(incident, detection, topic)
    if detection.topic != seen.topic:
        return kept_current(seen, now)
    return changed(seen, Transition.COUNTED, wording.goes_on(seen.evidence), now)


def _in_topic(incident: Incident, detection: Detection, text: str) -> str:
    name = next((part.topic_name for part in incident.parts if part.topic == detection.topic), detection.topic)
    return f"{wording.plain(name)}: {text.partition(':')[0]}"


def _end(incident: Incident, detection: Detection, now: datetime) -> Outcome:
    withdrawn = detection.phase is Phase.WITHDRAWN
    running = tuple(episode for episode in incident.running if episode != detection.episode)
    over = msgspec.structs.replace(
        incident, running=running, last_detection_at=max(detection.at, incident.last_detection_at or detection.at)
    )
    detector = wording.plain(detection.detector)
    if running:
        if detection.episode not in incident.running:
            return unchanged(incident)
        return changed(over, Transition.UNCHANGED, f"{detector} sees it no more; others still do", now)
    if withdrawn and len(incident.episodes) == 1:
        transition, text = Transition.WITHDRAWN, f"Withdrawn: {detector} did not find it confirmed"
    else:
        again = incident.direction is Direction.QUIET
        text = "It delivers again" if again else f"Back to usual; peaked at {peak(incident)}"
        transition = Transition.RESOLVED
    return changed(over, transition, text, now, state=IncidentState.RESOLVED, resolved_at=now, resolved_by=SYSTEM)


def _end_quietly(incident: Incident, detection: Detection, now: datetime) -> Outcome:
    if detection.episode not in incident.running:
        return unchanged(incident)
    running = tuple(episode for episode in incident.running if episode != detection.episode)
    text = f"{wording.plain(detection.detector)} sees it no more"
    return changed(incident, Transition.UNCHANGED, text, now, running=running)


def _outgrow(incident: Incident, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    """An episode goes on after its incident was resolved.

    A person's word stands until it got worse than they knew, or begins again.
    """
    if topic is None and detection.direction is not Direction.QUIET:
        return unchanged(incident)  # it was removed, and this was on its way already
    if incident.resolved_by == SYSTEM:
        return _reopen(incident, detection, topic, now, "The event goes on")
    if detection.again and incident.resolved_at is not None and detection.at > incident.resolved_at:
        return _reopen(incident, detection, topic, now, "The topic rises again")
    severity = assess(detection.evidence, stronger(incident.direction, detection.direction)).severity
    if worse(severity, incident.severity) == incident.severity:
        return unchanged(incident)
    return _reopen(incident, detection, topic, now, f"Worse than when it was resolved ({severity})")


def _reopen(incident: Incident, detection: Detection, topic: Topic | None, now: datetime, reason: str) -> Outcome:
    direction = (
        detection.direction if incident.resolved_by == SYSTEM else stronger(incident.direction, detection.direction)
    )
    fresh = msgspec.structs.replace(
        incident,
        direction=direction,
        # A second wave is this topic's; others join it again if they rise again.
        topic=detection.topic,
        parts=(part_of(detection, topic, GroupingReason.FIRST, reason, now),),
        severity=Severity.SEV4,
        state=IncidentState.TRIGGERED,
        acknowledged_at=None,
        acknowledged_by=None,
        resolved_at=None,
        resolved_by=None,
        reopened_at=now,
        snoozed_until=None,
        answers=None,
        own_part=None,
        overdue=(),
        episodes=extended(incident.episodes, detection.episode),
        running=extended(incident.running, detection.episode),
        detectors=extended(incident.detectors, wording.plain(detection.detector)),
        false_pages_per_week=min(incident.false_pages_per_week, detection.false_pages_per_week),
    )
    seen = with_evidence(fresh, detection, topic)
    return changed(seen, Transition.REOPENED, f"Opened again as {seen.severity}. {reason}: {seen.why}", now)


def _wake(incident: Incident, detection: Detection, topic: Topic | None, now: datetime) -> Outcome:
    """An event that began in past data still goes on: from now on it is live, and people hear of it."""
    live = msgspec.structs.replace(
        incident,
        history=False,
        state=IncidentState.TRIGGERED,
        resolved_at=None,
        resolved_by=None,
        opened_at=now,
        running=extended(incident.running, detection.episode),
        accepted_ms=detection.accepted_ms,
    )
    seen = with_evidence(live, detection, topic)
    return changed(seen, Transition.OPENED, f"Began in past data and goes on, {seen.severity}: {seen.why}", now)


def _quiet_since(incident: Incident, detection: Detection, now: datetime) -> timedelta:
    """How long it was over: in event time where the stream ended it, so that catching up changes nothing."""
    if incident.resolved_by == SYSTEM and incident.last_detection_at is not None:
        return detection.at - incident.last_detection_at
    return now - (incident.resolved_at or now)
