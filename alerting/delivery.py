"""The outbox worker: retry, backoff, deadlines and Retry-After live here, once, for every notifier."""

import asyncio
import heapq
import logging
import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from alerting.errors import (
    AlertingError,
    DatabaseUnavailable,
    DeliveryInDoubt,
    DeliveryRejected,
    DeliveryRetryable,
    PositionLost,
    UnknownIncident,
)
from alerting.incidents import wording
from alerting.incidents.model import Delivery, DeliveryState, TimelineEntry, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Lease, Store
from alerting.message import message_about
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Message, Notifier, Receipt
from alerting.patience import Destination, Patience, destination_of, rejected
from alerting.receivers import Receivers
from alerting.settings import ANSWER_MARGIN_SECONDS, DeliverySettings
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

MAX_IN_FLIGHT: Final = 64
MAX_QUEUED: Final = 16
QUEUE_AGAIN: Final = timedelta(seconds=0.5)
LOOK_AGAIN_SECONDS: Final = 1.0

_NOTED_CHARACTERS: Final = 300
_LEVELS: Final = {
    "sent": logging.INFO,
    "retried": logging.WARNING,
    "in_doubt": logging.WARNING,
    "rejected": logging.ERROR,
}


class DeliveryLoop:
    """Sends what the outbox holds, until it is sent, refused for good, or too old.

    Each destination gets its messages one after the other, all destinations at once. One that fails is left alone for
    a while: what else is meant for it waits too, in the database, so a restart knocks no harder. No send begins
    unless it can end within the lease, so no two processes send the same. Whether a crash came before or after a
    send cannot be known: it is sent again, and the provider's dedup key folds it.

    Args:
        public_url: Where people reach the console; stands in messages.
        rng: Where the jitter comes from.
    """

    def __init__(
        self,
        *,
        store: Store,
        receivers: Receivers,
        settings: DeliverySettings,
        clock: Clock,
        metrics: AlertingMetrics,
        public_url: str | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._public_url = public_url
        rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._patience = Patience(settings, rng)
        self._longest_attempt = timedelta(seconds=settings.attempt_seconds + ANSWER_MARGIN_SECONDS)
        self._backoff = Backoff(first_seconds=0.5, cap_seconds=30.0, rng=rng)
        self._turns: dict[Destination, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._wake = asyncio.Event()
        self._queued: Counter[Destination] = Counter()
        self._stop = asyncio.Event()
        self._dues: list[datetime] = []
        self._database_down = False

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; running attempts then get the time of one attempt to end."""
        self._stop = stop
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="delivery.listen")
            stopping = group.create_task(self._wake_to_stop(), name="delivery.stop")
            running: set[asyncio.Task[None]] = set()
            while not stop.is_set():
                self._wake.clear()
                room = MAX_IN_FLIGHT - len(running)
                leases = await self._lease(room) if room else ()
                for lease in leases:
                    name = f"delivery.{lease.delivery.id}"
                    task = group.create_task(self._attempt(lease), name=name)
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self._wake.set())
                if not leases or len(running) >= MAX_IN_FLIGHT:
                    await self._rest()
            listening.cancel()
            stopping.cancel()
            if running:
                await asyncio.wait(running, timeout=self._longest_attempt.total_seconds())
            for task in running:
                task.cancel()

    async def _listen(self) -> None:
        async for _ in self._store.changes():
            self._wake.set()

    async def _wake_to_stop(self) -> None:
        await self._stop.wait()
        self._wake.set()

    async def _rest(self) -> None:
        """Until something was committed, an attempt ended, or the next retry is due; a second at most."""
        seconds = LOOK_AGAIN_SECONDS
        now = self._clock.now()
        while self._dues and self._dues[0] <= now:
            heapq.heappop(self._dues)
        if self._dues:
            seconds = min(seconds, (self._dues[0] - now).total_seconds())
        await sleep_unless(self._wake, seconds, self._clock)

    async def _lease(self, limit: int) -> tuple[Lease, ...]:
        try:
            leases = await self._store.lease(self._clock.now(), seconds=self._settings.lease_seconds, limit=limit)
        except DatabaseUnavailable as exc:
            if not self._database_down:
                log.warning("delivery.database_down", reason=str(exc))
            self._database_down = True
            await sleep_unless(self._stop, self._backoff.next_seconds(), self._clock)
            return ()
        if self._database_down:
            log.info("delivery.database_back")
        self._database_down = False
        self._backoff.reset()
        return leases

    async def _attempt(self, lease: Lease) -> None:
        delivery = lease.delivery
        destination = destination_of(delivery)
        self._queued[destination] += 1
        try:
            if self._queued[destination] > MAX_QUEUED:
                # Whoever is slow must not take the room of the others.
                await self._settle(lease, self._not_before(delivery, self._clock.now() + QUEUE_AGAIN))
                return
            async with self._turns[destination]:
                notifier = self._receivers.find(*destination)
                if notifier is None:
                    outcome = rejected(delivery, f"the configuration knows no {' '.join(destination)}")
                else:
                    outcome = await self._outcome(lease, notifier)
                await self._settle(lease, outcome)
            if outcome.state is DeliveryState.REJECTED:
                await self._note(outcome)
        except DatabaseUnavailable as exc:
            # The lease ends by itself, then somebody takes the message up again.
            log.warning("delivery.left_to_the_lease", delivery=delivery.id, reason=str(exc))
        finally:
            self._queued[destination] -= 1

    @staticmethod
    def _not_before(delivery: Delivery, at: datetime) -> Delivery:
        """Back into the outbox without an attempt."""
        return msgspec.structs.replace(delivery, next_attempt_at=at)

    async def _outcome(self, lease: Lease, notifier: Notifier) -> Delivery:
        delivery, now = lease.delivery, self._clock.now()
        held_until = self._patience.held_until(delivery, now)
        if held_until is not None:
            return self._not_before(delivery, held_until)
        earlier = [
            other
            for other in await self._store.deliveries(delivery.incident)
            if destination_of(other) == destination_of(delivery) and other.state is DeliveryState.SENT
        ]
        try:
            incident = await self._store.get(delivery.incident)
        except UnknownIncident as exc:
            return rejected(delivery, str(exc))
        if delivery.change is Transition.GREW and any(
            other.incident_revision >= delivery.incident_revision for other in earlier
        ):
            return msgspec.structs.replace(delivery, state=DeliveryState.SUPERSEDED)
        now = self._clock.now()
        if self._stop.is_set() or now + self._longest_attempt > lease.until:
            return self._not_before(delivery, now)
        message = message_about(incident, delivery.change, now, delivery=delivery.id, public_url=self._public_url)
        references = [other.reference for other in earlier if other.reference]
        return await self._send(delivery, notifier, message, references[-1] if references else None)

    async def _send(self, delivery: Delivery, notifier: Notifier, message: Message, reference: str | None) -> Delivery:
        self._metrics.attempts.labels(notifier.kind).inc()
        tried = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1)
        try:
            receipt = await self._one_attempt(notifier, message, reference)
        except DeliveryRejected as exc:
            return rejected(tried, exc.reason)
        except (DeliveryRetryable, DeliveryInDoubt) as exc:
            later = self._patience.failed(tried, exc, self._clock.now())
            if later.state is DeliveryState.PENDING:
                self._say("in_doubt" if isinstance(exc, DeliveryInDoubt) else "retried", later)
            return later
        self._patience.succeeded(delivery)
        return msgspec.structs.replace(
            tried,
            state=DeliveryState.SENT,
            sent_at=self._clock.now(),
            incident_revision=max(message.revision, delivery.incident_revision),
            reference=receipt.reference or reference,
            reason=None,
        )

    async def _one_attempt(self, notifier: Notifier, message: Message, reference: str | None) -> Receipt:
        seconds = self._settings.attempt_seconds
        try:
            async with asyncio.timeout(self._longest_attempt.total_seconds()):
                return await notifier.send(message, reference=reference, timeout_seconds=seconds)
        except TimeoutError as exc:
            raise DeliveryInDoubt(f"no answer within {seconds:g} s") from exc
        except AlertingError:
            raise
        except Exception as exc:  # one broken notifier must not stop the others
            log.exception("delivery.notifier_broken", notifier=notifier.kind, destination=notifier.destination)
            raise DeliveryInDoubt(f"the notifier failed: {type(exc).__name__}") from exc

    async def _settle(self, lease: Lease, outcome: Delivery) -> None:
        """Write the outcome; keeps trying until the lease ends, for a lost outcome means a second send."""
        while True:
            try:
                await self._store.settle(lease, outcome)
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
            self._wake.set()
        elif outcome.state is DeliveryState.SENT:
            self._say("sent", outcome)
            self._observe(lease, outcome)
        elif outcome.state is DeliveryState.REJECTED:
            self._say("rejected", outcome)

    def _say(self, outcome: str, delivery: Delivery) -> None:
        self._metrics.deliveries.labels(delivery.notifier.partition(":")[0], outcome).inc()
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

    def _observe(self, lease: Lease, sent: Delivery) -> None:
        """Only first pages: what a later severity or detector brought about waited for it, not for us."""
        first_page = lease.delivery.change is Transition.OPENED and lease.delivery.incident_revision == 1
        accepted_ms = lease.incident.accepted_ms
        if first_page and accepted_ms and sent.sent_at:
            seconds = sent.sent_at.timestamp() - accepted_ms / 1000
            self._metrics.page_latency.labels(sent.notifier.partition(":")[0]).observe(max(0.0, seconds))

    async def _note(self, refused: Delivery) -> None:
        """Tell the timeline that somebody was not reached."""
        reason = wording.plain(refused.reason or "", _NOTED_CHARACTERS)
        text = f"{refused.receiver} was not told over {refused.notifier}: {reason}"
        async with self._store.begin() as unit:
            incident = await unit.incident(refused.incident)
            if incident is not None:
                entry = TimelineEntry(refused.incident, self._clock.now(), Transition.UNCHANGED, SYSTEM, text)
                await unit.save(incident, (entry,), expected_revision=incident.revision)
