"""An ntfy server on loopback: messages of one sequence are one notification on the phone."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from alerting.fakes.inbox import Inbox, InboxEntry, InboxReply
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

# https://docs.ntfy.sh/publish/#limitations
MAX_MESSAGE_BYTES: Final = 4096
MAX_ACTIONS: Final = 3
_MAX_REMEMBERED: Final = 1000


class FakeNtfy(OnLoopback):
    """Publishing as JSON, on a free port of 127.0.0.1 while the block is open.

    Args:
        topic: The one that may be published to.
        phones: Further ones, each with whose phone it is.
        token: The access token that is let in.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        topic: str = "",
        token: str,
        inbox: Inbox | None = None,
        phones: Mapping[str, str] | None = None,
    ) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self._clock = clock
        self._phones = {topic: "a phone"} if topic else {}
        self._phones |= phones or {}
        self._token = token
        self._published: deque[dict[str, Any]] = deque(maxlen=_MAX_REMEMBERED)
        self._server = LoopbackServer(
            {"/": self._publish},
            name_of=lambda path: path,
            refuse=_refuse,
            clock=clock,
            script=self.script,
        )

    @property
    def url(self) -> str:
        """What `url` of an ntfy notifier must be."""
        return f"{self._server.url}/"

    @property
    def published(self) -> tuple[dict[str, Any], ...]:
        """The latest messages, oldest first."""
        return tuple(self._published)

    async def _publish(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return _refuse(403, "forbidden")
        told = json.loads(await request.read())
        if told.get("topic") not in self._phones:
            return _refuse(403, "forbidden")
        if len(str(told["message"]).encode()) > MAX_MESSAGE_BYTES or len(told.get("actions", ())) > MAX_ACTIONS:
            return _refuse(400, "invalid request")
        if told["priority"] not in range(1, 6):
            return _refuse(400, "invalid priority")
        self._published.append(told)
        self._show(told)
        return web.json_response({"id": f"msg{len(self._published)}", "event": "message", "topic": told["topic"]})

    def _show(self, told: dict[str, Any]) -> None:
        now = self._clock.now()
        name = f"ntfy:{told['topic']}:{told['sequence_id']}"
        known = self.inbox.get(name)
        self.inbox.put(
            InboxEntry(
                id=name,
                vendor="ntfy",
                to=self._phones[told["topic"]],
                state="updated" if known else "arrived",
                at=known.at if known else now,
                updated_at=now,
                title=told["title"],
                lines=tuple(told["message"].split("\n")),
                replies=(*known.replies, InboxReply(now, told["title"])) if known else (),
                url=told.get("click"),
                edits=known.edits + 1 if known else 0,
            )
        )


def _refuse(status: int, error: str) -> web.Response:
    return web.json_response({"code": status * 100, "http": status, "error": error}, status=status)
