"""Carries out errands: other systems are told what people decided, until it arrived or is refused for good."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry, WithErrands
from alerting.directives.errand import Errand, ErrandState, Hook
from alerting.errors import DatabaseUnavailable, DeliveryInDoubt, DeliveryRejected, DeliveryRetryable, Stale
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.store import Store
from alerting.lookout import Lookout
from alerting.metrics import AlertingMetrics
from alerting.settings import ANSWER_MARGIN_SECONDS, DeliverySettings
from streams.clock import Clock

LOOK_SECONDS: Final = 1.0

_AT_ONCE: Final = 20

log = structlog.get_logger(__name__)


class Sends(Protocol):
    """The way to one hook."""

    async def send(self, errand: Errand, *, timeout_seconds: float) -> None:
        """Make one attempt.

        Raises:
            DeliveryRetryable: It is busy, limited or down.
            DeliveryInDoubt: It may have arrived.
            DeliveryRejected: It never will.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class Errands:
    """Looks right after every commit, and every second. Several processes may: each errand is claimed for a while.

    What was claimed by a process that died is due again when its claim ends; then it may come twice, under the same
    `webhook-id`.

    Args:
        hooks: The way to each; an errand for one that is not configured is refused, and says so.
    """

    def __init__(
        self,
        store: Store,
        hooks: Mapping[Hook, Sends],
        settings: DeliverySettings,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._store = store
        self._hooks = hooks
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._claim = timedelta(seconds=settings.lease_seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Carry out until `stop`; what is under way is finished first."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="errands.listen")
            stopping = group.create_task(self._wake_to_stop(stop), name="errands.stop")
            lookout = Lookout("errands", self._clock, every_seconds=LOOK_SECONDS)
            await lookout.run(self.look, stop, wake=self._wake)
            listening.cancel()
            stopping.cancel()
        for hook in self._hooks.values():
            await hook.close()

    async def look(self) -> None:
        """Carry out what is due now.

        Raises:
            DatabaseUnavailable: The rest is carried out later.
        """
        now = self._clock.now()
        claimed = await self._store.claim_due(now, until=now + self._claim, limit=_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for directive in claimed:
                if isinstance(directive, WithErrands):
                    group.create_task(self._carry_out(directive, now), name=f"errand.{directive.id}")

    async def _listen(self) -> None:
        async for _ in self._store.changes():
            self._wake.set()

    async def _wake_to_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _carry_out(self, directive: WithErrands, now: datetime) -> None:
        """The oldest that is due; one directive's errands arrive in their order."""
        pending = [one for one in directive.errands if one.state is ErrandState.PENDING]
        if not pending or pending[0].due_at > now:
            return
        outcome = await self._attempt(pending[0])
        self._metrics.errands.labels(outcome.hook.value, outcome.state.value).inc()
        try:
            await self._settle(directive.id, outcome)
        except (DatabaseUnavailable, Stale) as exc:
            log.warning("errand.left_to_the_claim", errand=outcome.id, reason=str(exc))

    async def _attempt(self, errand: Errand) -> Errand:
        tried = msgspec.structs.replace(errand, attempts=errand.attempts + 1)
        hook = self._hooks.get(errand.hook)
        if hook is None:
            reason = f"hooks.{errand.hook.value} is not configured"
            return msgspec.structs.replace(tried, state=ErrandState.REJECTED, reason=reason)
        seconds = self._settings.attempt_seconds
        try:
            async with asyncio.timeout(seconds + ANSWER_MARGIN_SECONDS):
                await hook.send(errand, timeout_seconds=seconds)
        except DeliveryRejected as exc:
            return msgspec.structs.replace(tried, state=ErrandState.REJECTED, reason=exc.reason)
        except (DeliveryRetryable, DeliveryInDoubt) as exc:
            return self._later(tried, exc.reason, getattr(exc, "retry_after", None))
        except TimeoutError:
            return self._later(tried, f"no answer within {seconds:g} s", None)
        except Exception as exc:  # one broken hook must not stop the others
            log.exception("errand.hook_broken", hook=errand.hook.value)
            return self._later(tried, f"the hook failed: {type(exc).__name__}", None)
        return msgspec.structs.replace(tried, state=ErrandState.SENT, sent_at=self._clock.now(), reason=None)

    def _later(self, errand: Errand, reason: str, retry_after: float | None) -> Errand:
        now = self._clock.now()
        if now - errand.at > timedelta(hours=self._settings.give_up_hours):
            return msgspec.structs.replace(errand, state=ErrandState.REJECTED, reason=f"given up: {reason}")
        doubled = self._settings.first_backoff_seconds * 2.0 ** min(errand.attempts - 1, 30)
        wait = max(min(doubled, self._settings.max_backoff_seconds), retry_after or 0.0)
        return msgspec.structs.replace(errand, due_at=now + timedelta(seconds=wait), reason=reason)

    async def _settle(self, directive_id: str, outcome: Errand) -> None:
        async with self._store.begin() as unit:
            current = await unit.directive(directive_id)
            if not isinstance(current, WithErrands):
                return
            errands = tuple(outcome if one.id == outcome.id else one for one in current.errands)
            kept = msgspec.structs.replace(current, errands=errands, revision=current.revision + 1)
            entries: tuple[DirectiveEntry, ...] = ()
            if outcome.state is not ErrandState.PENDING:
                said = "arrived" if outcome.state is ErrandState.SENT else f"was refused: {outcome.reason}"
                text = f"{outcome.event} {said}"
                entries = (
                    DirectiveEntry(directive_id, self._clock.now(), f"errand.{outcome.state.value}", SYSTEM, text),
                )
            await unit.keep(kept, entries, expected_revision=current.revision)
        level = log.error if outcome.state is ErrandState.REJECTED else log.info
        level(
            "errand.tried",
            errand=outcome.id,
            event_type=outcome.event,
            state=outcome.state.value,
            reason=outcome.reason,
        )
