"""One attempt at one delivery: whether it is made at all, what is sent, and what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from alerting import digests
from alerting.directives.self_notice import SelfNotice
from alerting.errors import AlertingError, DeliveryInDoubt, DeliveryRejected, DeliveryRetryable, UnknownIncident
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.hop import Hop
from alerting.incidents.model import HUSHED, PAGES, Incident, IncidentState, Severity, Transition
from alerting.incidents.store import Lease, Store
from alerting.message import about_itself, drill, message_about
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import Message, Notifier, Receipt
from alerting.notifiers.hops import timed
from alerting.patience import Patience, destination_of, rejected
from alerting.receivers import Receivers
from alerting.settings import ANSWER_MARGIN_SECONDS, DeliverySettings
from alerting.settling import say
from alerting.trace_place import within
from streams.clock import Clock
from streams.tracing import NO_TRACING, Tracing

log = structlog.get_logger(__name__)

_BUDGET_OF: Final = timedelta(hours=1)
_TEST_FOR: Final = timedelta(minutes=10)


class Attempts:
    """Makes attempts. No send begins unless it can end within the lease, so no two processes send the same.

    Args:
        stopping: Whether no further send may begin.
        public_url: Where people reach the console; stands in messages.
        rising: What rises and pages nobody, in words, for digests.
    """

    def __init__(
        self,
        *,
        store: Store,
        receivers: Receivers,
        settings: DeliverySettings,
        patience: Patience,
        clock: Clock,
        metrics: AlertingMetrics,
        stopping: Callable[[], bool],
        public_url: str | None,
        rising: Callable[[], Sequence[str]] = tuple,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._settings = settings
        self._patience = patience
        self._clock = clock
        self._metrics = metrics
        self._stopping = stopping
        self._public_url = public_url
        self._rising, self._tracing = rising, tracing
        self._longest = timedelta(seconds=settings.attempt_seconds + ANSWER_MARGIN_SECONDS)

    async def made(self, lease: Lease, notifier: Notifier) -> Delivery:
        """What becomes of the delivery: sent, refused, superseded, or due again later.

        Raises:
            DatabaseUnavailable: Nothing was sent.
        """
        delivery = digests.alone(lease.delivery)
        if (held_until := self._patience.held_until(delivery, self._clock.now())) is not None:
            return not_before(lease.delivery, held_until)
        before = [
            other
            for other in await self._store.deliveries(delivery.incident)
            if destination_of(other) == destination_of(delivery) and other.id != delivery.id
        ]
        earlier = [other for other in before if other.state is DeliveryState.SENT]
        abandoned = any(other.attempts > 0 and other.state is DeliveryState.REJECTED for other in before)
        try:
            incident = await self._store.get(delivery.incident)
        except UnknownIncident as exc:
            return rejected(delivery, str(exc))
        if (later := digests.with_its_group(delivery, earlier, self._clock.now())) is not None:
            return later
        hushed = delivery.change in HUSHED and incident.is_muted_for(delivery.receiver)
        if hushed or _told_already(delivery, incident, earlier):
            return msgspec.structs.replace(delivery, state=DeliveryState.SUPERSEDED)
        if await self._beyond_budget(delivery, incident):
            return digests.put_off(delivery, self._clock.now(), self._settings.digest_seconds)
        now = self._clock.now()
        if not self._may_begin((lease,), now):
            return not_before(lease.delivery, now)
        message = message_about(incident, delivery.change, now, delivery=delivery.id, public_url=self._public_url)
        references = [other.reference for other in earlier if other.reference]
        told = msgspec.structs.replace(
            message, note=delivery.because, said=delivery.said, again=lease.token > 1 or abandoned
        )
        return await self._send(delivery, notifier, told, references[-1] if references else None)

    async def made_together(self, leases: Sequence[Lease], notifier: Notifier) -> tuple[Delivery, ...]:
        """What becomes of deliveries that go out as one digest: all of them the same, but for those that are muted.

        Where some are, those are superseded and the others go out a moment later.

        Raises:
            DatabaseUnavailable: Nothing was sent.
        """
        deliveries = [lease.delivery for lease in leases]
        now = self._clock.now()
        if (held_until := self._patience.held_until(deliveries[0], now)) is not None:
            return tuple(not_before(delivery, held_until) for delivery in deliveries)
        incidents = [await self._store.get(delivery.incident) for delivery in deliveries]
        silent = {one.id for one in incidents if one.is_muted_for(deliveries[0].receiver)}
        if silent:
            return tuple(
                msgspec.structs.replace(delivery, state=DeliveryState.SUPERSEDED)
                if delivery.incident in silent
                else not_before(delivery, now)
                for delivery in deliveries
            )
        now = self._clock.now()
        if not self._may_begin(leases, now):
            return tuple(not_before(delivery, now) for delivery in deliveries)
        message = await self._digest(leases, incidents, now)
        told = msgspec.structs.replace(message, again=any(lease.token > 1 for lease in leases))
        if all(delivery.change is Transition.NOTIFIED for delivery in deliveries):
            told = msgspec.structs.replace(told, change=Transition.NOTIFIED)
        if not notifier.wants(told.change):
            return tuple(msgspec.structs.replace(one, state=DeliveryState.SUPERSEDED) for one in deliveries)
        first = await self._send(deliveries[0], notifier, told, None)
        return tuple(
            msgspec.structs.replace(
                delivery,
                state=first.state,
                attempts=delivery.attempts + 1,
                sent_at=first.sent_at,
                next_attempt_at=first.next_attempt_at,
                reason=first.reason,
            )
            for delivery in deliveries
        )

    async def _digest(self, leases: Sequence[Lease], incidents: Sequence[Incident], now: datetime) -> Message:
        """What they say together."""
        first = leases[0].delivery
        name = digests.name_of(leases)
        if first.group is not None and digests.is_grouped(first):
            ids = await self._store.group_members(first.receiver, first.group.key)
            members = [
                one for one in [await self._store.get(id_) for id_ in ids] if one.state is not IncidentState.RESOLVED
            ]
            current = {one.id: one for one in incidents}
            fresh = [msgspec.structs.replace(lease, incident=current[lease.delivery.incident]) for lease in leases]
            return digests.group_of(name, fresh, members, now, public_url=self._public_url)
        of = digests.hand_over_of if digests.is_hand_over(first) else digests.message_of
        return of(name, incidents, now, public_url=self._public_url, rising=self._rising())

    async def tested(self, lease: Lease, notifier: Notifier) -> Delivery:
        """What becomes of a drill's delivery, with the time of each hop: no budget holds it back, a hold does.

        It is given up soon: whoever asked for it does not want it in the night, when the vendor is back.
        """
        delivery, now = lease.delivery, self._clock.now()
        last = delivery.created_at + _TEST_FOR
        held_until = self._patience.held_until(delivery, now)
        if max(now, held_until or now) > last:
            held = f"; its destination is left alone until {held_until:%H:%M:%S} UTC" if held_until else ""
            last_failure = f"; last: {delivery.reason}" if delivery.reason else ""
            return rejected(delivery, f"a drill is given up after {_TEST_FOR.seconds // 60} min{held}{last_failure}")
        if held_until is not None:
            return not_before(delivery, held_until)
        if not self._may_begin((lease,), now):
            return not_before(delivery, now)
        message = drill(delivery.receiver, delivery.created_at, name=delivery.incident)
        told = msgspec.structs.replace(message, delivery=delivery.id, again=lease.token > 1)
        with timed(self._clock) as measured:
            outcome = await self._send(delivery, notifier, told, None)
        hops = [Hop("leased", lease.taken_at), Hop("begun", now)]
        for name, seconds in measured.passed:
            hops.append(Hop(name, hops[-1].at + timedelta(seconds=seconds)))
        if hops[-1].name != "answered":
            hops.append(Hop("answered", self._clock.now()))
        return msgspec.structs.replace(outcome, hops=tuple(hops))

    async def said_of_itself(self, lease: Lease, notifier: Notifier) -> Delivery:
        """What becomes of something that Tocsin says of itself: tried as a page is, held back by no budget.

        Raises:
            DatabaseUnavailable: Nothing was sent.
        """
        delivery, now = lease.delivery, self._clock.now()
        if (held_until := self._patience.held_until(delivery, now)) is not None:
            return not_before(delivery, held_until)
        notice = await self._store.directive(delivery.incident)
        if not isinstance(notice, SelfNotice):
            return rejected(delivery, f"there is no notice {delivery.incident}")
        if not self._may_begin((lease,), now):
            return not_before(delivery, now)
        message = about_itself(notice, delivery.change, public_url=self._public_url)
        told = msgspec.structs.replace(message, delivery=delivery.id, again=lease.token > 1)
        return await self._send(delivery, notifier, told, None)

    def _may_begin(self, leases: Sequence[Lease], now: datetime) -> bool:
        return not self._stopping() and all(now + self._longest <= lease.until for lease in leases)

    async def _beyond_budget(self, delivery: Delivery, incident: Incident) -> bool:
        """Whether it is to wait for a digest. The worst never do, nor what waited for one already."""
        if delivery.digest or delivery.change not in PAGES or incident.severity is Severity.SEV1:
            return False
        since = self._clock.now() - _BUDGET_OF
        for budget in self._receivers.policy(delivery.receiver).budgets:
            if await self._store.pages_told(budget.receivers, since=since) >= budget.pages_per_hour:
                return True
        return False

    async def _send(self, delivery: Delivery, notifier: Notifier, message: Message, reference: str | None) -> Delivery:
        self._metrics.attempts.labels(notifier.kind).inc()
        tried = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1)
        try:
            with within(self._tracing.begin("deliver", delivery.trace, notifier=notifier.kind, attempt=tried.attempts)):
                receipt = await self._one_attempt(notifier, message, reference)
        except DeliveryRejected as exc:
            return rejected(tried, exc.reason)
        except (DeliveryRetryable, DeliveryInDoubt) as exc:
            later = self._patience.failed(tried, exc, self._clock.now())
            if later.state is DeliveryState.PENDING:
                say(self._metrics, "in_doubt" if isinstance(exc, DeliveryInDoubt) else "retried", later)
            return later
        self._patience.succeeded(delivery)
        return msgspec.structs.replace(
            tried,
            state=DeliveryState.SENT,
            sent_at=self._clock.now(),
            incident_revision=max(message.revision, delivery.incident_revision),
            reference=None
            if delivery.digest and message.incident != delivery.incident
            else receipt.reference or reference,
            reason=None,
        )

    async def _one_attempt(self, notifier: Notifier, message: Message, reference: str | None) -> Receipt:
        seconds = self._settings.attempt_seconds
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                return await notifier.send(message, reference=reference, timeout_seconds=seconds)
        except TimeoutError as exc:
            raise DeliveryInDoubt(f"no answer within {seconds:g} s") from exc
        except AlertingError:
            raise
        except Exception as exc:  # one broken notifier must not stop the others
            log.exception("delivery.notifier_broken", notifier=notifier.kind, destination=notifier.destination)
            raise DeliveryInDoubt(f"the notifier failed: {type(exc).__name__}") from exc


def not_before(delivery: Delivery, at: datetime) -> Delivery:
    """Back into the outbox without an attempt."""
    return msgspec.structs.replace(delivery, next_attempt_at=at)


def _told_already(delivery: Delivery, incident: Incident, earlier: Sequence[Delivery]) -> bool:
    """Whether a message that is out says as much: a later growth, or a digest that ended the matter here.

    A count only keeps a message current: where none is out, there is nothing to say.
    """
    if delivery.change in {Transition.GREW, Transition.COUNTED} and any(
        other.incident_revision >= delivery.incident_revision for other in earlier
    ):
        return True
    if delivery.change is Transition.COUNTED and not any(other.reference for other in earlier):
        return True
    only_in_digests = bool(earlier) and all(other.digest and not other.reference for other in earlier)
    return only_in_digests and delivery.change not in PAGES and incident.severity is not Severity.SEV1
