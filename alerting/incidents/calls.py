"""When an incident's next call is due, with everything that stops it. Pure."""

from datetime import datetime

from alerting.incidents.model import Incident, IncidentState


def call_due_at(incident: Incident) -> datetime | None:
    """When somebody is to be called next; None while nobody is: it is muted, taken on, over, or its chain has ended.

    A snooze puts calls off until its end.
    """
    if incident.escalation is None or incident.history or incident.is_muted:
        return None
    if incident.state is not IncidentState.TRIGGERED:
        return None
    due = incident.escalation.next_at
    if due is not None and incident.snoozed_until is not None:
        return max(due, incident.snoozed_until)
    return due
