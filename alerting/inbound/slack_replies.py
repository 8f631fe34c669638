"""Answers to whoever pressed a button in Slack, for their eyes alone."""

from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.notifiers.egress import Egress
from alerting.notifiers.escaping import escape_slack
from alerting.notifiers.http import Body, Outbound
from streams.clock import Clock

log = structlog.get_logger(__name__)

_SECONDS: Final = 5.0
_SLACKS: Final = (".slack.com", ".slack-gov.com")


class SlackReplies:
    """Writes to the address that came with the press. One attempt: an answer that is late is worth nothing.

    Args:
        api_url: Where Slack is. Answers go to Slack's own hosts, or to this very one.
    """

    def __init__(self, *, api_url: str, clock: Clock, egress: Egress) -> None:
        parts = urlsplit(api_url)
        self._origin = (parts.scheme, parts.netloc)
        self._clock = clock
        self._egress = egress

    async def tell(self, response_url: str | None, text: str | None) -> None:
        """Show the text to the one who pressed; never raises for what goes wrong on the way."""
        if not text or not response_url or not self._is_slacks(response_url):
            return
        outbound = Outbound(response_url, provider="Slack", clock=self._clock, egress=self._egress)
        answer = {"response_type": "ephemeral", "replace_original": False, "text": escape_slack(text, 500)}
        try:
            told = await outbound.post(
                Body(msgspec.json.encode(answer)),
                headers={"Content-Type": "application/json"},
                timeout_seconds=_SECONDS,
            )
        except (DeliveryRetryable, DeliveryInDoubt, DeliveryRejected) as exc:
            log.warning("inbound.reply_failed", reason=exc.reason)
        else:
            if told.status != 200:
                log.warning("inbound.reply_failed", reason=f"Slack answered {told.status}")
        finally:
            await outbound.close()

    def _is_slacks(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        return (parts.scheme, parts.netloc) == self._origin or (parts.scheme == "https" and host.endswith(_SLACKS))
