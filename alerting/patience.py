"""How long a failed delivery waits, and for whom: pure, `now` is an argument."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.errors import DeliveryInDoubt, DeliveryRetryable
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.store import Hold
from alerting.settings import DeliverySettings

REASON_CHARACTERS: Final = 500

Destination = tuple[str, str]
"""A receiver's name and the id of one of its notifiers."""


class Patience:
    """Decides when a failed delivery is tried again, when its destination is left alone, and when to give up.

    The wait doubles with every attempt up to the cap, unless the receiver asked for another one. Its destination is
    held for the shorter of this wait and what its failures in a row make, so that one message which always fails
    lets the others through. A test that fails holds it only for as long as the receiver asked: whoever tries a broken
    way again and again must not have the next page wait for it.

    Args:
        rng: Where the jitter comes from.
    """

    def __init__(self, settings: DeliverySettings, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._holds: dict[Destination, Hold] = {}

    def remember(self, holds: Iterable[Hold]) -> None:
        """Go on from what an earlier process, or another one, found out; of two holds the longer counts."""
        for hold in holds:
            known = self._holds.get((hold.receiver, hold.notifier))
            if known is None or known.until < hold.until:
                self._holds[hold.receiver, hold.notifier] = hold

    def hold_of(self, destination: Destination) -> Hold | None:
        """The destination's hold, also where it is over; None where its last attempt did not fail."""
        return self._holds.get(destination)

    def last_chance(self, now: datetime) -> datetime:
        """What was made before this time gives up now, and may be tried whoever is held."""
        return now - timedelta(hours=self._settings.give_up_hours)

    def held_until(self, delivery: Delivery, now: datetime) -> datetime | None:
        """Until when the destination is left alone; None where the delivery may be tried, as it may be at its last."""
        hold = self._holds.get(destination_of(delivery))
        if hold is None:
            return None
        until = min(hold.until, self._deadline(delivery))
        return until if now < until else None

    def succeeded(self, delivery: Delivery) -> None:
        """The destination takes messages again."""
        self._holds.pop(destination_of(delivery), None)

    def failed(self, tried: Delivery, failure: DeliveryRetryable | DeliveryInDoubt, now: datetime) -> Delivery:
        """The delivery with its next attempt; rejected where it is too old for one."""
        if now >= self._deadline(tried):
            hours = self._settings.give_up_hours
            return rejected(tried, f"gave up after {hours:g} h and {tried.attempts} attempts: {failure.reason}")
        asked = failure.retry_after if isinstance(failure, DeliveryRetryable) else None
        if asked is not None and asked < self._settings.first_backoff_seconds:
            asked = None
        own = asked if asked is not None else self._wait(tried.attempts)
        due = min(_after(now, own), self._deadline(tried))
        if asked is not None or not tried.test:
            self._hold(destination_of(tried), asked, due, now)
        return msgspec.structs.replace(tried, next_attempt_at=due, reason=failure.reason[:REASON_CHARACTERS])

    def _hold(self, destination: Destination, asked: float | None, due: datetime, now: datetime) -> None:
        before = self._holds.get(destination)
        failures = before.failures + 1 if before else 1
        until = _after(now, asked) if asked is not None else min(due, _after(now, self._wait(failures)))
        self._holds[destination] = Hold(*destination, until=until, failures=failures)

    def _deadline(self, delivery: Delivery) -> datetime:
        """The time of the last attempt."""
        return delivery.created_at + timedelta(hours=self._settings.give_up_hours)

    def _wait(self, attempts: int) -> float:
        """Doubling, capped, drawn from the upper half of its range so that many do not come at once."""
        longest = min(
            self._settings.max_backoff_seconds,
            self._settings.first_backoff_seconds * 2.0 ** min(attempts - 1, 30),
        )
        return longest * (0.5 + 0.5 * self._rng.random())


def destination_of(delivery: Delivery) -> Destination:
    """Where it goes."""
    return delivery.receiver, delivery.notifier


def rejected(delivery: Delivery, reason: str) -> Delivery:
    """The delivery, never to be tried again."""
    return msgspec.structs.replace(delivery, state=DeliveryState.REJECTED, reason=reason[:REASON_CHARACTERS])


def _after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=min(seconds, 31_536_000.0))
