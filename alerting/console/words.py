"""Words for the pages: spans, clocks, who was told, whether it arrived. Text, not markup: the template escapes it."""

from datetime import datetime, timedelta
from typing import Final

from alerting.charts.build import Zoom
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.wording import count, duration
from alerting.notifiers.escaping import one_line

LONGEST_NAME: Final = 120
LONGEST_TEXT: Final = 600
LONGEST_REASON: Final = 300
_CHANGES: Final = {
    Transition.OPENED: "paged",
    Transition.GREW: "told it grew",
    Transition.COUNTED: "shown the new counts",
    Transition.SEVERITY_CHANGED: "told the new severity",
    Transition.SEVERITY_LOWERED: "told the new severity",
    Transition.PEAKED: "told it peaked",
    Transition.ACKNOWLEDGED: "told who has it",
    Transition.RESOLVED: "told it is over",
    Transition.REOPENED: "paged again",
    Transition.CALLED: "called",
    Transition.NOTIFIED: "told",
    Transition.ESCALATED: "told who is called",
    Transition.HANDED_OVER: "told who it was handed to",
    Transition.WITHDRAWN: "told it was withdrawn",
    Transition.MUTED: "told it is silent for now",
    Transition.COMMENTED: "told",
}
ZOOMS: Final = (
    (Zoom.EVENT, "whole event"),
    (Zoom.ONSET, "how it began"),
    (Zoom.HOUR, "last hour"),
    (Zoom.DAY, "last day"),
    (Zoom.WEEK, "last week"),
)
_VENDORS: Final = {"slack": "Slack", "pagerduty": "PagerDuty", "webhook": "webhook", "log": "log"}


def clock(at: datetime, now: datetime) -> str:
    """The time of day, UTC; with its date where it is not today.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> clock(datetime(2026, 1, 5, 2, 41, tzinfo=UTC), now), clock(datetime(2026, 1, 4, 2, 41, tzinfo=UTC), now)
    ('02:41', '4 Jan 02:41')
    """
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at.day} {at:%b %H:%M}"


def since(at: datetime, now: datetime) -> str:
    """How long ago.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> since(at, at + timedelta(seconds=30)), since(at, at + timedelta(minutes=11)), since(at, at + timedelta(days=3))
    ('just now', '11 min', '3 days')
    """
    span = now - at
    if span < timedelta(minutes=1):
        return "just now"
    return f"{span.days} days" if span >= timedelta(days=2) else duration(span.total_seconds())


def per(per_minute: float, *, hourly: bool) -> str:
    """A rate in a given unit.

    >>> per(39.4, hourly=False), per(4.25, hourly=False), per(0.2, hourly=True)
    ('39/min', '4.2/min', '12/hour')
    """
    number = per_minute * 60 if hourly else per_minute
    digits = 0 if number >= 10 or number == int(number) else 1
    return f"{number:,.{digits}f}/{'hour' if hourly else 'min'}"


def against_usual(observed: float, expected: float, window_seconds: int) -> str:
    """A count beside the usual one.

    >>> against_usual(12, 3.04, 1800)
    '12 mentions in 30 min, 3.0 usual'
    """
    usual = f"{expected:.1f}" if expected < 10 else count(expected)
    return f"{count(observed)} mentions in {duration(window_seconds)}, {usual} usual"


def scored(score: float | None) -> str:
    """A factor's score.

    >>> scored(2.72), scored(None)
    ('2.7 of 3', 'unknown')
    """
    return "unknown" if score is None else f"{score:.1f} of 3"


def stand(incident: Incident, now: datetime) -> str:
    """The incident's clock and who has it: `11 min, unacknowledged`."""
    if incident.state is IncidentState.RESOLVED and incident.resolved_at is not None:
        lasted = duration(max((incident.resolved_at - incident.opened_at).total_seconds(), 0.0))
        by = (
            "by itself"
            if incident.resolved_by in {None, "tocsin"}
            else f"by {one_line(incident.resolved_by or '', LONGEST_NAME)}"
        )
        if incident.merged_into:
            return f"merged into {one_line(incident.merged_into, LONGEST_NAME)} {clock(incident.resolved_at, now)}"
        return f"resolved {clock(incident.resolved_at, now)} {by}, after {lasted}"
    age = since(incident.opened_at, now)
    if incident.state is IncidentState.ACKNOWLEDGED:
        return f"{age}, acknowledged by {one_line(incident.acknowledged_by or 'somebody', LONGEST_NAME)}"
    return f"{age}, unacknowledged"


def told(delivery: Delivery) -> str:
    """Who was told what: `PagerDuty payments on-call paged`."""
    kind = delivery.notifier.partition(":")[0]
    channel = _VENDORS.get(kind, one_line(kind, LONGEST_NAME))
    where = delivery.detail if delivery.detail and delivery.detail != channel else delivery.receiver
    return f"{one_line(where, LONGEST_NAME)} {_CHANGES.get(delivery.change, 'told')}, {channel}"


def arrived(delivery: Delivery, now: datetime) -> str:
    """Whether it got there: `arrived 02:43, 0.9 s`."""
    match delivery.state:
        case DeliveryState.SENT if delivery.sent_at is not None:
            took = max((delivery.sent_at - delivery.created_at).total_seconds(), 0.0)
            return f"arrived {clock(delivery.sent_at, now)}, {took:.1f} s" + _tries(delivery)
        case DeliveryState.SENT:
            return "arrived" + _tries(delivery)
        case DeliveryState.REJECTED:
            return f"never arrived: {one_line(delivery.reason or 'refused', LONGEST_REASON)}"
        case DeliveryState.SUPERSEDED:
            return "replaced by a newer message"
        case DeliveryState.PENDING:
            pass
    if delivery.attempts == 0:
        return "on its way"
    why = f": {one_line(delivery.reason, LONGEST_REASON)}" if delivery.reason else ""
    return f"not yet, next try {clock(delivery.next_attempt_at, now)}{_tries(delivery)}{why}"


def _tries(delivery: Delivery) -> str:
    return "" if delivery.attempts <= 1 else f", {delivery.attempts} tries"
