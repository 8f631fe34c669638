"""What becomes of canaries that came as far as the alerting side."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from alerting.heartbeat import Heartbeat
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import CANARY_INCIDENT, delivery_id
from alerting.incidents.lifecycle import apply_detection
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Unit
from alerting.metrics import AlertingMetrics
from streams.canary import CANARY
from streams.events import Detection

NOTIFIER: Final = f"{Heartbeat.kind}:0"
_ROUNDS_KEPT: Final = 8

Flights = frozenset[tuple[int, int]]


class CanaryCase:
    """Opens the canary's incident for every round that is whole, and puts its heartbeat into the outbox.

    It is one incident that is always resolved, past data and of a family of its own: it is on no list and in no
    stream, is audited nowhere and groups with nothing. Its heartbeat is an update, not a page, and a newer one
    supersedes it.
    """

    def __init__(self, metrics: AlertingMetrics) -> None:
        self._metrics = metrics
        self._rounds: dict[str, Flights] = {}

    async def take(self, unit: Unit, detections: Sequence[Detection], now: datetime) -> Callable[[], None]:
        """Write down what came; what is answered is called once that is committed."""
        rounds = dict(self._rounds)
        whole: Detection | None = None
        for detection in detections:
            flight = detection.canary
            if flight is None:
                continue
            seen = rounds.get(flight.round, frozenset()) | {(flight.source, flight.target)}
            is_news = len(seen) > len(rounds.get(flight.round, ()))
            rounds[flight.round] = seen
            if is_news and len(seen) == flight.flights:
                whole = detection
        if whole is not None:
            await self._open(unit, whole, now)

        def said() -> None:
            self._rounds = dict(list(rounds.items())[-_ROUNDS_KEPT:])
            if whole is not None:
                self._metrics.canary_stages.labels("incident").set(now.timestamp())

        return said

    async def _open(self, unit: Unit, detection: Detection, now: datetime) -> None:
        opened = apply_detection(None, detection, None, now).incident
        standing = await unit.incident(CANARY_INCIDENT)
        if opened is None:
            return
        before = None if standing is None else standing.revision
        incident = _standing(opened, detection, now, revision=(before or 0) + 1)
        await unit.save(incident, (), expected_revision=before)
        await unit.enqueue(
            [
                Delivery(
                    id=delivery_id(incident.id, incident.revision, CANARY, NOTIFIER, now),
                    incident=incident.id,
                    incident_revision=incident.revision,
                    receiver=CANARY,
                    notifier=NOTIFIER,
                    change=Transition.GREW,
                    state=DeliveryState.PENDING,
                    created_at=now,
                    next_attempt_at=now,
                )
            ]
        )


def _standing(opened: Incident, detection: Detection, now: datetime, *, revision: int) -> Incident:
    sent_ms = detection.canary.sent_ms if detection.canary else 0
    return msgspec.structs.replace(
        opened,
        id=CANARY_INCIDENT,
        dedup_key=CANARY_INCIDENT,
        episode=CANARY,
        episodes=(),
        running=(),
        parts=(),
        family=CANARY,
        history=True,
        state=IncidentState.RESOLVED,
        severity=Severity.SEV4,
        onset_at=datetime.fromtimestamp(sent_ms / 1000, UTC),
        resolved_at=now,
        resolved_by=SYSTEM,
        revision=revision,
    )
