"""An incident set against the contact centre: the same issue or not, who leads, who is silent, what is to come."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from alerting.hearing.curve import Curve
from alerting.hearing.kinship import Ground, Kin, kin
from alerting.hearing.lag import LEAST_LIKENESS, Lag, lag_between
from alerting.hearing.shift import LONGEST
from alerting.hearing.silent import (
    Interval,
    Ratio,
    learned_ratio,
    next_hour,
    seen_ratio,
    silent_majority,
)
from alerting.hearing.stated import Stated
from alerting.hearing.switchboard import Line, Switchboard, above
from alerting.incidents.contact_findings import ContactFindings, HeardReason, Span, Standing

BEFORE: Final = 120
"""So many minutes before an event its calls are looked at."""
LONGEST_EVENT: Final = 480

_RARE: Final = 1e-6
_WIDTHS: Final = (5, 15, 30, 60)
_FEWEST: Final = 10.0
_USUAL_LAG: Final = 15
_FOLLOWS: Final = 10.0
_RECENT: Final = 15
_UNSTEADY: Final = 0.25
_FADES: Final = (12.0, 60.0, 2_000.0)  # minutes until half of it is over: soon, as events do, not within the hour
_LN2: Final = 0.6931
_SURELY_ALONE: Final = 90
_LINKED_HOURS: Final = 14 * 24


@dataclass(frozen=True, slots=True)
class Event:
    """An incident as far as the contact centre is concerned.

    Attributes:
        spoken: Names and queries of its topics; `driven` is what drives it.
        onset: Minutes since 1970.
        speakers: People who spoke in public because of it.
        mentions: By the minute, from `BEFORE` minutes before the onset on.
        mentions_by_day: Of ordinary days before it, by day since 1970.
    """

    topics: tuple[str, ...]
    brand: str
    spoken: tuple[str, ...]
    onset: int
    speakers: float
    mentions: Curve
    mentions_by_day: Mapping[int, int]
    driven: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    line: Line
    kin: Kin
    curve: Curve
    rising: bool


def compared(event: Event, board: Switchboard | None, stated: Stated, now: datetime) -> ContactFindings:
    """What the contact centre says of the event; by stated shares alone where there is none."""
    usual = event.mentions.total(event.onset, event.mentions.end)[1]
    if board is None or board.end <= event.onset - BEFORE:
        return by_stated_shares(event.speakers, stated, now, usual=usual)
    heard = _heard(event, board, stated)
    linked = board.linked([line for line in board.lines if _ours(line, event)], board.end // 60 - _LINKED_HOURS)
    known = linked if linked[0] else None
    at = datetime.fromtimestamp(board.end * 60, UTC)
    if not heard:
        return by_stated_shares(
            event.speakers, stated, at, standing=Standing.NO_REASON, days=board.days, linked=known, usual=usual
        )
    rising = [one for one in heard if one.rising]
    sums = _summed([one.curve for one in rising or heard])
    lag = lag_between(event.mentions.part(sums.start, sums.end), sums) if rising else None
    lag = lag if lag is not None and lag.likeness >= LEAST_LIKENESS else None
    standing = Standing.SAME_ISSUE if lag else Standing.UNSURE if rising else Standing.SOCIAL_ONLY
    before = learned_ratio(_days(event, board, [one.line for one in heard]))
    ratio = _ratio(event, sums, lag, before, standing)
    called = max(sums.excess(_from(event, lag)), 0.0) if rising else 0.0
    silent = silent_majority(
        event.speakers,
        called,
        spoke=stated.spoke,
        contacted=stated.contacted,
        ratio=ratio,
        linked=known,
        usual=usual,
    )
    return ContactFindings(
        at=at,
        standing=standing,
        reasons=tuple(_told(one, event, lag) for one in sorted(heard, key=lambda one: -one.curve.excess(event.onset))),
        speakers=round(event.speakers),
        called=round(called),
        silent=_span(silent.people) if silent else None,
        basis=silent.basis.value if silent else "",
        source=stated.source if silent and silent.basis.value != "links" else "",
        next_hour=_span(_next_hour(event, heard, board, ratio, lag)) if ratio else None,
        next_hour_usual=round(_usually(heard), 1) if ratio else None,
        days=board.days,
    )


def by_stated_shares(
    speakers: float,
    stated: Stated,
    at: datetime,
    *,
    standing: Standing = Standing.NOT_HEARD,
    days: int = 0,
    linked: tuple[int, int] | None = None,
    usual: float = 0.0,
) -> ContactFindings:
    """What can be said where no reason for contacts belongs to the event.

    Args:
        speakers: People who spoke in public because of it.
        linked: As in `silent_majority`; likewise `usual`.
    """
    silent = silent_majority(speakers, 0.0, spoke=stated.spoke, contacted=stated.contacted, linked=linked, usual=usual)
    return ContactFindings(
        at=at,
        standing=standing,
        speakers=round(speakers),
        silent=_span(silent.people) if silent else None,
        basis=silent.basis.value if silent else "",
        source=stated.source if silent and silent.basis.value != "links" else "",
        days=days,
    )


def _ours(line: Line, event: Event) -> bool:
    return not line.brand or not event.brand or line.brand.casefold() == event.brand.casefold()


def _heard(event: Event, board: Switchboard, stated: Stated) -> list[_Heard]:
    found: list[_Heard] = []
    for line in board.lines:
        because = (
            kin(
                line.reason,
                topics=event.topics,
                spoken=event.spoken,
                configured=stated.topics_by_reason,
                driven=event.driven,
            )
            if _ours(line, event)
            else None
        )
        start, end = event.onset - BEFORE, event.mentions.end
        curve = board.curve(line, start, end, learned_to=start) if because else None
        if because is not None and curve is not None and curve.counts:
            found.append(_Heard(line, because, curve, _rises(curve, event.onset)))
    return found


def _rises(curve: Curve, onset: int) -> bool:
    """Far more than usual in any stretch of five minutes to an hour since the event could first have been heard."""
    for width in _WIDTHS:
        for end in range(curve.end, max(onset - LONGEST, curve.start) + width - 1, -max(width // 2, 1)):
            contacts, expected = curve.total(end - width, end)
            if contacts - expected >= _FEWEST and above(contacts, expected) < _RARE:
                return True
    return False


def _summed(curves: Sequence[Curve]) -> Curve:
    start, end = max(one.start for one in curves), min(one.end for one in curves)
    parts = [one.part(start, end) for one in curves]
    return Curve(
        start,
        tuple(sum(column) for column in zip(*(one.counts for one in parts), strict=True)),
        tuple(sum(column) for column in zip(*(one.usual for one in parts), strict=True)),
    )


def _from(event: Event, lag: Lag | None) -> int:
    """The minute from which calls are counted as the event's."""
    return event.onset + (round(min(lag.low, 0.0)) if lag else 0)


def _days(event: Event, board: Switchboard, lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Mentions and contacts of the ordinary days before the event, whole ones."""
    contacts = board.by_day(lines)
    today = (event.onset - BEFORE) // 1440
    first = -(-board.first_hour // 24)
    return [(float(event.mentions_by_day.get(day, 0)), float(contacts.get(day, 0))) for day in range(first, today)]


def _ratio(event: Event, sums: Curve, lag: Lag | None, before: Ratio | None, standing: Standing) -> Ratio | None:
    """Contacts on a speaker, by ordinary days and by what the event shows."""
    mentions = max(event.mentions.excess(event.onset), 0.0)
    share = event.speakers / mentions if mentions >= 1 else 1.0
    if standing in {Standing.SAME_ISSUE, Standing.UNSURE}:
        until = sums.end - max(round(lag.minutes), 0) if lag else sums.end
        said = event.mentions.excess(_from(event, lag), until) * share
        return seen_ratio(before, said, sums.excess(_from(event, lag)))
    if standing is Standing.SOCIAL_ONLY and sums.end - event.onset > _SURELY_ALONE:
        return seen_ratio(before, event.speakers, max(sums.excess(event.onset), 1.0))
    return before


def _usually(heard: Sequence[_Heard]) -> float:
    """Contacts of these reasons in an hour like the last one."""
    return sum(sum(one.curve.usual[-60:]) * 60 / max(len(one.curve.usual[-60:]), 1) for one in heard)


def _next_hour(event: Event, heard: Sequence[_Heard], board: Switchboard, ratio: Ratio, lag: Lag | None) -> Interval:
    """By the mentions whose calls are still to come; where calls do not follow mentions, by the calls themselves."""
    usual = _usually(heard)
    rising = [one.curve for one in heard if one.rising]
    if rising and (lag is None or lag.minutes < _FOLLOWS):
        return next_hour(usual, _to_come(_lately(_summed(rising)), 60), Ratio(0.0, _UNSTEADY, 0))
    people = min(event.speakers / max(event.mentions.excess(event.onset), 1.0), 1.0)
    middle = _caused(event, board.end, lag.minutes if lag else _USUAL_LAG)
    ends = [_caused(event, board.end, minutes).middle for minutes in (lag.low, lag.high)] if lag else [middle.middle]
    # how far off the lag may be is one thing that is not known, and what will be said another
    fewer = math.hypot(middle.middle - middle.low, middle.middle - min(*ends, middle.middle))
    more = math.hypot(middle.high - middle.middle, max(*ends, middle.middle) - middle.middle)
    caused = (middle.middle - fewer, middle.middle, middle.middle + more)
    # while it goes on, what is still to come is not quite like what was seen
    under_way = Ratio(ratio.log, math.hypot(ratio.deviation, _UNSTEADY), ratio.days)
    return next_hour(usual, Interval(*(max(one, 0.0) * people for one in caused)), under_way)


def _caused(event: Event, now: int, lag: float) -> Interval:
    """Mentions above usual whose calls come in the next hour, where they follow after so many minutes."""
    mentions, behind = event.mentions, now - round(lag)
    said = max(mentions.excess(max(behind, event.onset - BEFORE), min(behind + 60, mentions.end)), 0.0)
    to_come = _to_come(_lately(mentions), max(behind + 60 - max(mentions.end, behind), 0))
    return Interval(*(said + one for one in (to_come.low, to_come.middle, to_come.high)))


def _lately(curve: Curve) -> tuple[float, float]:
    """Counts above usual a minute, of the last quarter of an hour and of the one before."""
    before, now = curve.end - 2 * _RECENT, curve.end - _RECENT
    return max(curve.excess(before, now), 0.0) / _RECENT, max(curve.excess(now), 0.0) / _RECENT


def _to_come(lately: tuple[float, float], minutes: int) -> Interval:
    """What comes in so many minutes: fading soon, as events do, or going on, and growing where it grew."""
    before, recent = lately
    few, some, many = (recent * half / _LN2 * (1 - 0.5 ** (minutes / half)) for half in _FADES)
    growing = max(recent - before, 0.0) / _RECENT * (_RECENT + minutes) / 2 * minutes
    return Interval(few, some, many + growing)


def _told(one: _Heard, event: Event, lag: Lag | None) -> HeardReason:
    start = _from(event, lag)
    contacts, expected = one.curve.total(start, one.curve.end)
    words = ", ".join(one.kin.words)
    return HeardReason(
        reason=one.line.reason,
        contacts=round(contacts),
        expected=round(expected, 1),
        because=Ground.CONFIGURED.value if one.kin.ground is Ground.CONFIGURED else words,
        rising=one.rising,
        lag=Span(round(lag.low, 1), round(lag.minutes, 1), round(lag.high, 1)) if lag and one.rising else None,
    )


def _span(interval: Interval) -> Span:
    return Span(*(round(one, 1) for one in (interval.low, interval.middle, interval.high)))
