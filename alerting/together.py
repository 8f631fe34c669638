"""Puts messages into the groups that they go out with, in the unit that writes them down."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from alerting.incidents.delivery import Delivery
from alerting.incidents.model import Incident, Severity, Transition
from alerting.incidents.store import Unit


async def together(unit: Unit, deliveries: Sequence[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """The deliveries, those that are told in a group with its time and its name.

    The group's row stays locked until the unit ends, so that two processes agree on when it goes out.
    """
    flushes: dict[tuple[str, str], datetime] = {}
    placed: list[Delivery] = []
    for delivery in deliveries:
        if delivery.group is None:
            placed.append(delivery)
            continue
        of = (delivery.receiver, delivery.incident)
        if of not in flushes:
            flushes[of] = await unit.join_group(delivery.receiver, delivery.group, delivery.incident, now)
        group = delivery.group.at(flushes[of])
        placed.append(msgspec.structs.replace(delivery, group=group, digest=group.digest, next_attempt_at=flushes[of]))
    return tuple(placed)


async def hasten(unit: Unit, incident: Incident, transition: Transition, now: datetime) -> None:
    """What became a SEV1 waits for nobody any more, but for who is not to be woken by one."""
    if transition is Transition.SEVERITY_CHANGED and incident.severity is Severity.SEV1:
        await unit.hasten(incident.id, incident.quieted.asleep(now), now)
