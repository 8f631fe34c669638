"""PagerDuty's REST API on loopback, as far as it says who is on call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from alerting.fakes.script import Script
from alerting.fakes.server import LoopbackServer, OnLoopback
from streams.clock import Clock

PATH: Final = "/oncalls"
# https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
MOST_ON_A_PAGE: Final = 100


class Turn(msgspec.Struct, frozen=True):
    """A user is on call; without start and end always."""

    user: str
    name: str
    start: datetime | None = None
    end: datetime | None = None


class FakePagerDutyOnCalls(OnLoopback):
    """On a free port of 127.0.0.1 while the block is open.

    Args:
        token: The API key that is let in.
        schedule: The only schedule that there is.
    """

    def __init__(self, clock: Clock, *, token: str, schedule: str) -> None:
        self.script = Script()
        self.turns: Sequence[Turn] = ()
        self.asked = 0
        self._token = token
        self._schedule = schedule
        self._server = LoopbackServer(
            {PATH: self._answer}, name_of=lambda path: path, refuse=_refuse, clock=clock, script=self.script
        )

    @property
    def api_url(self) -> str:
        """What `api_url` of a schedule must be."""
        return f"{self._server.url}/"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if request.headers.get("Authorization") != f"Token token={self._token}":
            return _refuse(401, "Unauthorized")
        asked = request.query
        if asked.getall("schedule_ids[]", []) != [self._schedule]:
            return web.json_response({"oncalls": [], "more": False})
        since, until = datetime.fromisoformat(asked["since"]), datetime.fromisoformat(asked["until"])
        if (until - since).days > 90:
            return _refuse(400, "The range may not be longer than 90 days")
        found = [
            turn
            for turn in self.turns
            if (turn.start is None or turn.start < until) and (turn.end is None or turn.end > since)
        ]
        offset, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 25)), MOST_ON_A_PAGE)
        page = found[offset : offset + limit]
        return web.json_response(
            {
                "oncalls": [_entry(turn, self._schedule) for turn in page],
                "limit": limit,
                "offset": offset,
                "more": offset + limit < len(found),
            }
        )


def _entry(turn: Turn, schedule: str) -> dict[str, object]:
    return {
        "user": {"id": turn.user, "type": "user_reference", "summary": turn.name},
        "schedule": {"id": schedule, "type": "schedule_reference"},
        "escalation_level": 1,
        "start": turn.start.isoformat() if turn.start else None,
        "end": turn.end.isoformat() if turn.end else None,
    }


def _refuse(status: int, error: str) -> web.Response:
    return web.json_response({"error": {"message": error, "code": 2000 + status}}, status=status)
