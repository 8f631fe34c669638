"""What Slack's answers mean, and what we recognise our own messages by."""

import re
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from alerting.errors import DeliveryRejected, DeliveryRetryable
from alerting.notifiers.base import Message
from alerting.notifiers.http import retry_after
from streams.clock import Clock

EVENT_TYPE: Final = "tocsin_incident"
STORY_EVENT_TYPE: Final = "tocsin_story"

# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_PASSING: Final = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    }
)
_ERROR_CODE: Final = re.compile(r"[a-z0-9_]{1,60}")


class Refused(DeliveryRejected):
    """A refusal with Slack's own error code."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Slack refused: {error}")
        self.error = error


def classified(exc: SlackApiError, clock: Clock) -> DeliveryRetryable | DeliveryRejected:
    """What a refusal means: busy and broken pass, a refusal stays, with Slack's own code."""
    response = exc.response
    if isinstance(response, aiohttp.ClientResponse):
        status, headers, content = response.status, response.headers, None
    else:
        status, headers, content = response.status_code, response.headers, response.data
    error = str(content.get("error", "")) if isinstance(content, dict) else ""
    if not _ERROR_CODE.fullmatch(error):
        error = ""  # Whatever that is, Slack did not say it.
    if status == 429 or status >= 500 or error in _PASSING:
        return DeliveryRetryable(f"Slack answered {status} {error}".strip(), retry_after(headers, clock))
    return Refused(error or f"HTTP status {status}")


def attempted(message: Message) -> str:
    """The same for every attempt at what is being sent."""
    return message.delivery or str(message.revision)


def metadata(message: Message, event_type: str, delivery: str) -> dict[str, object]:
    """What a later attempt recognises the post by.

    Args:
        delivery: The one that the post came with; edits do not change it. Empty where that is not known.
    """
    payload: dict[str, object] = {"incident": message.incident, "revision": message.revision}
    return {"event_type": event_type, "event_payload": payload | ({"delivery": delivery} if delivery else {})}


def told_by(post: dict[str, Any], event_type: str, incident: str) -> tuple[int, str] | None:
    """The revision that a post in the channel shows of the incident and the delivery it came with; None: not ours."""
    metadata = post.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != event_type or payload.get("incident") != incident:
        return None
    revision, delivery = payload.get("revision"), payload.get("delivery")
    return revision if isinstance(revision, int) else 0, delivery if isinstance(delivery, str) else ""
