"""A Teams workflow on loopback: takes Adaptive Cards, and posts each of them."""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from alerting.fakes.inbox import Inbox, InboxEntry
from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

# https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages
MAX_BYTES: Final = 28 * 1024
PATH: Final = "/workflows/"
_MAX_REMEMBERED: Final = 1000


class FakeTeams(OnLoopback):
    """One workflow on a free port of 127.0.0.1 while the block is open.

    Args:
        secret: The part of the address that nobody else knows.
    """

    def __init__(self, clock: Clock, *, secret: str, inbox: Inbox | None = None) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self._clock = clock
        self._secret = secret
        self._cards: deque[dict[str, Any]] = deque(maxlen=_MAX_REMEMBERED)
        self._server = LoopbackServer(
            {PATH: self._post},
            name_of=lambda path: path,
            refuse=lambda status, error: web.Response(status=status, text=error),
            clock=clock,
            script=self.script,
        )

    def url(self, secret: str | None = None) -> str:
        """What `url` of a Teams notifier must be."""
        return f"{self._server.url}{PATH}?sig={secret or self._secret}"

    @property
    def cards(self) -> tuple[dict[str, Any], ...]:
        """The latest messages, oldest first."""
        return tuple(self._cards)

    async def _post(self, request: web.Request) -> web.Response:
        if request.query.get("sig") != self._secret:
            return web.Response(status=401, text="the signature does not fit")
        body = await request.read()
        if len(body) > MAX_BYTES:
            return web.Response(status=413, text="the message is too large")
        told = json.loads(body)
        [attachment] = told["attachments"]
        card = attachment["content"]
        if told["type"] != "message" or card["type"] != "AdaptiveCard" or not card["body"]:
            return web.Response(status=400, text="not a card")
        self._cards.append(told)
        now = self._clock.now()
        lines = tuple(_lines(card))
        self.inbox.put(
            InboxEntry(
                id=f"teams:{len(self._cards)}",
                vendor="teams",
                to="a channel",
                state="posted",
                at=now,
                updated_at=now,
                title=lines[0],
                lines=lines[1:],
                url=next((action["url"] for action in card.get("actions", ())), None),
            )
        )
        return web.Response(status=202)


def _lines(card: dict[str, Any]) -> Iterator[str]:
    for block in card["body"]:
        yield "".join(run["text"] for run in block["inlines"])
