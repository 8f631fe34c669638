"""Sends a round of canaries off at every interval."""

import asyncio
import secrets

import structlog

from alerting.canary_settings import CanarySettings
from alerting.metrics import AlertingMetrics
from streams.backoff import sleep_unless
from streams.broker.base import Broker
from streams.canary_release import canaries
from streams.clock import Clock
from streams.errors import BrokerUnavailable

log = structlog.get_logger(__name__)


class Canaries:
    """One canary into each partition of the mentions, once an interval; the first after the first interval."""

    def __init__(
        self, broker: Broker, kafka_topic: str, settings: CanarySettings, clock: Clock, metrics: AlertingMetrics
    ) -> None:
        self._broker = broker
        self._kafka_topic = kafka_topic
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; nothing where the canary is switched off."""
        if not self._settings.enabled:
            return
        started = self._clock.now().timestamp()
        self._metrics.canary_interval.set(self._settings.interval_seconds)
        for stage in ("sent", "incident", "delivered"):
            self._metrics.canary_stages.labels(stage).set(started)
        await sleep_unless(stop, self._settings.interval_seconds, self._clock)
        while not stop.is_set():
            await self._release()
            await sleep_unless(stop, self._settings.interval_seconds, self._clock)

    async def _release(self) -> None:
        """A round that Kafka does not take is not sent again: the next one is due soon."""
        try:
            async with asyncio.timeout(self._settings.interval_seconds):
                described = (await self._broker.describe_topics([self._kafka_topic])).get(self._kafka_topic)
                if described is None:
                    log.warning("canary.not_sent", reason=f"there is no Kafka topic {self._kafka_topic}")
                    return
                now = self._clock.now()
                await self._broker.send(canaries(self._kafka_topic, described.partitions, secrets.token_hex(8), now))
        except (BrokerUnavailable, TimeoutError) as exc:
            log.warning("canary.not_sent", reason=str(exc) or "Kafka does not answer")
        else:
            self._metrics.canary_stages.labels("sent").set(now.timestamp())
