"""A webhook receiver on loopback that checks signatures as Standard Webhooks ask receivers to."""

import base64
import hashlib
import hmac
import json
from collections import deque
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from alerting.fakes.inbox import Inbox, InboxEntry
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

PATH: Final = "/hooks/tocsin"
MAX_REMEMBERED: Final = 1000
TOLERANCE_SECONDS: Final = 300


class ReceivedWebhook(msgspec.Struct, frozen=True):
    """One accepted call: its id, the raw body, the body decoded, the time on the fake's clock."""

    id: str
    raw: bytes
    body: dict[str, Any]
    at: datetime


class FakeWebhook(OnLoopback):
    """A receiver on a free port of 127.0.0.1 while the block is open; takes each `webhook-id` once.

    Args:
        secret: As the sender has it: `whsec_` and base64, or any text.
        path: Where it listens.
    """

    def __init__(
        self, clock: Clock, *, secret: str, inbox: Inbox | None = None, path: str = PATH, port: int = 0
    ) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self._clock = clock
        raw = secret.removeprefix("whsec_")
        self._key = base64.b64decode(raw) if raw != secret else secret.encode()
        self._path = path
        self._received: deque[ReceivedWebhook] = deque(maxlen=MAX_REMEMBERED)
        self._server = LoopbackServer(
            {path: self._take},
            name_of=lambda path: path,
            refuse=lambda status, error: web.Response(status=status, text=error),
            clock=clock,
            script=self.script,
            port=port,
        )

    @property
    def url(self) -> str:
        """What `url` of a webhook notifier must be."""
        return f"{self._server.url}{self._path}"

    @property
    def received(self) -> tuple[ReceivedWebhook, ...]:
        """The latest calls with a valid signature, repetitions left out, oldest first."""
        return tuple(self._received)

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        identity = request.headers.get("webhook-id", "")
        timestamp = request.headers.get("webhook-timestamp", "")
        if not self._is_signed(request.headers.get("webhook-signature", ""), identity, timestamp, raw):
            return web.Response(status=401, text="the signature does not fit")
        now = self._clock.now()
        if not timestamp.isdigit() or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
            return web.Response(status=401, text="the timestamp is too old or too new")
        if all(known.id != identity for known in self._received):
            body = json.loads(raw)
            self._received.append(ReceivedWebhook(identity, raw, body, now))
            self.inbox.put(
                InboxEntry(
                    id=f"webhook:{identity}",
                    vendor="webhook",
                    to=request.path,
                    state=str(body["type"]),
                    at=now,
                    updated_at=now,
                    title=str(body["data"].get("headline", "")),
                    lines=(str(body["data"].get("why", "")),),
                    url=body["data"].get("url"),
                )
            )
        return web.Response(status=204)

    def _is_signed(self, header: str, identity: str, timestamp: str, raw: bytes) -> bool:
        digest = hmac.new(self._key, f"{identity}.{timestamp}.".encode() + raw, hashlib.sha256).digest()
        expected = base64.b64encode(digest).decode()
        offers = [offer.removeprefix("v1,") for offer in header.split() if offer.startswith("v1,")]
        return any(hmac.compare_digest(offer, expected) for offer in offers)
