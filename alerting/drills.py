"""Tests of the way to a receiver, on the way that every page takes."""

import secrets
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from alerting.directives.directive import DirectiveEntry
from alerting.directives.drill import Drill
from alerting.directives_kept import DirectivesKept
from alerting.errors import DirectiveRefused
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.identity import delivery_id
from alerting.incidents.model import Transition
from alerting.incidents.store import Hold, Store
from alerting.incidents.work import person
from alerting.receivers import Receivers
from streams.canary import CANARY
from streams.clock import Clock

_MOST_LISTED: Final = 100
_HOUR: Final = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Drills(DirectivesKept[Drill]):
    """Puts marked tests into the outbox, and says how far they came.

    What is sent, by whom, when it is tried again and what its outcome is are up to delivery, as with every page. Only
    budgets and quiet hours hold no test back, it uses none of them up, and nobody is woken where it does not arrive.
    """

    def __init__(self, store: Store, receivers: Receivers, clock: Clock) -> None:
        super().__init__(store, Drill, "drill", most=_MOST_LISTED)
        self._receivers = receivers
        self._clock = clock

    async def begin(self, receiver: str, *, by: str) -> Drill:
        """A test of every notifier of the receiver, in the outbox and in the audit trail when this returns.

        Raises:
            DirectiveRefused: The configuration knows no such receiver, or none of its notifiers.
            DatabaseUnavailable: Nothing was written, and nothing is sent.
        """
        notifiers = {} if receiver == CANARY else self._receivers.of(receiver)
        if not notifiers:
            known = ", ".join(sorted({name for name, _, _ in self._receivers if name != CANARY})) or "none"
            raise DirectiveRefused(f"there is no receiver {receiver!r}; known are {known}")
        now = self._clock.now()
        drill = Drill(f"drl_{secrets.token_hex(10)}", receiver, person(by), now, now)
        text = f"{person(by)} tests the way to {receiver}{await self._beyond(receiver)}"
        async with self._store.begin() as unit:
            await unit.keep(
                drill, (DirectiveEntry(drill.id, now, "drill.asked", drill.author, text),), expected_revision=None
            )
            await unit.enqueue(
                [
                    Delivery(
                        id=delivery_id(drill.id, 1, receiver, name, now),
                        incident=drill.id,
                        incident_revision=1,
                        receiver=receiver,
                        notifier=name,
                        change=Transition.OPENED,
                        state=DeliveryState.PENDING,
                        created_at=now,
                        next_attempt_at=now,
                        detail=notifier.destination,
                        test=True,
                    )
                    for name, notifier in notifiers.items()
                ]
            )
        log.info("drill.asked", drill=drill.id, receiver=receiver, by=by)
        return drill

    async def deliveries(self, drill_id: str) -> tuple[Delivery, ...]:
        """Its messages, one for each notifier, and until when what waits is left alone; none once forgotten."""
        found = await self._store.deliveries(drill_id)
        if all(one.state is not DeliveryState.PENDING for one in found):
            return found
        holds = {(hold.receiver, hold.notifier): hold for hold in await self._store.holds()}
        return tuple(_held(one, holds.get((one.receiver, one.notifier))) for one in found)

    async def _beyond(self, receiver: str) -> str:
        """What would have held an ordinary page back, for the record."""
        since = self._clock.now() - _HOUR
        for budget in self._receivers.policy(receiver).budgets:
            told = await self._store.pages_told(budget.receivers, since=since)
            if told >= budget.pages_per_hour:
                return f", beyond its budget: {told} of {budget.pages_per_hour} pages of this hour are used up"
        return ""


def _held(waits: Delivery, hold: Hold | None) -> Delivery:
    if waits.state is not DeliveryState.PENDING or hold is None or hold.until <= waits.next_attempt_at:
        return waits
    reason = waits.reason or f"left alone after {hold.failures} failure{'s'[: hold.failures != 1]} in a row"
    return msgspec.structs.replace(waits, next_attempt_at=hold.until, reason=reason)
