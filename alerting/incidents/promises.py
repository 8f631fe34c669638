"""The clocks of an incident, and what the passing of time does to one. Pure: `now` is an argument."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome, changed
from alerting.settings import TargetSettings


class Promise(StrEnum):
    """What is measured: somebody takes it on; it is over; the brand answered in public, where that can be seen."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    PUBLIC_ANSWER = "public_answer"


class Standing(msgspec.Struct, frozen=True):
    """One clock of one incident.

    Attributes:
        due_at: Until when the promise should be kept.
        kept_at: When it was; None while the clock runs.
        overdue: It was not kept in time.
    """

    promise: Promise
    due_at: datetime
    kept_at: datetime | None
    overdue: bool


_BREACHES: Final = {
    Promise.ACKNOWLEDGE: (Transition.ACKNOWLEDGE_OVERDUE, "Nobody has acknowledged it within"),
    Promise.RESOLVE: (Transition.RESOLVE_OVERDUE, "It is not over within"),
    Promise.PUBLIC_ANSWER: (Transition.ANSWER_OVERDUE, "Nobody was answered in public within"),
}


def standings(incident: Incident, targets: TargetSettings, now: datetime) -> tuple[Standing, ...]:
    """All clocks as they stand. They begin when it opened, anew when it opened again; a snooze does not stop them.

    The one of the public answer runs where the brand's answers are in the stream, and stops when it is over.
    """
    began = incident.reopened_at or incident.opened_at
    ends = {
        Promise.ACKNOWLEDGE: incident.acknowledged_at or incident.resolved_at,
        Promise.RESOLVE: incident.resolved_at,
    }
    if incident.answers is not None:
        ends[Promise.PUBLIC_ANSWER] = incident.answers.first_at or incident.resolved_at
    return tuple(
        Standing(promise, due := began + _within(promise, targets), kept, (kept or now) > due)
        for promise, kept in ends.items()
    )


def elapsed(incident: Incident, targets: TargetSettings, now: datetime) -> Outcome | None:
    """The next thing that time alone brought about; None where there is none. To be asked again until there is none."""
    if incident.state is IncidentState.RESOLVED or incident.history:
        return None
    if incident.snoozed_until is not None and incident.snoozed_until <= now:
        return changed(
            incident,
            Transition.WOKEN,
            f"The snooze is over: {incident.why}",
            now,
            state=IncidentState.TRIGGERED,
            acknowledged_at=None,
            acknowledged_by=None,
            snoozed_until=None,
        )
    if incident.is_muted:
        return None  # nobody was asked to keep anything; the clocks begin anew when it is muted no more
    for standing in standings(incident, targets, now):
        if standing.overdue and standing.kept_at is None and standing.promise.value not in incident.overdue:
            transition, text = _BREACHES[standing.promise]
            span = wording.duration(_within(standing.promise, targets).total_seconds())
            return changed(
                incident, transition, f"{text} {span}", now, overdue=(*incident.overdue, standing.promise.value)
            )
    return None


def _within(promise: Promise, targets: TargetSettings) -> timedelta:
    if promise is Promise.ACKNOWLEDGE:
        return timedelta(minutes=targets.acknowledge_minutes)
    if promise is Promise.PUBLIC_ANSWER:
        return timedelta(minutes=targets.public_answer_minutes)
    return timedelta(hours=targets.resolve_hours)
