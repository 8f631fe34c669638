"""A Slack on loopback: takes messages as Slack does, keeps them as the channel's members would see them."""

import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from alerting.fakes.inbox import Inbox, InboxEntry, InboxReply
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from alerting.fakes.signed_request import SignedRequest
from alerting.fakes.slack_app import OPEN_CALL, REPLY_PATH, SOCKET_PATH, SlackApp
from alerting.fakes.slack_files import ASK, COMPLETE, UPLOAD_PATH, SlackFilesApi
from alerting.fakes.slack_limit import SlackLimit
from alerting.fakes.slack_rules import refusal_of, seen_lines, seen_text, seen_title, seen_url
from streams.clock import Clock

MAX_REMEMBERED: Final = 1000

_ID: Final = re.compile(r"[CGD][A-Z0-9]{8,}")
_METHODS: Final = (
    "auth.test",
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.replies",
    ASK,
    COMPLETE,
)


class SlackCall(msgspec.Struct, frozen=True):
    """One call as it arrived: the method, the decoded arguments, the time on the fake's clock."""

    method: str
    arguments: dict[str, Any]
    at: datetime


class FakeSlack(OnLoopback):
    """Slack's Web API as far as alerts need it, on a free port of 127.0.0.1 while the block is open.

    Args:
        token: The bot token that is let in.
        app_token: The app-level token of Socket Mode.
        signing_secret: What pressed buttons are signed with.
        channels: Ids by name; None knows every channel and makes up its id.
        may_read: Whether the token has `channels:history`.
        seconds_apart: How much time there has to be between two messages of a channel.
        remembered: How many messages and calls are kept.
        inbox: Where messages are kept; one may be shared by several vendors.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str,
        app_token: str = "xapp-demo",  # noqa: S107  # opens a fake
        signing_secret: str = "signed-by-the-demo",  # noqa: S107  # same
        channels: Mapping[str, str] | None = None,
        may_read: bool = True,
        seconds_apart: float = 0.0,
        remembered: int = MAX_REMEMBERED,
        inbox: Inbox | None = None,
        port: int = 0,
    ) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self.app = SlackApp(clock, app_token=app_token, signing_secret=signing_secret)
        self.limit = SlackLimit(seconds_apart)
        self._clock = clock
        self._token = token
        self._remembered = remembered
        self._channels = channels
        self._may_read = may_read
        self._calls: deque[SlackCall] = deque(maxlen=remembered)
        self._posts: dict[tuple[str, str], dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._last_ts = 0
        self.files = SlackFilesApi()
        self._server = LoopbackServer(
            {f"/api/{method}": self._handle for method in _METHODS}
            | {
                f"/api/{OPEN_CALL}": self.app.open,
                SOCKET_PATH: self.app.connect,
                UPLOAD_PATH: self.files.take,
                REPLY_PATH: self.app.take_reply,
            },
            name_of=lambda path: path.removeprefix("/api/"),
            refuse=lambda status, error: web.json_response({"ok": False, "error": error}, status=status),
            clock=clock,
            script=self.script,
            port=port,
        )

    @property
    def api_url(self) -> str:
        """What `api_url` of a Slack notifier must be."""
        return f"{self._server.url}/api/"

    @property
    def calls(self) -> tuple[SlackCall, ...]:
        """The latest calls that had an effect or read something, oldest first."""
        return tuple(self._calls)

    def press(self, reference: str, action_id: str, *, user: str, selected: str | None = None) -> SignedRequest:
        """A person presses a button of the message `channel:ts`; answers what Slack sends to the app's request URL.

        Raises:
            LookupError: There is no such message, or no such button on it.
        """
        return self.app.signed(self.pressed(reference, action_id, user=user, selected=selected))

    def pressed(self, reference: str, action_id: str, *, user: str, selected: str | None = None) -> dict[str, Any]:
        """The payload of that press. Raises as `press` does."""
        channel, _, ts = reference.rpartition(":")
        return self.app.payload(
            self._posts[channel, ts], action_id, user=user, base_url=self._server.url, selected=selected
        )

    async def _handle(self, request: web.Request) -> web.Response:
        method = request.path.removeprefix("/api/")
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return _refuse("invalid_auth" if "Authorization" in request.headers else "not_authed")
        arguments = await _arguments(request)
        if arguments is None:
            return _refuse("invalid_json")
        if method in {ASK, COMPLETE}:
            return self.files.called(method, arguments, self._server.url, lambda *place: place in self._posts)
        if method == "auth.test":
            return web.json_response({"ok": True, "team": "Demo", "user": "tocsin", "bot_id": "B0TOCSIN"})
        channel = self._channel_id(str(arguments.get("channel", "")), by_name=method == "chat.postMessage")
        if channel is None:
            return _refuse("channel_not_found")
        if method == "chat.postMessage" and (wait := self.limit.wait(channel, self._clock.now())) is not None:
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(wait)}
            )
        self._calls.append(SlackCall(method, arguments, self._clock.now()))
        return self._called(method, channel, arguments)

    def _called(self, method: str, channel: str, arguments: dict[str, Any]) -> web.Response:
        if method == "chat.postMessage":
            return self._post(channel, arguments)
        if method == "chat.update":
            return self._update(channel, arguments)
        if not self._may_read:
            return _refuse("missing_scope")
        return self._read(channel, arguments, thread=method == "conversations.replies")

    def _post(self, channel: str, arguments: dict[str, Any]) -> web.Response:
        if error := refusal_of(arguments):
            return _refuse(error)
        thread = arguments.get("thread_ts")
        if thread is not None and (channel, thread) not in self._posts:
            return _refuse("thread_not_found")
        ts = self._next_ts()
        post = {key: arguments[key] for key in ("text", "blocks", "metadata") if key in arguments}
        self._remember(channel, ts, post | {"ts": ts, "type": "message", "bot_id": "B0TOCSIN"})
        if thread is None:
            self._show(channel, ts)
        else:
            self._posts[channel, ts]["thread_ts"] = thread
            self._posts[channel, ts]["broadcast"] = bool(arguments.get("reply_broadcast"))
            self._show_reply(channel, thread, seen_text(str(arguments.get("text", ""))))
        return web.json_response({"ok": True, "channel": channel, "ts": ts, "message": post})

    def _update(self, channel: str, arguments: dict[str, Any]) -> web.Response:
        ts = str(arguments.get("ts", ""))
        if (channel, ts) not in self._posts:
            return _refuse("message_not_found")
        if error := refusal_of(arguments):
            return _refuse(error)
        changed: dict[str, Any] = {key: arguments[key] for key in ("text", "blocks", "metadata") if key in arguments}
        self._posts[channel, ts] |= changed
        self._show(channel, ts)
        return web.json_response({"ok": True, "channel": channel, "ts": ts, "text": arguments.get("text", "")})

    def _read(self, channel: str, arguments: dict[str, Any], *, thread: bool) -> web.Response:
        with_metadata = str(arguments.get("include_all_metadata", "0")).lower() in {"1", "true"}
        oldest = float(arguments.get("oldest") or 0)
        limit = min(int(arguments.get("limit") or 100), 999)
        start = int(arguments.get("cursor") or 0)
        found = [
            {key: value for key, value in post.items() if key != "metadata" or with_metadata}
            for (where, ts), post in reversed(self._posts.items())
            if where == channel
            and float(ts) >= oldest
            and (
                arguments.get("ts") in {ts, post.get("thread_ts")}
                if thread
                else "thread_ts" not in post or post["broadcast"]
            )
        ]
        following = str(start + limit) if len(found) > start + limit else ""
        return web.json_response(
            {
                "ok": True,
                "messages": found[start : start + limit],
                "has_more": bool(following),
                "response_metadata": {"next_cursor": following},
            }
        )

    def _show(self, channel: str, ts: str) -> None:
        post = self._posts[channel, ts]
        before = self.inbox.get(f"slack:{channel}:{ts}")
        now = self._clock.now()
        self.inbox.put(
            InboxEntry(
                id=f"slack:{channel}:{ts}",
                vendor="slack",
                to=f"#{self._names.get(channel, channel)}",
                state="edited" if before else "posted",
                at=before.at if before else now,
                updated_at=now,
                title=seen_title(post),
                lines=seen_lines(post),
                replies=before.replies if before else (),
                url=seen_url(post),
                edits=before.edits + 1 if before else 0,
            )
        )

    def _show_reply(self, channel: str, thread: str, text: str) -> None:
        entry = self.inbox.get(f"slack:{channel}:{thread}")
        if entry is not None:
            now = self._clock.now()
            replies = (*entry.replies, InboxReply(now, text))
            self.inbox.put(msgspec.structs.replace(entry, replies=replies, updated_at=now))

    def _remember(self, channel: str, ts: str, post: dict[str, Any]) -> None:
        self._posts[channel, ts] = post
        while len(self._posts) > self._remembered:
            del self._posts[next(iter(self._posts))]

    def _channel_id(self, wanted: str, *, by_name: bool) -> str | None:
        """As Slack has it: posting finds a public channel by name, everything else wants the id."""
        if _ID.fullmatch(wanted):
            return wanted if self._channels is None or wanted in self._channels.values() else None
        name = wanted.removeprefix("#")
        if not name or not by_name:
            return None
        made_up = "C" + hashlib.sha256(name.encode()).hexdigest()[:10].upper()
        found = made_up if self._channels is None else self._channels.get(name)
        if found is not None:
            self._names[found] = name
        return found

    def _next_ts(self) -> str:
        micros = int(self._clock.now().timestamp() * 1_000_000)
        self._last_ts = max(micros, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"


async def _arguments(request: web.Request) -> dict[str, Any] | None:
    """From the query, a form or a JSON body; None where the body is not what it claims to be."""
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return None
        return found | body if isinstance(body, dict) else None
    form = await request.post()
    return found | {key: value for key, value in form.items() if isinstance(value, str)}


def _refuse(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})
