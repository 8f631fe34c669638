"""What became of attempts, written down and told."""

import heapq
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.errors import DatabaseUnavailable, PositionLost
from alerting.incidents import wording
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import CANARY_INCIDENT
from alerting.incidents.model import TimelineEntry, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Lease, Store
from alerting.metrics import AlertingMetrics
from alerting.patience import Patience, destination_of
from streams.clock import Clock

log = structlog.get_logger(__name__)

OPEN_AFTER_FAILURES: Final = 5

_NOTED_CHARACTERS: Final = 300
_LEVELS: Final = {
    "sent": logging.INFO,
    "retried": logging.WARNING,
    "in_doubt": logging.WARNING,
    "rejected": logging.ERROR,
}


class Settling:
    """Writes outcomes into the outbox, the holds of destinations with them, and says what happened.

    Args:
        wake: Called where something became due sooner than anybody knew.
    """

    def __init__(
        self, *, store: Store, patience: Patience, clock: Clock, metrics: AlertingMetrics, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._metrics = metrics
        self._wake = wake
        self._dues: list[datetime] = []

    def seconds_to_next(self, most: float) -> float:
        """Until the next retry that this process knows of is due; at most `most`."""
        now = self._clock.now()
        while self._dues and self._dues[0] <= now:
            heapq.heappop(self._dues)
        return min(most, (self._dues[0] - now).total_seconds()) if self._dues else most

    async def settle(self, lease: Lease, outcome: Delivery) -> None:
        """Write the outcome; keeps trying until the lease ends, for a lost outcome means a second send.

        Raises:
            DatabaseUnavailable: The lease has ended; somebody takes the delivery up again.
        """
        tried = outcome.attempts > lease.delivery.attempts
        failed = tried and outcome.state is DeliveryState.PENDING
        hold = self._patience.hold_of(destination_of(outcome)) if failed else None
        while True:
            try:
                await self._store.settle(lease, outcome, hold=hold)
            except DatabaseUnavailable:
                if self._clock.now() >= lease.until:
                    raise
                await self._clock.sleep(1.0)
            except PositionLost:
                log.warning("delivery.lease_lost", delivery=outcome.id)
                return
            else:
                break
        if outcome.state is DeliveryState.PENDING:
            heapq.heappush(self._dues, outcome.next_attempt_at)
            self._wake()
        elif outcome.state is DeliveryState.SENT:
            say(self._metrics, "sent", outcome)
            self._observe(lease, outcome)
        elif outcome.state is DeliveryState.REJECTED:
            say(self._metrics, "rejected", outcome)
            if outcome.has_incident:
                await self._note(outcome)
        if outcome.test and outcome.state is not DeliveryState.PENDING:
            await self._note_test(outcome)
        if tried:
            self._show_circuit(outcome)

    def _show_circuit(self, outcome: Delivery) -> None:
        """A destination that failed often in a row gets one attempt at a time, until one succeeds."""
        hold = self._patience.hold_of(destination_of(outcome))
        gauge = self._metrics.destination_failures.labels(outcome.receiver, outcome.notifier)
        failures = hold.failures if hold else 0
        if failures == OPEN_AFTER_FAILURES:
            log.error("delivery.circuit_open", receiver=outcome.receiver, notifier=outcome.notifier, failures=failures)
        gauge.set(failures)

    def _observe(self, lease: Lease, sent: Delivery) -> None:
        """Only first pages: what a later severity or detector brought about waited for it, not for us."""
        first_page = lease.delivery.change is Transition.OPENED and lease.delivery.incident_revision == 1
        accepted_ms = lease.incident.accepted_ms if lease.incident else 0
        if first_page and accepted_ms and sent.sent_at:
            seconds = sent.sent_at.timestamp() - accepted_ms / 1000
            self._metrics.page_latency.labels(sent.notifier.partition(":")[0]).observe(
                max(0.0, seconds), {"incident": sent.incident}
            )

    async def _note(self, refused: Delivery) -> None:
        """Tell the timeline that somebody was not reached; of the canary there is none."""
        if refused.incident == CANARY_INCIDENT:
            return
        reason = wording.plain(refused.reason or "", _NOTED_CHARACTERS)
        text = f"{refused.receiver} was not told over {refused.notifier}: {reason}"
        async with self._store.begin() as unit:
            incident = await unit.incident(refused.incident)
            if incident is not None:
                entry = TimelineEntry(refused.incident, self._clock.now(), Transition.UNCHANGED, SYSTEM, text)
                await unit.save(incident, (entry,), expected_revision=incident.revision)

    async def _note_test(self, outcome: Delivery) -> None:
        """Tell the audit trail how a test ended."""
        ended = "took" if outcome.state is DeliveryState.SENT else "did not take"
        why = f": {wording.plain(outcome.reason, _NOTED_CHARACTERS)}" if outcome.reason else ""
        text = f"{outcome.receiver} {ended} the test over {outcome.notifier}{why}"
        async with self._store.begin() as unit:
            drill = await unit.directive(outcome.incident)
            if drill is not None:
                entry = DirectiveEntry(drill.id, self._clock.now(), f"drill.{outcome.state.value}", SYSTEM, text)
                revised = msgspec.structs.replace(drill, revision=drill.revision + 1)
                await unit.keep(revised, (entry,), expected_revision=drill.revision)


def say(metrics: AlertingMetrics, outcome: str, delivery: Delivery) -> None:
    """Count and log how an attempt ended: sent, retried, in_doubt, rejected."""
    metrics.deliveries.labels(delivery.notifier.partition(":")[0], outcome).inc()
    log.log(
        _LEVELS[outcome],
        "delivery.ended",
        outcome=outcome,
        delivery=delivery.id,
        incident=delivery.incident,
        receiver=delivery.receiver,
        notifier=delivery.notifier,
        change=delivery.change.value,
        attempts=delivery.attempts,
        reason=delivery.reason,
    )
