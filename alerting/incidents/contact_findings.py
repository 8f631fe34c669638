"""What the contact centre hears of an incident, and how many were hit and are silent. Values and their words."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerting.incidents import wording
from alerting.incidents.wording import Line


class Standing(StrEnum):
    """How the contact centre and the public stand to one another.

    `unsure`: its reasons rise too, and not, or not yet, as the mentions do. `no_reason`: none belongs to it.
    """

    SAME_ISSUE = "same_issue"
    UNSURE = "unsure"
    SOCIAL_ONLY = "social_only"
    NO_REASON = "no_reason"
    NOT_HEARD = "not_heard"


class Span(msgspec.Struct, frozen=True):
    """In 90 of 100 cases it is between `low` and `high`."""

    low: float
    middle: float
    high: float


class HeardReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reason that people contact the company for, and that belongs to the incident.

    Attributes:
        contacts: Since the incident began; `expected` is what would be usual.
        because: Why it belongs to it: `configured`, or the words that both speak of.
        rising: They are far more than usual.
        lag: By how many minutes they follow the mentions, negative where they came first; None where not known.
    """

    reason: str
    contacts: int
    expected: float
    because: str
    rising: bool = False
    lag: Span | None = None


class ContactFindings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the contact centre says of an incident; `speakers`, `called` and `silent` are those who were hit.

    Attributes:
        at: Up to when the contact centre was heard; of a prior alone when it was reckoned.
        reasons: Those that belong to it, the largest excess first.
        speakers: People who spoke in public because of it.
        called: Contacts above what is usual so far, of all its reasons.
        silent: How many were hit and did neither; None where nobody can say.
        basis: What that stands on: `links`, `calls` or `prior`.
        source: Where the stated shares come from; empty where none was needed.
        next_hour: Contacts of its reasons in the next hour; None without a reason.
        next_hour_usual: How many of them would be usual; None where nobody knows.
        days: From how many days of contacts this was learned.
    """

    at: datetime
    standing: Standing
    reasons: tuple[HeardReason, ...] = ()
    speakers: int = 0
    called: int = 0
    silent: Span | None = None
    basis: str = ""
    source: str = ""
    next_hour: Span | None = None
    next_hour_usual: float | None = None
    days: int = 0


def told(findings: ContactFindings) -> tuple[Line, ...]:
    """The lines for people; reasons are the contact centre's own words and as hostile as any."""
    lines = [Line("Contact centre", _heard(findings)), Line("Hit and silent", _silent(findings))]
    return tuple(line for line in lines if line.text)


def in_one_line(findings: ContactFindings) -> str:
    """All of it, for where there is one line."""
    return "; ".join(line.text for line in reversed(told(findings)))


def _silent(findings: ContactFindings) -> str:
    people = findings.silent
    if people is None or people.high < 1:
        return ""
    return (
        f"about {_round(people.middle)} hit and silent ({_round(people.low)}-{_round(people.high)}), {_basis(findings)}"
    )


def _basis(findings: ContactFindings) -> str:
    days = f"{findings.days} day{'s'[: findings.days != 1]} of calls"
    if findings.basis == "links":
        return f"by how many callers had also spoken in public, from {days}"
    if findings.basis == "calls":
        return f"from {days}" if findings.days else "from the calls so far"
    return "by a rule of thumb, not by calls"


def _heard(findings: ContactFindings) -> str:
    if findings.standing is Standing.NOT_HEARD:
        return ""
    if findings.standing is Standing.NO_REASON:
        return "no reason for contacts belongs to this; it may be new to them"
    names = ", ".join(f'"{wording.plain(one.reason, 40)}"' for one in findings.reasons[:3])
    hour = findings.next_hour
    usual = "" if findings.next_hour_usual is None else f", usually {_round(findings.next_hour_usual)}"
    calls = (
        f"; {_round(hour.middle)} calls expected in the next hour ({_round(hour.low)}-{_round(hour.high)}{usual})"
        if hour
        else ""
    )
    if findings.standing is Standing.SOCIAL_ONLY:
        return f"not there yet: {names} as usual{calls}"
    if findings.standing is Standing.UNSURE:
        return f"{names} rises too, {findings.called:+,} calls above usual; not yet clear whether it is the same{calls}"
    lag = next((one.lag for one in findings.reasons if one.lag is not None), None)
    follows = f"; {_lag(lag)}" if lag is not None else ""
    return f"the same issue: {names}, {findings.called:+,} calls above usual{follows}{calls}"


def _lag(lag: Span) -> str:
    """Who came first.

    >>> _lag(Span(9.2, 12.1, 15.0))
    'calls began 12 min after the posts (9-15)'
    >>> _lag(Span(-22.0, -18.0, -14.0))
    'calls began 18 min before the posts (14-22)'
    >>> _lag(Span(-3.0, 0.4, 3.5))
    'calls and posts began together'
    """
    if lag.low <= 0 <= lag.high:
        return "calls and posts began together"
    side = "after" if lag.middle > 0 else "before"
    near, far = sorted((abs(lag.low), abs(lag.high)))
    return f"calls began {abs(lag.middle):.0f} min {side} the posts ({near:.0f}-{far:.0f})"


def _round(number: float) -> str:
    """To two digits: more is not known.

    >>> [_round(number) for number in (7.4, 87, 1234, 17_890, 1_250_000)]
    ['7', '87', '1,200', '18,000', '1.2 M']
    """
    if number >= 999_500:
        return wording.count(number)
    digits = max(len(f"{number:.0f}") - 2, 0)
    return f"{round(number, -digits):,.0f}"
