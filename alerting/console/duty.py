"""A schedule as the page shows it: who, until when, where nobody is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from alerting.console import words
from alerting.directives.shift_cover import ShiftCover
from alerting.notifiers.escaping import one_line
from alerting.oncall.roster import AHEAD, OnCall, Roster
from alerting.oncall.standby import Standby

SHOWN: Final = timedelta(days=14)
MOST_LINES: Final = 10


class CoverLine(msgspec.Struct, frozen=True):
    """What was handed over: the sentence, and the id with which it is ended."""

    id: str
    text: str


class DutyCard(msgspec.Struct, frozen=True):
    """One schedule.

    Attributes:
        who: `Maya`, `nobody` or `not known`.
        until: `until 12 Jan 08:00`; empty where nothing changes within 90 days.
        is_covered: Somebody is on call now.
        owners: Whose it is, in one line.
        age: How old what was read is, and why it is no newer; empty for a rotation.
        turns: The next shifts, a line each.
        gaps: Where nobody is within 90 days, a line each.
        covers: What was handed over.
        form: What stands in the fields of its hand-over.
        is_open: Whether somebody is filling it in.
    """

    name: str
    who: str
    until: str
    is_covered: bool
    owners: str
    age: str
    turns: tuple[str, ...]
    gaps: tuple[str, ...]
    covers: tuple[CoverLine, ...]
    form: Mapping[str, str]
    is_open: bool


def duty_card(
    name: str, roster: Roster, standby: Standby, now: datetime, filled: Mapping[str, str] | None = None
) -> DutyCard:
    """The schedule as it stands now.

    Args:
        filled: The fields of a hand-over that was refused.
    """
    current = roster.on_call(name, now)
    shifts = roster.shifts(name, now, now + SHOWN) or ()
    gaps = roster.gaps(name, now, now + AHEAD) or ()
    owners = [owner for owner, schedule in standby.schedules.items() if schedule == name]
    people = ", ".join(one_line(person, words.LONGEST_NAME) for person in current.people)
    return DutyCard(
        name=name,
        who=people or ("nobody" if current.known else "not known"),
        until=f"until {words.clock(current.until, now)}" if current.until else "",
        is_covered=bool(current.people),
        owners=one_line(", ".join(owners), words.LONGEST_REASON),
        age=_age(current, now),
        turns=tuple(
            f"{words.clock(shift.starts_at, now)} to {words.clock(shift.ends_at, now)}"
            f" {one_line(shift.person, words.LONGEST_NAME)}"
            for shift in shifts[:MOST_LINES]
        ),
        gaps=tuple(
            f"{words.clock(max(gap.starts_at, now), now)} to {words.clock(gap.ends_at, now)}"
            for gap in gaps[:MOST_LINES]
        )
        + ((f"and {len(gaps) - MOST_LINES} more",) if len(gaps) > MOST_LINES else ()),
        covers=tuple(_cover(cover, now) for cover in roster.covers(name, now)[:MOST_LINES]),
        form=_form(current, filled if filled and filled.get("schedule") == name else {}),
        is_open=bool(filled) and (filled or {}).get("schedule") == name,
    )


def _form(current: OnCall, filled: Mapping[str, str]) -> Mapping[str, str]:
    """What was filled in; else the shift that goes on now, passed on until its end."""
    usual = {
        "person": "",
        "instead_of": current.people[0] if len(current.people) == 1 else "",
        "starts_at": "",
        "ends_at": f"{current.until.astimezone(UTC):%Y-%m-%dT%H:%M}" if current.until else "",
        "reason": "",
    }
    return {name: filled.get(name, default) for name, default in usual.items()}


def _cover(cover: ShiftCover, now: datetime) -> CoverLine:
    person, instead_of = (
        one_line(cover.person, words.LONGEST_NAME),
        one_line(cover.instead_of or "", words.LONGEST_NAME),
    )
    whose = f" for {instead_of}" if instead_of else ""
    begins = "now" if cover.holds(now) else words.clock(cover.starts_at, now)
    why = f": {one_line(cover.reason, words.LONGEST_REASON)}" if cover.reason else ""
    by = one_line(cover.author, words.LONGEST_NAME)
    return CoverLine(cover.id, f"{person}{whose}, {begins} to {words.clock(cover.ends_at, now)}, said by {by}{why}")


def _age(current: OnCall, now: datetime) -> str:
    problem = one_line(current.problem or "", words.LONGEST_REASON)
    if current.read_at is None:
        return f"could not be read: {problem}" if problem else ("" if current.known else "not read yet")
    read = (
        f"read {words.since(current.read_at, now)} ago"
        if now - current.read_at >= timedelta(minutes=1)
        else "read just now"
    )
    return f"{read}; since then: {problem}" if problem else read
