"""From the onset to the fix: when each step of an incident was reached, and how that is known. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import PAGES, IncidentState, TimelineEntry, Transition
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.outline import Outline

_NAME_CHARACTERS: Final = 100
_GIVEN_AWAY: Final = frozenset({Transition.PASSED_ON, Transition.HANDED_OVER})


class Step(StrEnum):
    """What has to happen, in this order; two may well happen in another one."""

    ONSET = "onset"
    DETECTED = "detected"
    PAGED = "paged"
    ACKNOWLEDGED = "acknowledged"
    OWNED = "owner_accepted"
    EXPLAINED = "cause_stated"
    FIXED = "fixed"


class Milestone(msgspec.Struct, frozen=True):
    """One step of one incident.

    Attributes:
        at: None where nobody knows, or where it did not happen; `because` says which.
        because: How it is known, or why not; our own words and names of our people.
        took_seconds: Since the step before; None where one of the two is unknown, negative where it came first.
        since_onset_seconds: None where it is unknown.
    """

    step: Step
    at: datetime | None
    because: str
    took_seconds: float | None = None
    since_onset_seconds: float | None = None


def milestones(
    outline: Outline, timeline: Sequence[TimelineEntry], deliveries: Sequence[Delivery] | None
) -> tuple[Milestone, ...]:
    """Every step, in order.

    The onset is the detectors' estimate. Detected is when the incident was opened. Paged is the first page that a
    vendor took. The owner accepted with the first acknowledgement after which nobody said "not mine" or handed it
    over. The cause is stated with the first statement that has one. Fixed is since when a statement says so, else when
    the incident was resolved.

    Args:
        timeline: Oldest first.
        deliveries: Those of the incident; None where they are forgotten.
    """
    known = {
        Step.ONSET: (outline.onset_at, "estimated from the counts"),
        Step.DETECTED: (outline.opened_at, "the incident was opened"),
        Step.PAGED: _paged(timeline, deliveries),
        Step.ACKNOWLEDGED: _acknowledged(timeline),
        Step.OWNED: _owned(outline, timeline),
        Step.EXPLAINED: _explained(outline),
        Step.FIXED: _fixed(outline, timeline),
    }
    return tuple(_measured(known))


def at_of(reached: Sequence[Milestone], step: Step) -> datetime | None:
    """When that step was reached."""
    return next((one.at for one in reached if one.step is step), None)


def _measured(known: dict[Step, tuple[datetime | None, str]]) -> Iterator[Milestone]:
    onset = known[Step.ONSET][0]
    before: datetime | None = None
    for step, (at, because) in known.items():
        yield Milestone(step, at, because, _seconds(before, at), _seconds(onset, at))
        before = at


def _seconds(earlier: datetime | None, later: datetime | None) -> float | None:
    return None if earlier is None or later is None else (later - earlier).total_seconds()


def _paged(timeline: Sequence[TimelineEntry], deliveries: Sequence[Delivery] | None) -> tuple[datetime | None, str]:
    pages = [one for one in deliveries or () if one.change in PAGES]
    arrived = [(one.sent_at, one) for one in pages if one.state is DeliveryState.SENT and one.sent_at is not None]
    if arrived:
        at, first = min(arrived, key=lambda pair: pair[0])
        return at, f"{_name(first.receiver)} over {_name(first.notifier.partition(':')[0])}"
    if pages:
        return None, "a page was made, and none arrived"
    decided = next((entry for entry in timeline if entry.paged), None)
    if decided is None:
        return None, "nobody was paged"
    return None, f"{_name(', '.join(decided.paged))} was to be paged; whether it arrived is no longer kept"


def _acknowledged(timeline: Sequence[TimelineEntry]) -> tuple[datetime | None, str]:
    first = next((entry for entry in timeline if entry.transition is Transition.ACKNOWLEDGED), None)
    return (None, "nobody acknowledged it") if first is None else (first.at, f"by {_name(first.actor)}")


def _owned(outline: Outline, timeline: Sequence[TimelineEntry]) -> tuple[datetime | None, str]:
    if not outline.owner:
        return None, "it has no owner"
    given_away = max((at for at, entry in enumerate(timeline) if entry.transition in _GIVEN_AWAY), default=-1)
    accepted = next(
        (entry for entry in timeline[given_away + 1 :] if entry.transition is Transition.ACKNOWLEDGED), None
    )
    if accepted is None:
        return None, f"nobody acknowledged it for {_name(outline.owner)}"
    passed = " after it was passed on" if given_away >= 0 else ""
    return accepted.at, f"{_name(outline.owner)}, by {_name(accepted.actor)}{passed}"


def _explained(outline: Outline) -> tuple[datetime | None, str]:
    said = outline.statement
    if said is None or (said.cause_at is None and said.cause is None):
        return None, "nobody stated a cause"
    return said.cause_at or said.at, f"by {_name(said.by)}" if said.cause else "stated, and taken back since"


def _fixed(outline: Outline, timeline: Sequence[TimelineEntry]) -> tuple[datetime | None, str]:
    said = outline.statement
    if said is not None and said.fixed_at is not None:
        return said.fixed_at, f"stated by {_name(said.by)}"
    if outline.merged_into:
        return None, f"merged into {outline.merged_into}, which goes on"
    if outline.state is not IncidentState.RESOLVED:
        return None, "it is not resolved"
    last = next((e for e in reversed(timeline) if e.transition in {Transition.RESOLVED, Transition.WITHDRAWN}), None)
    if last is not None and last.transition is Transition.WITHDRAWN:
        return None, "it was withdrawn: there was nothing to fix"
    if outline.resolved_by in {None, SYSTEM}:
        return outline.resolved_at, "nobody stated when; it went back to usual by itself"
    return outline.resolved_at, f"nobody stated when; resolved by {_name(outline.resolved_by or '')}"


def _name(text: str) -> str:
    return wording.plain(text, _NAME_CHARACTERS)
