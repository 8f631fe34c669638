"""What people do while they work on an incident, beside acknowledging and resolving. Pure: values in, values out."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.errors import TransitionRefused
from alerting.incidents import wording
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome, changed, unchanged
from alerting.incidents.sharing import share, unshare
from alerting.incidents.statement import Statement

LONGEST_SNOOZE: Final = timedelta(days=7)
FIXED_BEFORE_ONSET: Final = timedelta(days=7)

_NAME_CHARACTERS: Final = 100
_COMMENT_CHARACTERS: Final = 500


class Assign(msgspec.Struct, frozen=True, tag="assign"):
    """Give it to somebody; they still have to acknowledge."""

    to: str


class Comment(msgspec.Struct, frozen=True, tag="comment"):
    """Say something about it; one line."""

    text: str


class Snooze(msgspec.Struct, frozen=True, tag="snooze"):
    """Hear nothing of its growth until then; it wakes by itself, and at once if it gets worse."""

    until: datetime


class PassOn(msgspec.Struct, frozen=True, tag="pass_on"):
    """Not mine: it is nobody's again, or another owner's, who is paged where a route leads to them."""

    to: str | None = None


class HandOver(msgspec.Struct, frozen=True, tag="hand_over"):
    """Give it to somebody who has to acknowledge anew: they are called, and after them whoever is called anyway."""

    to: str


class State(msgspec.Struct, frozen=True, tag="state"):
    """Say what is known, for everybody; see `Statement`."""

    status: str
    cause: str | None = None
    expected_at: datetime | None = None
    next_update_at: datetime | None = None
    fixed_at: datetime | None = None


class Share(msgspec.Struct, frozen=True, tag="share"):
    """Open it to people without an account, to look at, until then; see `SituationLink`."""

    link: str
    until: datetime


class Unshare(msgspec.Struct, frozen=True, tag="unshare"):
    """Take that link back."""

    link: str


Act = Assign | Comment | Snooze | PassOn | HandOver | State | Share | Unshare


def perform(incident: Incident, act: Act, by: str, now: datetime, comment: str | None = None) -> Outcome:
    """What the act makes of the incident. The same act again changes nothing, but for comments.

    Raises:
        TransitionRefused: The incident is resolved and the act is neither comment nor statement, a text is empty, or
            the end of a snooze is not within the next seven days.
    """
    if incident.state is IncidentState.RESOLVED and not isinstance(act, Comment | State | Share | Unshare):
        raise TransitionRefused(f"incident {incident.id} is resolved; it can still be commented on and stated about")
    actor, said = person(by), said_about(comment)
    match act:
        case Assign(to=to):
            return _assign(incident, _needed(to, "a name"), actor, said, now)
        case Comment(text=text):
            line = _needed(text, "a comment", _COMMENT_CHARACTERS)
            return changed(incident, Transition.COMMENTED, f"{actor}: {line}", now, actor=actor)
        case Snooze(until=until):
            return _snooze(incident, until, actor, said, now)
        case PassOn(to=to):
            return _pass_on(incident, _needed(to, "a name") if to is not None else None, actor, said, now)
        case HandOver(to=to):
            return _hand_over(incident, _needed(to, "a name"), actor, said, now)
        case State():
            return _state(incident, act, actor, now)
        case Share(link=link, until=until):
            return share(incident, link, until, actor, said, now)
        case Unshare(link=link):
            return unshare(incident, link, actor, said, now)


def person(by: str) -> str:
    """Whoever acts, as the timeline names them; nobody can pass for Tocsin itself."""
    name = wording.plain(by, _NAME_CHARACTERS) or "somebody"
    return f"{name} (a person)" if name.casefold() == "tocsin" else name


def said_about(comment: str | None) -> str:
    """A comment as it follows a sentence; empty without one."""
    text = wording.plain(comment or "", _COMMENT_CHARACTERS)
    return f": {text}" if text else ""


def _assign(incident: Incident, to: str, actor: str, said: str, now: datetime) -> Outcome:
    if incident.assignee == to:
        return unchanged(incident)
    text = f"Assigned to {to} by {actor}{said}"
    return changed(incident, Transition.ASSIGNED, text, now, actor=actor, assignee=to)


def _snooze(incident: Incident, until: datetime, actor: str, said: str, now: datetime) -> Outcome:
    if until.tzinfo is None or not now < until <= now + LONGEST_SNOOZE:
        raise TransitionRefused("a snooze ends within the next seven days, at a time with a time zone")
    if incident.snoozed_until == until:
        return unchanged(incident)
    text = f"Snoozed until {until:%d %b %H:%M} UTC by {actor}{said}"
    return changed(incident, Transition.SNOOZED, text, now, actor=actor, snoozed_until=until)


def _pass_on(incident: Incident, to: str | None, actor: str, said: str, now: datetime) -> Outcome:
    where = f"to {to}" if to else "to whoever takes it"
    return changed(
        incident,
        Transition.PASSED_ON,
        f"Not theirs: passed on {where} by {actor}{said}",
        now,
        actor=actor,
        state=IncidentState.TRIGGERED,
        acknowledged_at=None,
        acknowledged_by=None,
        assignee=None,
        owner=to or incident.owner,
        passed_to=to or incident.passed_to,
    )


def _hand_over(incident: Incident, to: str, actor: str, said: str, now: datetime) -> Outcome:
    if incident.assignee == to and incident.state is IncidentState.TRIGGERED:
        return unchanged(incident)
    return changed(
        incident,
        Transition.HANDED_OVER,
        f"Handed over to {to} by {actor}{said}",
        now,
        actor=actor,
        state=IncidentState.TRIGGERED,
        acknowledged_at=None,
        acknowledged_by=None,
        snoozed_until=None,
        assignee=to,
    )


def _state(incident: Incident, act: State, actor: str, now: datetime) -> Outcome:
    before = incident.statement
    cause = wording.plain(act.cause, _COMMENT_CHARACTERS) if act.cause else None
    if act.fixed_at is not None and _zoned(act.fixed_at) > now:
        raise TransitionRefused(f"{act.fixed_at.isoformat()} lies ahead; what is fixed was fixed before now")
    # People may talk of it only after it is mended, but not for the first time a week later.
    if act.fixed_at is not None and act.fixed_at < incident.onset_at - FIXED_BEFORE_ONSET:
        raise TransitionRefused(f"{act.fixed_at.isoformat()} lies more than a week before it began; is that the date?")
    statement = Statement(
        status=_needed(act.status, "a status"),
        by=actor,
        at=now,
        cause=cause,
        expected_at=_zoned(act.expected_at) if act.expected_at else None,
        next_update_at=_zoned(act.next_update_at) if act.next_update_at else None,
        fixed_at=act.fixed_at,
        cause_at=(before.cause_at if before else None) or (now if cause else None),
    )
    said_before = before and msgspec.structs.replace(before, by=actor, at=now, cause_at=statement.cause_at)
    if statement == said_before:
        return unchanged(incident)
    return changed(incident, Transition.STATED, f"{actor}: {statement}", now, actor=actor, statement=statement)


def _needed(text: str, what: str, most: int = _COMMENT_CHARACTERS) -> str:
    line = wording.plain(text, most)
    if not line:
        raise TransitionRefused(f"{what} is needed, and it is empty")
    return line


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise TransitionRefused(f"{at.isoformat()} has no time zone")
    return at
