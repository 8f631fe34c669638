"""Words for the pages: spans, clocks, and what came in a mention made harmless to read."""

import re
from datetime import datetime, timedelta
from typing import Final

from alerting.incidents.model import Delivery, DeliveryState, Incident, IncidentState, Transition
from alerting.incidents.wording import duration, plain

LONGEST_QUOTE: Final = 600
_SCHEME: Final = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})(://|:(?=\S))", re.IGNORECASE)
_HOST: Final = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2,})")
_ACTIVE: Final = frozenset({"http", "https", "ftp", "javascript", "data", "vbscript", "file", "mailto", "tel", "sms"})
_CHANGES: Final = {
    Transition.OPENED: "paged",
    Transition.GREW: "told it grew",
    Transition.SEVERITY_CHANGED: "told the new severity",
    Transition.PEAKED: "told it peaked",
    Transition.ACKNOWLEDGED: "told who has it",
    Transition.RESOLVED: "told it is over",
    Transition.REOPENED: "paged again",
    Transition.WITHDRAWN: "told it was withdrawn",
}
_VENDORS: Final = {"slack": "Slack", "pagerduty": "PagerDuty", "webhook": "webhook", "log": "log"}


def quoted(text: str | None, limit: int = LONGEST_QUOTE) -> str:
    """Text from a mention as it may be read: one line, no direction tricks, no link that works.

    The result is text, not markup; the template escapes it.

    >>> quoted("Look: https://evil.example.com/refund now")
    'Look: hxxps://evil[.]example[.]com/refund now'
    """
    return defanged(plain(text or "", limit))


def defanged(text: str) -> str:
    """The text with every address visible and none of them usable.

    >>> defanged("www.acme.io/x or javascript:alert(1)"), defanged("Version 8.2. Done.")
    ('www[.]acme[.]io/x or javascript[:]alert(1)', 'Version 8.2. Done.')
    """

    def scheme(found: re.Match[str]) -> str:
        name, mark = found.group(1), found.group(2)
        if name.lower() not in _ACTIVE:
            return found.group(0)
        if mark == "://":
            return re.sub("tt", "xx", name, flags=re.IGNORECASE) + "://" if "tt" in name.lower() else f"{name}[:]//"
        return f"{name}[:]"

    return _HOST.sub("[.]", _SCHEME.sub(scheme, text))


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


def stand(incident: Incident, now: datetime) -> str:
    """The incident's clock and who has it: `11 min, unacknowledged`."""
    if incident.state is IncidentState.RESOLVED and incident.resolved_at is not None:
        lasted = duration(max((incident.resolved_at - incident.opened_at).total_seconds(), 0.0))
        by = "by itself" if incident.resolved_by in {None, "tocsin"} else f"by {plain(incident.resolved_by or '')}"
        return f"resolved {clock(incident.resolved_at, now)} {by}, after {lasted}"
    age = since(incident.opened_at, now)
    if incident.state is IncidentState.ACKNOWLEDGED:
        return f"{age}, acknowledged by {plain(incident.acknowledged_by or 'somebody')}"
    return f"{age}, unacknowledged"


def told(delivery: Delivery) -> str:
    """Who was told what: `PagerDuty payments on-call paged`."""
    channel = _VENDORS.get(delivery.notifier, delivery.notifier)
    where = delivery.detail if delivery.detail and delivery.detail != channel else delivery.receiver
    return f"{plain(where)} {_CHANGES.get(delivery.change, 'told')}, {channel}"


def arrived(delivery: Delivery, now: datetime) -> str:
    """Whether it got there: `arrived 02:43, 0.9 s`."""
    match delivery.state:
        case DeliveryState.SENT if delivery.sent_at is not None:
            took = max((delivery.sent_at - delivery.created_at).total_seconds(), 0.0)
            return f"arrived {clock(delivery.sent_at, now)}, {took:.1f} s" + _tries(delivery)
        case DeliveryState.SENT:
            return "arrived" + _tries(delivery)
        case DeliveryState.REJECTED:
            return f"never arrived: {defanged(plain(delivery.reason or 'refused'))}"
        case DeliveryState.SUPERSEDED:
            return "replaced by a newer message"
        case DeliveryState.PENDING:
            pass
    if delivery.attempts == 0:
        return "on its way"
    why = f": {defanged(plain(delivery.reason))}" if delivery.reason else ""
    return f"not yet, next try {clock(delivery.next_attempt_at, now)}{_tries(delivery)}{why}"


def _tries(delivery: Delivery) -> str:
    return "" if delivery.attempts <= 1 else f", {delivery.attempts} tries"
