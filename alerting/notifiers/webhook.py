"""A signed webhook, as Standard Webhooks ask: https://www.standardwebhooks.com."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from alerting.errors import DeliveryRejected
from alerting.incidents.model import Transition
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.escaping import shorten
from alerting.notifiers.http import Body, Outbound
from streams.clock import Clock

VERSION: Final = 1
MAX_TEXT_CHARACTERS: Final = 2000
_PREFIX: Final = "whsec_"

# JSON stays JSON, and nothing in it means anything to a page or a terminal that shows it unread.
_SPELLED: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u007f\u2028\u2029"}


class WebhookNotifier:
    """An HTTP endpoint that gets every change of an incident.

    The body is `{"type": "incident.opened", "version": 1, "timestamp": ..., "data": {...}}`; `data` has the fields of
    `Message`, texts of mentions as they came but for their length (2,000 characters): the receiver escapes them for
    its own medium. `webhook-id` is the same for every attempt at one change, so that receivers can drop what they have;
    sending again after doubt is safe. Redirects are not followed.

    Args:
        secret: `whsec_` and base64, or any other text, used as it is.
        more: Further secrets: each request carries a signature of every one, so that a receiver can change its own.

    Raises:
        ValueError: What follows `whsec_` is not base64, or a secret is empty.
    """

    def __init__(self, *, url: str, secret: str, clock: Clock, egress: Egress, more: Sequence[str] = ()) -> None:
        self._keys = tuple(signing_key(one) for one in (secret, *more))
        self._clock = clock
        parts = urlsplit(url)
        self._destination = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        self._outbound = Outbound(url, provider=f"webhook {self._destination}", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return f"WebhookNotifier({self._destination!r})"

    @property
    def kind(self) -> str:
        """`webhook`."""
        return "webhook"

    @property
    def destination(self) -> str:
        """Host and port; paths of webhooks are often secret."""
        return self._destination

    def wants(self, change: Transition) -> bool:
        """Every change; that something goes on is none."""
        return change not in {Transition.UNCHANGED, Transition.COUNTED}

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:
        """POST the change, signed."""
        identity = webhook_id(message)
        timestamp = str(int(self._clock.now().timestamp()))
        body = Body(webhook_body(message))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "webhook-id": identity,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signature(key, identity, timestamp, body) for key in self._keys),
        }
        answer = await self._outbound.post(body, headers=headers, timeout_seconds=timeout_seconds)
        if 200 <= answer.status < 300:
            return Receipt(reference)
        if 300 <= answer.status < 400:
            raise DeliveryRejected(f"webhook {self._destination} answers with a redirect, which is not followed")
        raise self._outbound.failure(answer, "the endpoint is gone" if answer.status == 410 else "")

    async def close(self) -> None:
        """Give the connections back."""
        await self._outbound.close()


def signing_key(secret: str) -> bytes:
    """The bytes that sign.

    Raises:
        ValueError: It is empty, or what follows `whsec_` is not base64. The message does not show it.
    """
    if not secret.startswith(_PREFIX):
        key = secret.encode()
    else:
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("what follows whsec_ must be base64") from None
    if not key:
        raise ValueError("a signing secret must not be empty")
    return key


def signature(key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """The header `webhook-signature`: version 1, HMAC-SHA256 over `id.timestamp.body`."""
    digest = hmac.digest(key, b".".join((identity.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def webhook_id(message: Message) -> str:
    """Equal for every attempt at one delivery, though its incident may have grown since; different for every other."""
    about = message.delivery or f"{message.incident}\n{message.revision}\n{message.change.value}"
    return f"msg_{hashlib.sha256(about.encode()).hexdigest()[:32]}"


def webhook_body(message: Message) -> bytes:
    """The JSON as it is sent and signed."""
    body = {
        "type": f"incident.{message.change.value}",
        "version": VERSION,
        "timestamp": message.at.isoformat(),
        "data": encodable(msgspec.to_builtins(message)),
    }
    return spelled(msgspec.json.encode(body))


def spelled(json: bytes) -> bytes:
    """The same JSON, in which nothing means anything to a page or a terminal that shows it unread."""
    return json.decode().translate(_SPELLED).encode()


def encodable(value: Any) -> Any:
    """The same with texts cut, and without lone surrogates, which JSON in UTF-8 cannot carry."""
    if isinstance(value, str):
        return shorten(value, MAX_TEXT_CHARACTERS).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: encodable(inner) for key, inner in value.items()}
    return [encodable(inner) for inner in value] if isinstance(value, list | tuple) else value
