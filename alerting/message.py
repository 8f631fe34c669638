"""From an incident to what a channel may say about it."""

from collections import Counter
from datetime import datetime
from typing import Final

from alerting.directives.self_notice import SelfNotice
from alerting.incidents import wording
from alerting.incidents.insight import excess_of, insights_of
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.part import GroupingReason
from alerting.incidents.public_answers import told
from alerting.notifiers.base import Fact, Message
from streams.events import Direction

_SAMPLES: Final = 3
_DRIVERS: Final = 5
_OVER: Final = frozenset({Transition.RESOLVED, Transition.WITHDRAWN})


def message_about(
    incident: Incident, change: Transition, at: datetime, *, delivery: str = "", public_url: str | None = None
) -> Message:
    """Everything a channel may show about the incident as it stands.

    Args:
        change: Why it is sent.
        at: When it is sent.
        delivery: What is being sent, the same at every attempt.
        public_url: Where the console is reached from outside, without the incident's path; None where it is not.
    """
    return Message(
        incident=incident.id,
        dedup_key=incident.dedup_key,
        revision=incident.revision,
        change=change,
        severity=incident.severity,
        direction=incident.direction,
        topic=incident.topic,
        topic_name=incident.topic_name,
        headline=_headline(incident, change),
        title=incident.title,
        why=f"Goes on as {incident.merged_into}." if incident.merged_into else incident.why,
        odds=wording.odds(incident.false_pages_per_week),
        facts=tuple(Fact(value, label) for value, label in wording.facts(incident.evidence)),
        opened_at=incident.opened_at,
        onset_at=incident.onset_at,
        at=at,
        brand=incident.brand,
        owner=incident.owner,
        actor=_actor(incident, change),
        url=f"{public_url.rstrip('/')}/incidents/{incident.merged_into or incident.id}" if public_url else None,
        drivers=incident.evidence.drivers[:_DRIVERS],
        samples=(incident.evidence.verbatims or incident.evidence.samples)[:_SAMPLES],
        excess=excess_of(incident.evidence),
        insights=tuple(Fact(line.text, line.label) for line in insights_of(incident)),
        state=incident.state,
        acknowledged_by=incident.acknowledged_by,
        delivery=delivery,
        grouped=wording.grouped(reasons_of(incident)),
        statement=str(incident.statement) if incident.statement else "",
        answers=told(incident.answers, incident.reopened_at or incident.opened_at) if incident.answers else "",
        assignee=incident.assignee,
        announced=incident.announced,
        playbook=incident.playbook.short if incident.playbook else "",
        steps=incident.playbook.steps if incident.playbook else (),
        holding_statement=incident.playbook.holding_statement if incident.playbook else "",
    )


def reasons_of(incident: Incident) -> Counter[str]:
    """How many of its topics joined it for each reason."""
    return Counter(part.reason.value for part in incident.parts if part.reason is not GroupingReason.FIRST)


def drill(receiver: str, at: datetime, *, name: str = "") -> Message:
    """A test page: says on every channel that it is one, and folds with no incident.

    Args:
        name: What it folds with at a second attempt; without it, what was sent in the same second.
    """
    identity = name or f"drill-{at:%Y%m%dT%H%M%S}"
    who = wording.plain(receiver)
    return Message(
        incident=identity,
        dedup_key=f"tocsin-{identity}",
        revision=1,
        change=Transition.OPENED,
        severity=Severity.SEV4,
        direction=Direction.CRISIS,
        topic="drill",
        topic_name="Drill",
        headline=wording.fitted("Tocsin drill", None, f"a test page for {wording.plain(who, 50)}"),  # the name stays
        title="A drill: nothing has happened",
        why=f"Somebody tested the way to {who}.",
        odds="not an alarm",
        facts=(),
        opened_at=at,
        onset_at=at,
        at=at,
        test=True,
    )


def about_itself(notice: SelfNotice, change: Transition, *, public_url: str | None = None) -> Message:
    """What Tocsin says of itself; folds with no incident."""
    at = notice.created_at
    return Message(
        incident=notice.id,
        dedup_key=f"tocsin-{notice.id}",
        revision=1,
        change=change,
        severity=Severity.SEV3,
        direction=Direction.CRISIS,
        topic="tocsin",
        topic_name="Tocsin itself",
        headline=notice.headline,
        title=notice.headline,
        why=notice.text,
        odds="no alarm, but something is not as it should be",
        facts=(),
        opened_at=at,
        onset_at=at,
        at=at,
        url=f"{public_url.rstrip('/')}/on-call" if public_url else None,
        state=IncidentState.RESOLVED,  # there is nothing to acknowledge
    )


def _headline(incident: Incident, change: Transition) -> str:
    if change not in _OVER:
        return wording.headline(incident.topic_name, incident.brand, incident.evidence, incident.direction)
    peak = wording.rate(incident.peak_per_minute, "/min", "/hour")
    over = "back to usual" if change is Transition.RESOLVED and incident.resolved_by == "tocsin" else change.value
    if incident.merged_into:
        over = "merged into an older incident"
    return wording.fitted(incident.topic_name, incident.brand, f"{over}, peaked at {peak}")


def _actor(incident: Incident, change: Transition) -> str | None:
    if change is Transition.ACKNOWLEDGED:
        return incident.acknowledged_by
    return incident.resolved_by if change in _OVER else None
