"""The part of PagerDuty's REST API that says who has an incident."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

INCIDENTS: Final = "/incidents"
INCIDENT: Final = "/incidents/{incident}"
VERSION: Final = "application/vnd.pagerduty+json;version=2"


class PagerDutyRestApi:
    """Lists open incidents by their key, and lets them be given to somebody.

    Args:
        token: The REST API key that is let in.
        open_incidents: Keys of what is open, with the ids by which it is changed.

    Attributes:
        assignees: Who has what, by dedup key.
        senders: In whose name it was done, oldest first.
    """

    def __init__(self, token: str, open_incidents: Callable[[], Mapping[str, str]]) -> None:
        self.assignees: dict[str, str] = {}
        self.senders: list[str] = []
        self._token = token
        self._open = open_incidents

    async def answer(self, request: web.Request) -> web.Response:
        """`GET /incidents` and `PUT /incidents/{id}`."""
        if not self._token or request.headers.get("Authorization") != f"Token token={self._token}":
            return _refuse(401, "Unauthorized")
        if request.headers.get("Accept") != VERSION:
            return _refuse(406, "Accept names no version")
        if request.method == "GET":
            key = request.query.get("incident_key")
            if set(request.query.getall("statuses[]", [])) != {"triggered", "acknowledged"}:
                return _refuse(400, "statuses")
            found = [{"id": name, "incident_key": each} for each, name in self._open().items() if each == key]
            return web.json_response({"incidents": found})
        return self._assign(request.match_info["incident"], request.headers.get("From"), await request.json())

    def _assign(self, name: str, sender: str | None, change: dict[str, Any]) -> web.Response:
        key = next((each for each, known in self._open().items() if known == name), None)
        if key is None:
            return _refuse(404, "Not Found")
        if not sender or "@" not in sender:
            return _refuse(400, "Requester User Not Found")
        incident = change.get("incident", {})
        if incident.get("type") not in {"incident", "incident_reference"}:
            return _refuse(400, "type")
        [assignment] = incident["assignments"]
        self.assignees[key] = assignment["assignee"]["id"]
        self.senders.append(sender)
        return web.json_response({"incident": {"id": name}})


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "code": 2000 + status}}, status=status)
