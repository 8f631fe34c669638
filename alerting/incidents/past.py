"""Detections found while loading past data: incidents that were over before anybody could be told."""

import msgspec

from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import SYSTEM, Outcome, changed, entry
from alerting.incidents.sighting import new_incident, peak, with_evidence
from streams.events import Detection, Phase
from streams.topic import Topic


def apply_history(incident: Incident | None, detection: Detection, topic: Topic | None) -> Outcome:
    """Apply one claim about the past.

    Args:
        incident: The one the episode belongs to; None where it is the first claim.
    """
    if incident is not None and not incident.history:
        return Outcome(incident, Transition.UNCHANGED, replaces=incident.revision)  # it is live by now
    if incident is None:
        if detection.phase in {Phase.ENDED, Phase.WITHDRAWN}:
            return Outcome(None, Transition.UNCHANGED)
        found = msgspec.structs.replace(
            new_incident(detection, topic, detection.at),
            state=IncidentState.RESOLVED,
            resolved_at=detection.at,
            resolved_by=SYSTEM,
            running=(),
            history=True,
        )
        text = f"Found in past data as {found.severity}: {found.why}"
        return Outcome(found, Transition.OPENED, (entry(found, Transition.OPENED, text, detection.at),))
    if detection.phase is Phase.WITHDRAWN:
        return changed(
            incident, Transition.WITHDRAWN, "Withdrawn: not confirmed", detection.at, resolved_at=detection.at
        )
    if detection.phase is Phase.ENDED:
        text = f"Back to usual; peaked at {peak(incident)}"
        return changed(incident, Transition.RESOLVED, text, detection.at, resolved_at=detection.at)
    seen = with_evidence(incident, detection, topic)
    transition = Transition.PEAKED if detection.phase is Phase.PEAKED else Transition.GREW
    text = f"{transition.value.capitalize()}: {seen.why}"
    return changed(seen, transition, text, detection.at, resolved_at=detection.at)
