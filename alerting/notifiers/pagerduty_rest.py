"""PagerDuty's REST API, for what its Events API cannot say: who has the incident."""

from typing import Final
from urllib.parse import urlencode

import msgspec

from alerting.errors import DeliveryRetryable
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import MAX_ANSWER_BYTES, Answer, Body, Outbound
from streams.clock import Clock

_OPEN: Final = ("triggered", "acknowledged")
_NOT_YET_SECONDS: Final = 5.0


class _Incident(msgspec.Struct):
    id: str


class _Incidents(msgspec.Struct):
    incidents: list[_Incident] = []


class PagerDutyRest:
    """Gives the open incident of a dedup key to a user of PagerDuty's.

    Args:
        api_url: Ends with a slash.
        token: A REST API key that may write incidents, a secret.
        sender: The e-mail address of the PagerDuty user in whose name it is done.
    """

    def __init__(self, *, api_url: str, token: str, sender: str, clock: Clock, egress: Egress) -> None:
        self._api_url = api_url
        self._token = token
        self._sender = sender
        self._outbound = Outbound(api_url, provider="PagerDuty", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return "PagerDutyRest()"

    async def reassign(self, dedup_key: str, user: str, *, expected: bool, timeout_seconds: float) -> None:
        """Make `user` the one who has it; again is harmless. Nothing is open there: nothing to be done.

        Args:
            expected: An open incident has to be there, and if it is not it is on its way.

        Raises:
            DeliveryRetryable, DeliveryInDoubt, DeliveryRejected: See `Outbound.attempt`.

        Source:
            https://developer.pagerduty.com/api-reference/ (List incidents, Update an incident)
        """
        query = urlencode([("incident_key", dedup_key), *(("statuses[]", state) for state in _OPEN)])
        async with self._outbound.attempt(timeout_seconds):
            listed = await self._ask("GET", f"incidents?{query}")
            found = msgspec.json.decode(listed.body, type=_Incidents).incidents if listed.status == 200 else []
            if listed.status != 200:
                raise self._outbound.failure(listed)
            if not found and expected:
                raise DeliveryRetryable("PagerDuty has no open incident of this key yet", _NOT_YET_SECONDS)
            for incident in found:
                assignee = {"assignee": {"id": user, "type": "user_reference"}}
                change = {"incident": {"type": "incident_reference", "assignments": [assignee]}}
                answer = await self._ask("PUT", f"incidents/{incident.id}", Body(msgspec.json.encode(change)))
                if not 200 <= answer.status < 300:
                    raise self._outbound.failure(answer)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()

    async def _ask(self, method: str, path: str, body: Body | None = None) -> Answer:
        headers = {
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Content-Type": "application/json",
            "From": self._sender,
            "Authorization": f"Token token={self._token}",
        }
        async with self._outbound.session.request(
            method, f"{self._api_url}{path}", data=body, headers=_Headers(headers), allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, Body(await response.content.read(MAX_ANSWER_BYTES)))


class _Headers(dict[str, str]):
    """Headers that stay out of tracebacks which show local variables: one of them is a key."""

    def __repr__(self) -> str:
        return "<headers>"
