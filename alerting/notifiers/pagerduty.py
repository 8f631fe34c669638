"""PagerDuty: an incident is one dedup key of the Events API v2."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.escaping import escape_log, one_line, plain
from alerting.notifiers.http import Answer, Body, Outbound
from alerting.notifiers.pagerduty_rest import PagerDutyRest
from streams.clock import Clock
from streams.events import Direction

# https://developer.pagerduty.com/docs/send-alert-event
MAX_SUMMARY_CHARACTERS: Final = 1024
_FIELD_CHARACTERS: Final = 250
_MAX_DRIVERS: Final = 10
_MAX_SAMPLES: Final = 3
_ON_ITS_WAY: Final = timedelta(minutes=10)

_ACTIONS: Final = {
    Transition.OPENED: "trigger",
    Transition.REOPENED: "trigger",
    Transition.CALLED: "trigger",
    Transition.SEVERITY_CHANGED: "trigger",
    Transition.ACKNOWLEDGED: "acknowledge",
    Transition.RESOLVED: "resolve",
    # A claim that was not confirmed takes its page back.
    Transition.WITHDRAWN: "resolve",
}
_CRISIS: Final = {
    Severity.SEV1: "critical",
    Severity.SEV2: "error",
    Severity.SEV3: "warning",
    Severity.SEV4: "info",
}
# Joy may be worth a look; it is nobody's outage.
_VIRAL: Final = {
    Severity.SEV1: "warning",
    Severity.SEV2: "warning",
    Severity.SEV3: "info",
    Severity.SEV4: "info",
}


class PagerDutyNotifier:
    """A PagerDuty service. Sending again after doubt is safe: PagerDuty folds by dedup key.

    Args:
        routing_key: The integration key of the service, a secret.
        service: What people call it.
        rest: What hands an incident over there, too; None leaves that to people.
        users: PagerDuty's ids of people, by their names here.
    """

    def __init__(
        self,
        *,
        routing_key: str,
        service: str,
        events_url: str,
        clock: Clock,
        egress: Egress,
        rest: PagerDutyRest | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self._routing_key = routing_key
        self._service = service
        self._rest = rest
        self._users = dict(users or {})
        self._outbound = Outbound(events_url, provider="PagerDuty", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return f"PagerDutyNotifier({self._service!r})"

    @property
    def kind(self) -> str:
        """`pagerduty`."""
        return "pagerduty"

    @property
    def destination(self) -> str:
        """The service."""
        return self._service

    def wants(self, change: Transition) -> bool:
        """What wakes people or lets them sleep: growth is no new page. Who has it, where that can be said there."""
        return change in _ACTIONS or (change is Transition.ASSIGNED and self._rest is not None)

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """Trigger, acknowledge or resolve; the reference is the dedup key."""
        dedup_key = reference or message.dedup_key
        if message.change is Transition.ASSIGNED:
            await self._hand_over(message, dedup_key, timeout_seconds)
            return Receipt(dedup_key)
        answer = await self._outbound.post(
            self._body(message, dedup_key),
            headers={"Content-Type": "application/json"},
            timeout_seconds=timeout_seconds,
        )
        if 200 <= answer.status < 300:
            return Receipt(dedup_key)
        raise self._outbound.failure(answer, self._reason(answer))

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()
        if self._rest is not None:
            await self._rest.close()

    async def _hand_over(self, message: Message, dedup_key: str, timeout_seconds: float) -> None:
        """Somebody whom PagerDuty does not know cannot have it there; that is no failure."""
        user = self._users.get(message.assignee or "")
        if self._rest is None or user is None:
            return
        fresh = message.state is not IncidentState.RESOLVED and message.at - message.opened_at < _ON_ITS_WAY
        await self._rest.reassign(dedup_key, user, expected=fresh, timeout_seconds=timeout_seconds)

    def _body(self, message: Message, dedup_key: str) -> Body:
        event = {"routing_key": self._routing_key, "dedup_key": dedup_key} | _event(message)
        return Body(msgspec.json.encode(event))

    def _reason(self, answer: Answer) -> str:
        try:
            told = msgspec.json.decode(answer.body, type=_Refusal)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
        text = "; ".join([told.message, *told.errors]).strip("; ")
        return escape_log(text.replace(self._routing_key, "…"), 300)


class _Refusal(msgspec.Struct):
    message: str = ""
    errors: list[str] = []


def _event(message: Message) -> dict[str, object]:
    action = _ACTIONS.get(message.change, "trigger")
    if action == "acknowledge":
        return {"event_action": action}
    # An end says how it ended and, after a merge, where it goes on.
    event: dict[str, object] = {
        "event_action": action,
        "client": "Tocsin",
        "payload": {
            "summary": _summary(message),
            "severity": (_VIRAL if message.direction is Direction.VIRAL else _CRISIS)[message.severity],
            "source": one_line(message.brand or message.topic_name, _FIELD_CHARACTERS) or "tocsin",
            "component": one_line(message.topic, _FIELD_CHARACTERS),
            "group": one_line(message.owner or "", _FIELD_CHARACTERS) or None,
            "class": message.direction.value,
            "timestamp": (message.onset_at if action == "trigger" else message.at).isoformat(),
            "custom_details": _details(message),
        },
    }
    if message.url is not None and message.url.startswith(("http://", "https://")):
        event["client_url"] = message.url
        event["links"] = [{"href": message.url, "text": "Open in Tocsin"}]
    return event


def _summary(message: Message) -> str:
    """The headline first: a lock screen shows no more than 80 characters."""
    headline = one_line(message.headline or message.title, 200) or "Incident"
    told = f"TEST {headline}" if message.test else headline
    why = one_line(message.why)
    return one_line(f"{told}. {why}" if why else told, MAX_SUMMARY_CHARACTERS)


def _details(message: Message) -> dict[str, object]:
    details: dict[str, object] = {
        "severity": message.severity.value,
        "why": plain(message.why, 2000),
        "odds": one_line(message.odds, _FIELD_CHARACTERS),
        "owner": one_line(message.owner or "nobody yet", _FIELD_CHARACTERS),
        "facts": [
            f"{one_line(fact.value, 100)} {one_line(fact.label, _FIELD_CHARACTERS)}" for fact in message.facts[:10]
        ],
        "drivers": [
            f"{one_line(driver.term, 100)}: {driver.mentions} (expected {driver.expected:.0f})"
            for driver in message.drivers[:_MAX_DRIVERS]
        ],
        "samples": [one_line(sample.text, 300) for sample in message.samples[:_MAX_SAMPLES]],
        "incident": message.incident,
    }
    if message.statement:
        details["status"] = one_line(message.statement, 600)
    if message.answers:
        details["public answers"] = one_line(message.answers, _FIELD_CHARACTERS)
    if message.assignee:
        details["assigned to"] = one_line(message.assignee, _FIELD_CHARACTERS)
    if message.note:
        details["note"] = one_line(message.note, _FIELD_CHARACTERS)
    if message.test:
        details["test"] = "This is a drill: nothing happened. It stays open here until somebody resolves it."
    return details
