"""Our own part in an incident, told to people: counts and times only, never a word from a mention."""

from datetime import datetime
from typing import Final

from alerting.incidents import wording
from alerting.incidents.own_part import Backlash, Canned, Helping, OwnPart, Waits
from alerting.incidents.wording import Line

BACKLASH: Final = "Backlash"

_MOST_TOLD: Final = 2
_HARDLY_ANY: Final = 0.05


def told(part: OwnPart) -> tuple[Line, ...]:
    """What is worth telling, the worst first."""
    lines = [
        *(Line(BACKLASH, backlash_line(one)) for one in part.backlash[:_MOST_TOLD]),
        Line("Our answers", _answers(part)),
        Line("Customers help", "" if part.helping is None else helping_line(part.helping)),
    ]
    return tuple(line for line in lines if line.text)


def backlash_line(one: Backlash) -> str:
    """One reply that draws anger.

    >>> from datetime import UTC
    >>> from alerting.incidents.own_part import Said
    >>> reply = Said("x:9", "x:7", datetime(2026, 1, 5, 14, 2, tzinfo=UTC))
    >>> backlash_line(Backlash(reply, 50, 50, 40, 0.6, 0.3, 1e-9))
    'our own reply of 14:02 UTC draws 80% negative answers (40 of 50; our replies usually draw 0.6)'
    """
    about = "" if one.exact else "about "
    read = f"{one.scored:,} with a known mood of " if one.scored < one.answers else ""
    usual = f"{one.expected:.1f}" if one.expected >= _HARDLY_ANY else "hardly any"
    likes = f"; {one.likes:,} likes" if one.ratioed else ""
    return (
        f"our own reply of {one.reply.at:%H:%M} UTC draws {one.negative_share:.0%} negative answers "
        f"({one.negative:,} of {read}{about}{one.answers:,}; our replies usually draw {usual}{likes})"
    )


def waits_line(waits: Waits, now: datetime) -> str:
    """Who is answered, and who waits.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> from alerting.incidents.own_part import Waiting
    >>> waits_line(Waits(400, 64, 16, 310, 270, 345, 840.0, (Waiting("x:7", noon),)), noon.replace(hour=14))
    'about 310 of 400 complaints unanswered (270-345), the oldest seen for 2 h; answered after 14 min at the median'
    """
    exact = waits.low == waits.high
    left = f"{wording.count(waits.unanswered)} of {wording.count(waits.complaints)} complaints unanswered"
    if not exact:
        left = f"about {left} ({wording.count(waits.low)}-{wording.count(waits.high)})"
    if waits.oldest_at is not None:
        waited = wording.duration(max((now - waits.oldest_at).total_seconds(), 0.0))
        left += f", the oldest {'' if exact else 'seen '}for {waited}"
    if waits.median_seconds is None:
        return left
    return f"{left}; answered after {wording.duration(waits.median_seconds)} at the median"


def canned_line(canned: Canned) -> str:
    """How many of our replies are made of templates; empty where none is.

    >>> canned_line(Canned(12, 9, 40, 20))
    '9 of our 12 replies since it began are canned, 20 of 40 in the last day'
    """
    if not canned.today_canned and not canned.here_canned:
        return ""
    return (
        f"{canned.here_canned:,} of our {canned.here:,} replies since it began are canned, "
        f"{canned.today_canned:,} of {canned.today:,} in the last day"
    )


def helping_line(helping: Helping) -> str:
    """How customers help one another; empty where none does.

    >>> helping_line(Helping(40, 3, 1, 2))
    '2 customers answered 3 of the 40 complaints looked at, 1 was thanked for'
    """
    if not helping.helped:
        return ""
    people = f"{helping.helpers} customer{'s'[: helping.helpers != 1]} answered"
    line = f"{people} {helping.helped} of the {helping.looked_at} complaints looked at"
    return (
        f"{line}, {helping.thanked} {'was' if helping.thanked == 1 else 'were'} thanked for"
        if helping.thanked
        else line
    )


def _answers(part: OwnPart) -> str:
    lines = [
        waits_line(part.waits, part.at) if part.waits is not None else "",
        canned_line(part.canned) if part.canned is not None else "",
    ]
    return "; ".join(line for line in lines if line)
