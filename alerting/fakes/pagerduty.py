"""A PagerDuty on loopback: folds events by dedup key, keeps incidents as the person on call would see them."""

import json
from collections import deque
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from alerting.fakes.inbox import Inbox, InboxEntry, InboxReply
from alerting.fakes.pagerduty_rest import INCIDENT, INCIDENTS, PagerDutyRestApi
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

PATH: Final = "/v2/enqueue"
MAX_REMEMBERED: Final = 1000

# https://developer.pagerduty.com/docs/send-alert-event
KEY_CHARACTERS: Final = 32
MAX_EVENT_BYTES: Final = 512_000
MAX_SUMMARY_CHARACTERS: Final = 1024
MAX_DEDUP_KEY_CHARACTERS: Final = 255
ACTIONS: Final = frozenset({"trigger", "acknowledge", "resolve"})
SEVERITIES: Final = frozenset({"critical", "error", "warning", "info"})


class PagerEvent(msgspec.Struct, frozen=True):
    """One accepted event as it arrived, with the time on the fake's clock."""

    event: dict[str, Any]
    at: datetime


class FakePagerDuty(OnLoopback):
    """The Events API v2 on a free port of 127.0.0.1 while the block is open.

    Args:
        routing_key: The integration key that is let in, 32 characters.
        service: What the recipients call it.
        api_token: The REST API key that is let in; empty lets none in.
        inbox: Where incidents are kept; one may be shared by several vendors.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        routing_key: str,
        service: str = "PagerDuty",
        api_token: str = "",
        inbox: Inbox | None = None,
        port: int = 0,
    ) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self._clock = clock
        self._routing_key = routing_key
        self._service = service
        self._events: deque[PagerEvent] = deque(maxlen=MAX_REMEMBERED)
        self._open: dict[str, str] = {}
        self._numbers = 0
        self.rest = PagerDutyRestApi(
            api_token, lambda: {key: name.replace("pagerduty:", "P") for key, name in self._open.items()}
        )
        self._server = LoopbackServer(
            {PATH: self._enqueue, INCIDENTS: self.rest.answer, INCIDENT: self.rest.answer},
            name_of=lambda path: path,
            refuse=_refuse,
            clock=clock,
            script=self.script,
            port=port,
        )

    @property
    def events_url(self) -> str:
        """What `events_url` of a PagerDuty notifier must be."""
        return f"{self._server.url}{PATH}"

    @property
    def api_url(self) -> str:
        """What `api_url` of a PagerDuty notifier must be."""
        return f"{self._server.url}/"

    @property
    def events(self) -> tuple[PagerEvent, ...]:
        """The latest accepted events, oldest first."""
        return tuple(self._events)

    async def _enqueue(self, request: web.Request) -> web.Response:
        body = await request.read()
        if len(body) > MAX_EVENT_BYTES:
            return _refuse(413, "Event is larger than 512 KB")
        try:
            event = json.loads(body)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return _refuse(400, "JSON is invalid")
        problems = _problems(event)
        if not problems and event["routing_key"] != self._routing_key:
            problems = ["Invalid routing key"]
        if problems:
            return _refuse(400, *problems)
        self._events.append(PagerEvent(event, self._clock.now()))
        key = str(event.get("dedup_key") or f"made-up-{len(self._events)}")
        self._fold(key, event)
        return web.json_response(
            {"status": "success", "message": "Event processed", "dedup_key": key}, status=web.HTTPAccepted.status_code
        )

    def _fold(self, key: str, event: dict[str, Any]) -> None:
        """As PagerDuty does: no second incident while one is open, nothing to do for a key that is not."""
        now = self._clock.now()
        known = self.inbox.get(self._open[key]) if key in self._open else None
        if event["event_action"] == "trigger":
            if known is None:
                self._trigger(key, event["payload"], _link(event), now)
            else:
                self._add(known, str(event["payload"]["summary"]), known.state, now)
        elif known is not None and event["event_action"] == "acknowledge":
            self._add(known, "Acknowledged", "acknowledged", now)
        elif known is not None:
            self._add(known, _ended(event.get("payload")), "resolved", now)
            del self._open[key]

    def _trigger(self, key: str, payload: dict[str, Any], url: str | None, now: datetime) -> None:
        self._numbers += 1
        self._open[key] = f"pagerduty:{self._numbers}"
        self.inbox.put(
            InboxEntry(
                id=self._open[key],
                vendor="pagerduty",
                to=self._service,
                state="triggered",
                at=now,
                updated_at=now,
                title=str(payload["summary"]),
                lines=(f"Severity: {payload['severity']}", *_lines(payload.get("custom_details") or {})),
                url=url,
            )
        )

    def _add(self, entry: InboxEntry, line: str, state: str, now: datetime) -> None:
        self.inbox.put(
            msgspec.structs.replace(
                entry,
                state=state,
                updated_at=now,
                replies=(*entry.replies, InboxReply(now, line)),
                edits=entry.edits + 1,
            )
        )


def _problems(event: object) -> list[str]:
    if not isinstance(event, dict):
        return ["Event must be an object"]
    found = []
    key = event.get("routing_key")
    if not isinstance(key, str) or len(key) != KEY_CHARACTERS:
        found.append(f"Length of 'routing_key' is incorrect (should be {KEY_CHARACTERS} characters)")
    if event.get("event_action") not in ACTIONS:
        found.append("'event_action' is missing or invalid")
    elif event["event_action"] == "trigger" or event.get("payload") is not None:
        found.extend(_payload_problems(event.get("payload")))
    if event.get("event_action") in ACTIONS - {"trigger"} and not event.get("dedup_key"):
        found.append("'dedup_key' is missing")
    if len(str(event.get("dedup_key") or "")) > MAX_DEDUP_KEY_CHARACTERS:
        found.append(f"'dedup_key' is longer than {MAX_DEDUP_KEY_CHARACTERS} characters")
    return found


def _payload_problems(payload: object) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    found = [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity") if not payload.get(name)
    ]
    if len(str(payload.get("summary", ""))) > MAX_SUMMARY_CHARACTERS:
        found.append(f"'payload.summary' is longer than {MAX_SUMMARY_CHARACTERS} characters")
    if payload.get("severity") not in SEVERITIES:
        found.append("'payload.severity' is invalid (must be one of critical, error, warning, info)")
    return found


def _lines(details: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in details.items()
    )


def _ended(payload: dict[str, Any] | None) -> str:
    return f"Resolved: {payload['summary']}" if payload else "Resolved"


def _link(event: dict[str, Any]) -> str | None:
    links = event.get("links") or []
    return str(links[0].get("href")) if links else None


def _refuse(status: int, *errors: str) -> web.Response:
    return web.json_response(
        {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}, status=status
    )
