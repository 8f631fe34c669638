"""The webhooks (v3) that PagerDuty sends about its incidents."""

import hashlib
import hmac
import json
from typing import Any, Final

from alerting.fakes.signed_request import SignedRequest
from streams.clock import Clock

INTEGRATION: Final = {"id": "PINTEGR", "type": "inbound_integration_reference", "summary": "Events API v2"}


class PagerDutyHooks:
    """Makes the requests of one webhook subscription.

    Args:
        secrets: Every request is signed with each of them, as during a rotation.
    """

    def __init__(self, clock: Clock, *secrets: str) -> None:
        self._clock = clock
        self._secrets = secrets
        self._numbers = 0

    def person(self, user: str, event_type: str, dedup_key: str, *, assignee: str | None = None) -> SignedRequest:
        """A person did it, in PagerDuty's app or on their phone."""
        return self.told(event_type, dedup_key, {"id": user, "type": "user_reference"}, assignee=assignee)

    def echo(self, event_type: str, dedup_key: str) -> SignedRequest:
        """Our own event comes back."""
        return self.told(event_type, dedup_key, INTEGRATION)

    def told(
        self, event_type: str, dedup_key: str, agent: dict[str, str] | None, *, assignee: str | None = None
    ) -> SignedRequest:
        """One request."""
        self._numbers += 1
        data: dict[str, Any] = {
            "id": "PGR0VU2",
            "type": "incident",
            "incident_key": dedup_key,
            "status": event_type.rpartition(".")[2],
            "assignees": [{"id": assignee, "type": "user_reference"}] if assignee else [],
        }
        event = {
            "id": f"01EVENT{self._numbers:06d}",
            "event_type": event_type,
            "resource_type": "incident",
            "occurred_at": self._clock.now().isoformat(),
            "agent": agent,
            "client": None,
            "data": data,
        }
        return self.signed(json.dumps({"event": event}).encode())

    def signed(self, body: bytes) -> SignedRequest:
        """This body, signed."""
        digests = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in self._secrets]
        return SignedRequest(
            {
                "Content-Type": "application/json",
                "X-PagerDuty-Signature": ",".join(f"v1={digest}" for digest in digests),
            },
            body,
        )
