"""The heartbeat that an outside watchdog waits for: sent with every round of canaries that came all the way."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from alerting.canary_settings import CanarySettings
from alerting.incidents.model import Transition
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Message, Receipt
from alerting.notifiers.egress import Egress
from alerting.notifiers.http import Answer, Body, Outbound
from streams.clock import Clock
from streams.errors import InvalidConfig
from streams.secret import read_secret

_NOTHING: Final = Body()
_MOST_BYTES: Final = 4096


class Heartbeat:
    """The notifier at the end of the canary's way; without a URL the way ends here, and only the metrics know.

    A round that is older than two intervals is told to nobody: it would say that all is well when it no longer is.

    Raises:
        InvalidConfig: The URL cannot be read, or is none.
    """

    kind: Final = "heartbeat"

    def __init__(self, settings: CanarySettings, clock: Clock, metrics: AlertingMetrics, egress: Egress) -> None:
        self._clock, self._metrics = clock, metrics
        self._post = settings.method == "post"
        self._fresh = timedelta(seconds=2 * settings.interval_seconds)
        self._outbound: Outbound | None = None
        self._host = "nowhere"
        if settings.url is not None or settings.url_file is not None:
            url = _address(read_secret(settings.url, settings.url_file, name="url"))
            self._host = urlsplit(url).hostname or ""
            self._outbound = Outbound(url, provider=f"the heartbeat of {self._host}", clock=clock, egress=egress)

    def __repr__(self) -> str:
        return f"Heartbeat({self._host!r})"

    @property
    def destination(self) -> str:
        """The host, never the path: that may be a secret."""
        return self._host

    def wants(self, change: Transition) -> bool:  # noqa: ARG002  # a notifier's signature
        """Every round."""
        return True

    async def send(self, message: Message, *, reference: str | None, timeout_seconds: float) -> Receipt:  # noqa: ARG002
        """Say that the round came through."""
        if self._clock.now() - message.onset_at > self._fresh:
            return Receipt()
        if self._outbound is not None:
            answer = await self._asked(self._outbound, timeout_seconds)
            if not 200 <= answer.status < 300:
                raise self._outbound.failure(answer)
        now = self._clock.now()
        self._metrics.canary_stages.labels("delivered").set(now.timestamp())
        self._metrics.canary_seconds.observe(max(0.0, (now - message.onset_at).total_seconds()))
        return Receipt()

    async def _asked(self, outbound: Outbound, timeout_seconds: float) -> Answer:
        if self._post:
            return await outbound.post(_NOTHING, headers={}, timeout_seconds=timeout_seconds)
        return await outbound.get({}, headers={}, timeout_seconds=timeout_seconds, most_bytes=_MOST_BYTES)

    async def close(self) -> None:
        """Give the connections back."""
        if self._outbound is not None:
            await self._outbound.close()


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidConfig(("canary.url: expected http:// or https:// with a host",))
    return url
