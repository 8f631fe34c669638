"""Proof that a button on somebody's phone came from us: who may do what to which incident, until when, signed."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

import msgspec

VALID_FOR: Final = timedelta(days=2)
_LONGEST: Final = 1000


class ActToken(msgspec.Struct, frozen=True):
    """What a button does when its person presses it.

    Attributes:
        until: Seconds since 1970 until when it counts.
    """

    incident: str
    act: str
    person: str
    until: int


def sealed(token: ActToken, key: bytes) -> str:
    """The token as text that nobody without the key can make."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(token)).rstrip(b"=")
    return f"{body.decode()}.{_mac(body, key)}"


def opened(text: str, key: bytes, now: datetime) -> ActToken | None:
    """The token; None where we did not make it, or its time is over."""
    body, _, mac = text[:_LONGEST].partition(".")
    if not hmac.compare_digest(_mac(body.encode("utf-8", "replace"), key).encode(), mac.encode("utf-8", "replace")):
        return None
    try:
        token = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=ActToken)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
    return token if now.timestamp() <= token.until else None


def _mac(body: bytes, key: bytes) -> str:
    return hmac.new(key, b"tocsin-act." + body, hashlib.sha256).hexdigest()
