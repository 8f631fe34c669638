"""What a webhook of PagerDuty (v3) asks for: a person acted there, and the same is done here."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.inbound.request import ActRequest, Vendor, Wish, is_name

_WISHES: Final = {
    "incident.acknowledged": Wish.ACKNOWLEDGE,
    "incident.resolved": Wish.RESOLVE,
    "incident.reassigned": Wish.ASSIGN,
}
_KEY_PREFIX: Final = "tocsin-"  # see `alerting.incidents.identity.dedup_key`
_PERSON: Final = "user_reference"
# The signature covers no time, so a request could be kept; what is older than our memory of requests is not taken.
_OLDEST: Final = timedelta(days=7)


class _Reference(msgspec.Struct):
    id: str = ""
    type: str = ""


class _Incident(msgspec.Struct):
    incident_key: str | None = None
    assignees: list[_Reference] = []


class _Event(msgspec.Struct):
    id: str
    event_type: str
    occurred_at: datetime
    agent: _Reference | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Hook(msgspec.Struct):
    event: _Event


def read_event(body: bytes, now: datetime) -> ActRequest | None:
    """The act; None for what no person did, what is not about an incident of ours, and what is older than a week.

    What we ourselves told PagerDuty comes back as done by an integration, not by a person, and so changes nothing.

    Raises:
        ValueError: It is not what PagerDuty sends.

    Source:
        https://developer.pagerduty.com/docs/webhooks/webhooks-overview
    """
    try:
        event = msgspec.json.decode(body, type=_Hook).event
        wish = _WISHES.get(event.event_type)
        if wish is None:
            return None
        incident = msgspec.json.decode(event.data, type=_Incident)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        raise ValueError("not an event of PagerDuty's") from exc
    key = incident.incident_key or ""
    by_person = event.agent is not None and event.agent.type == _PERSON
    if not by_person or event.agent is None or not key.startswith(_KEY_PREFIX):
        return None
    if event.occurred_at.tzinfo is None or abs(now - event.occurred_at) > _OLDEST:
        return None
    if not (is_name(event.id) and is_name(event.agent.id) and is_name(key)):
        return None
    assignee = None
    if wish is Wish.ASSIGN:
        assignee = next((one.id for one in incident.assignees if one.type == _PERSON and is_name(one.id)), None)
        if assignee is None:
            return None  # to an escalation policy, or to nobody
    return ActRequest(Vendor.PAGERDUTY, event.id, event.agent.id, wish, key.removeprefix(_KEY_PREFIX), assignee)
