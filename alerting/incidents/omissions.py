"""Who should have been told of an open incident by now, and was not. Pure.

It knows nothing of how calls are made: it works out from the chain's beginning what is due, and looks into the outbox
for what arrived. So it finds what the escalation, the dispatch or the delivery forgot.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.escalation import Escalation
from alerting.incidents.model import PAGES, Incident, IncidentState, Transition


class OmissionKind(StrEnum):
    """What is missing.

    `NOBODY`: it pages somebody by its route, and nobody was told. `CALL_NOT_MADE`: a call of its chain is overdue.
    `NOT_IN_OUTBOX`: somebody counts as called, and no message of it was ever made. `NOT_ARRIVED`: a message was made,
    is due, and reached its receiver over no channel.
    """

    NOBODY = "nobody"
    CALL_NOT_MADE = "call_not_made"
    NOT_IN_OUTBOX = "not_in_outbox"
    NOT_ARRIVED = "not_arrived"


class Omission(msgspec.Struct, frozen=True, order=True):
    """One of them; `receiver` is empty where nobody in particular is missing."""

    incident: str
    kind: OmissionKind
    receiver: str = ""


def omissions(
    incident: Incident,
    deliveries: Sequence[Delivery],
    now: datetime,
    *,
    grace: timedelta,
    pages: Collection[str] = (),
    mute: Collection[str] = (),
) -> tuple[Omission, ...]:
    """What is missing of the incident.

    Args:
        deliveries: All of it.
        grace: So late everything may be.
        pages: Receivers that its route pages now; empty says nothing.
        mute: Receivers without a channel that pages, which no message can be made for.
    """
    if incident.history or incident.is_muted or incident.state is not IncidentState.TRIGGERED:
        return ()
    if incident.snoozed_until is not None and incident.snoozed_until + grace > now:
        return ()
    return tuple(sorted(set(_missing(incident, deliveries, now - grace, set(pages), set(mute)))))


def calls_due(escalation: Escalation, at: datetime) -> int:
    """How many calls of the chain are due by then, counted one by one through its rounds."""
    if escalation.put_off_until is not None and escalation.put_off_until > at:
        return escalation.made
    waits = [step.wait_seconds for step in escalation.chain.steps]
    elapsed = (at - escalation.began_at).total_seconds()
    if elapsed < 0:
        return 0
    rounds, left = divmod(elapsed, sum(waits))
    if escalation.chain.repeats is not None and rounds > escalation.chain.repeats:
        return (escalation.chain.repeats + 1) * len(waits)
    due = int(rounds) * len(waits)
    for wait in waits:
        if left < 0:
            break
        due += 1
        left -= wait
    return due


def _missing(
    incident: Incident, deliveries: Sequence[Delivery], before: datetime, pages: set[str], mute: set[str]
) -> Iterator[Omission]:
    opened = incident.reopened_at or incident.opened_at
    if not incident.receivers and opened < before and pages - mute:
        yield Omission(incident.id, OmissionKind.NOBODY)
    running = incident.escalation
    if running is not None and running.made < calls_due(running, before):
        yield Omission(incident.id, OmissionKind.CALL_NOT_MADE)
    made = [one for one in deliveries if one.change in PAGES or one.change is Transition.NOTIFIED]
    for call in running.calls if running is not None else ():
        for receiver in call.receivers:
            known = any(one.receiver == receiver and one.created_at >= call.at for one in made)
            if not known and call.at < before and receiver not in mute and not incident.is_muted_for(receiver):
                yield Omission(incident.id, OmissionKind.NOT_IN_OUTBOX, receiver)
    for one in made:
        late = one.next_attempt_at < before and one.created_at < before and one.state is DeliveryState.PENDING
        tried_in_vain = one.attempts > 0 and one.created_at < before and one.state is DeliveryState.PENDING
        refused = one.state is DeliveryState.REJECTED and one.created_at < before
        if (late or tried_in_vain or refused) and one.created_at >= opened and not _arrived(one, made):
            yield Omission(incident.id, OmissionKind.NOT_ARRIVED, one.receiver)


def _arrived(delivery: Delivery, made: Sequence[Delivery]) -> bool:
    """Whether the receiver was reached over another channel, or later."""
    return any(
        other.receiver == delivery.receiver
        and other.state is DeliveryState.SENT
        and other.created_at >= delivery.created_at
        for other in made
    )
