"""What a Slack app hears when people press buttons on the fake Slack: over Socket Mode, or as a signed request."""

import asyncio
import hashlib
import hmac
import json
from collections import deque
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from alerting.fakes.signed_request import SignedRequest
from streams.clock import Clock

OPEN_CALL: Final = "apps.connections.open"
SOCKET_PATH: Final = "/socket"
REPLY_PATH: Final = "/actions/reply"
_MAX_REMEMBERED: Final = 1000


class SlackApp:
    """The app's side of the fake Slack.

    Args:
        app_token: The app-level token that is let in.
        signing_secret: What requests are signed with.

    Attributes:
        private: What those who pressed were told, oldest first.
    """

    def __init__(self, clock: Clock, *, app_token: str, signing_secret: str) -> None:
        self.private: deque[str] = deque(maxlen=_MAX_REMEMBERED)
        self.confirmed: deque[str] = deque(maxlen=_MAX_REMEMBERED)
        self._clock = clock
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._sockets: set[web.WebSocketResponse] = set()
        self._numbers = 0
        self._changed = asyncio.Event()

    @property
    def connections(self) -> int:
        """How many connections of Socket Mode are open."""
        return len(self._sockets)

    async def changed(self) -> None:
        """Wait for the next connection, confirmation or private answer; limit it with `asyncio.timeout`."""
        await self._changed.wait()

    def payload(
        self, post: dict[str, Any], action_id: str, *, user: str, base_url: str, selected: str | None = None
    ) -> dict[str, Any]:
        """The payload of a press on a button of this message, as the message has it.

        Args:
            selected: The user who was chosen, where it is a menu of them.

        Raises:
            LookupError: The message has no such button.
        """
        elements = [
            element | {"block_id": block.get("block_id", "made-up")}
            for block in post.get("blocks") or []
            if block.get("type") == "actions"
            for element in block["elements"]
        ]
        button = next((element for element in elements if element.get("action_id") == action_id), None)
        if button is None:
            raise LookupError(f"the message has no button {action_id!r}")
        self._numbers += 1
        if selected is not None:
            button = button | {"selected_user": selected}
        return {
            "type": "block_actions",
            "user": {"id": user, "username": "as-slack-has-it", "team_id": "T0DEMO"},
            "trigger_id": f"trigger.{self._numbers}",
            "container": {"type": "message", "message_ts": post["ts"]},
            "response_url": f"{base_url}{REPLY_PATH}",
            "actions": [button | {"action_ts": f"{self._clock.now().timestamp():.0f}.{self._numbers:06d}"}],
        }

    def signed(self, payload: dict[str, Any]) -> SignedRequest:
        """The request that Slack sends where no connection is open."""
        return self.signed_body(urlencode({"payload": json.dumps(payload)}).encode())

    def signed_body(self, body: bytes) -> SignedRequest:
        """The request with this body."""
        timestamp = str(int(self._clock.now().timestamp()))
        digest = hmac.new(self._signing_secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return SignedRequest(
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": timestamp,
                "X-Slack-Signature": f"v0={digest.hexdigest()}",
            },
            body,
        )

    async def send(self, payload: Any, *, envelope_id: str) -> None:
        """Send the payload over one of the open connections, as Slack does.

        Raises:
            LookupError: None is open.
        """
        if not self._sockets:
            raise LookupError("no connection is open")
        envelope = {
            "envelope_id": envelope_id,
            "type": "interactive",
            "payload": payload,
            "accepts_response_payload": True,
        }
        await next(iter(self._sockets)).send_json(envelope)

    async def move(self) -> None:
        """Tell every connection that it is about to be closed, as Slack does every few hours."""
        for socket in tuple(self._sockets):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def open(self, request: web.Request) -> web.Response:
        """`apps.connections.open`."""
        if request.headers.get("Authorization") != f"Bearer {self._app_token}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        return web.json_response({"ok": True, "url": f"ws://{request.host}{SOCKET_PATH}?ticket=demo"})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection of Socket Mode."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets) + 1})
        self._sockets.add(socket)
        self._tell()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.confirmed.append(str(json.loads(message.data)["envelope_id"]))
                    self._tell()
        finally:
            self._sockets.discard(socket)
            self._tell()
        return socket

    async def take_reply(self, request: web.Request) -> web.Response:
        """What was written to a `response_url`."""
        told = await request.json()
        if told.get("response_type") != "ephemeral" or told.get("replace_original"):
            return web.Response(status=400, text="everybody would see it")
        self.private.append(str(told["text"]))
        self._tell()
        return web.Response(text="ok")

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
