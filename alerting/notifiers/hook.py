"""Signed events for other systems, as Standard Webhooks ask: one attempt, one classified outcome."""

import msgspec

from alerting.directives.errand import Errand
from alerting.errors import DeliveryRejected
from alerting.hook_settings import HookSettings
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Body, Outbound
from alerting.notifiers.webhook import VERSION, encodable, signature, signing_key, spelled
from streams.clock import Clock
from streams.secret import read_secret


class HookClient:
    """The way to one hook. `webhook-id` is the same for every attempt at one errand; redirects are not followed.

    Raises:
        InvalidConfig: The secret cannot be read.
        ValueError: It can sign nothing.
    """

    def __init__(self, name: str, settings: HookSettings, clock: Clock, egress: Egress) -> None:
        self._key = signing_key(read_secret(settings.secret, settings.secret_file, name="secret"))
        self._clock = clock
        self._outbound = Outbound(str(settings.url), provider=f"the hook {name}", clock=clock, egress=egress)

    async def send(self, errand: Errand, *, timeout_seconds: float) -> None:
        """POST it, signed.

        Raises:
            DeliveryRetryable: It is busy, limited or down.
            DeliveryInDoubt: It may have arrived.
            DeliveryRejected: It never will.
        """
        timestamp = str(int(self._clock.now().timestamp()))
        body = Body(body_of(errand))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "webhook-id": errand.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, errand.id, timestamp, body),
        }
        answer = await self._outbound.post(body, headers=headers, timeout_seconds=timeout_seconds)
        if 200 <= answer.status < 300:
            return
        if 300 <= answer.status < 400:
            raise DeliveryRejected("it answers with a redirect, which is not followed")
        raise self._outbound.failure(answer, "the endpoint is gone" if answer.status == 410 else "")

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()


def body_of(errand: Errand) -> bytes:
    """The JSON as it is sent and signed."""
    body = {
        "type": errand.event,
        "version": VERSION,
        "timestamp": errand.at.isoformat(),
        "data": encodable(errand.data),
    }
    return spelled(msgspec.json.encode(body))
