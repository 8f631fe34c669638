"""Is it really them: signatures over what came in, compared in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SLACK_TOLERANCE_SECONDS: Final = 300
WEBHOOK_TOLERANCE_SECONDS: Final = 300
_LONGEST_HEADER: Final = 4096
_TIMESTAMP_DIGITS: Final = 12


def slack_genuine(secret: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether Slack signed this body within the last five minutes; whatever else the headers hold is no.

    Source:
        https://docs.slack.dev/authentication/verifying-requests-from-slack

    >>> from datetime import UTC
    >>> slack_genuine("s", timestamp="soon", signature="v0=00", body=b"", now=datetime(2026, 1, 5, tzinfo=UTC))
    False
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS):
        return False
    if abs(now.timestamp() - int(timestamp)) > SLACK_TOLERANCE_SECONDS:
        return False
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return _equal(f"v0={digest}", signature)


def pagerduty_genuine(secrets: Sequence[str], *, signatures: str, body: bytes) -> bool:
    """Whether one of the signatures was made with one of the secrets; during a rotation there are several of both.

    Source:
        https://developer.pagerduty.com/docs/webhooks/webhook-signatures
    """
    offered = [offer.strip() for offer in signatures[:_LONGEST_HEADER].split(",")]
    fits = False
    for secret in secrets:
        expected = f"v1={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        for offer in offered:
            fits |= _equal(expected, offer)  # no short cut: how long it takes tells nothing
    return fits


def webhook_genuine(
    keys: Sequence[bytes], *, name: str, timestamp: str, signatures: str, body: bytes, now: datetime
) -> bool:
    """Whether one of the keys signed this body within the last five minutes, as Standard Webhooks ask.

    Args:
        name: The header `webhook-id`.

    Source:
        https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS):
        return False
    if not name or abs(now.timestamp() - int(timestamp)) > WEBHOOK_TOLERANCE_SECONDS:
        return False
    signed = f"{name}.{timestamp}.".encode("utf-8", "surrogateescape") + body
    offered = signatures[:_LONGEST_HEADER].split()
    fits = False
    for key in keys:
        expected = f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
        for offer in offered:
            fits |= _equal(expected, offer)
    return fits


def _equal(expected: str, offered: str) -> bool:
    return hmac.compare_digest(expected.encode(), offered.encode("utf-8", "surrogateescape"))
