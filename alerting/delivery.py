"""The outbox worker: retry, backoff, deadlines and Retry-After live here, once, for every notifier."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from alerting.attempts import Attempts, not_before
from alerting.digests import bundled, is_never_alone
from alerting.errors import DatabaseUnavailable
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.store import Lease, Store
from alerting.metrics import AlertingMetrics
from alerting.patience import Destination, Patience, destination_of, rejected
from alerting.receivers import Receivers
from alerting.settings import ANSWER_MARGIN_SECONDS, DeliverySettings
from alerting.settling import Settling
from streams.backoff import Backoff, sleep_unless
from streams.clock import Clock
from streams.tracing import NO_TRACING, Tracing

log = structlog.get_logger(__name__)

MAX_IN_FLIGHT: Final = 64
MAX_QUEUED: Final = 4  # what comes later may be worse, and passes those that still lie in the database
QUEUE_AGAIN: Final = timedelta(seconds=0.5)
LOOK_AGAIN_SECONDS: Final = 1.0


class DeliveryLoop:
    """Sends what the outbox holds, until it is sent, refused for good, or too old.

    Each destination gets its messages one after the other, all destinations at once. One that fails is left alone for
    a while: what else is meant for it waits too, in the database, so a restart knocks no sooner, nor does another
    process. No send begins unless it can end within the lease, so no two processes send the same. Whether a crash came
    before or after a send cannot be known: it is sent again, and the provider's dedup key folds it.

    Args:
        public_url: Where people reach the console; stands in messages.
        rising: What rises and pages nobody, in words, for digests.
        rng: Where the jitter comes from.
        arrived: Told of every message that did, after it was written down.
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
        rising: Callable[[], Sequence[str]] = tuple,
        rng: random.Random | None = None,
        arrived: Callable[[Delivery], None] = lambda _: None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._settings = settings
        self._clock = clock
        self._arrived = arrived
        rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._patience = Patience(settings, rng)
        self._longest_attempt = timedelta(seconds=settings.attempt_seconds + ANSWER_MARGIN_SECONDS)
        self._backoff = Backoff(first_seconds=0.5, cap_seconds=30.0, rng=rng)
        self._turns: dict[Destination, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._wake = asyncio.Event()
        self._queued: Counter[Destination] = Counter()
        self._stop = asyncio.Event()
        self._database_down = False
        self._settling = Settling(
            store=store, patience=self._patience, clock=clock, metrics=metrics, wake=self._wake.set
        )
        self._attempts = Attempts(
            store=store,
            receivers=receivers,
            settings=settings,
            patience=self._patience,
            clock=clock,
            metrics=metrics,
            stopping=lambda: self._stop.is_set(),  # noqa: PLW0108  # `run` brings another event
            public_url=public_url,
            rising=rising,
            tracing=tracing,
        )

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
                for bundle in bundled(leases):
                    name = f"delivery.{bundle[0].delivery.id}"
                    task = group.create_task(self._attempt(bundle), name=name)
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
        await sleep_unless(self._wake, self._settling.seconds_to_next(LOOK_AGAIN_SECONDS), self._clock)

    async def _lease(self, limit: int) -> tuple[Lease, ...]:
        now = self._clock.now()
        try:
            leases = await self._store.lease(
                now,
                seconds=self._settings.lease_seconds,
                limit=limit,
                most_each=MAX_QUEUED,
                last_chance=self._patience.last_chance(now),
            )
            if leases:
                self._patience.remember(await self._store.holds())
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

    async def _attempt(self, leases: Sequence[Lease]) -> None:
        destination = destination_of(leases[0].delivery)
        self._queued[destination] += 1
        try:
            if self._queued[destination] > MAX_QUEUED:
                # Whoever is slow must not take the room of the others.
                later = self._clock.now() + QUEUE_AGAIN
                for lease in leases:
                    await self._settling.settle(lease, not_before(lease.delivery, later))
                return
            async with self._turns[destination]:
                await self._send(leases, destination)
        except DatabaseUnavailable as exc:
            # The lease ends by itself, then somebody takes the message up again.
            log.warning("delivery.left_to_the_lease", delivery=leases[0].delivery.id, reason=str(exc))
        finally:
            self._queued[destination] -= 1

    async def _send(self, leases: Sequence[Lease], destination: Destination) -> None:
        notifier = self._receivers.find(*destination)
        if notifier is None:
            reason = f"the configuration knows no {' '.join(destination)}"
            outcomes = tuple(rejected(lease.delivery, reason) for lease in leases)
        elif leases[0].delivery.test:
            outcomes = (await self._attempts.tested(leases[0], notifier),)
        elif leases[0].delivery.of_itself:
            outcomes = (await self._attempts.said_of_itself(leases[0], notifier),)
        elif len(leases) == 1 and not is_never_alone(leases[0].delivery):
            outcomes = (await self._attempts.made(leases[0], notifier),)
        else:
            outcomes = await self._attempts.made_together(leases, notifier)
        for lease, outcome in zip(leases, outcomes, strict=True):
            await self._settling.settle(lease, outcome)
            if outcome.state is DeliveryState.SENT and outcome.has_incident:
                self._arrived(outcome)
