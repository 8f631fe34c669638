"""Whether the fix held: what was said afterwards, beside what was said before. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from alerting.incidents.topic_status import WindowPoint
from alerting.incidents.wording import rate

SETTLES: Final = timedelta(hours=1)  # people go on talking for a while about what is mended
SHORTEST: Final = timedelta(minutes=30)
WATCHED: Final = timedelta(hours=24)
_LEFT_AT_MOST: Final = 0.25
_EXCESS_AT_LEAST: Final = 1.5


class Held(StrEnum):
    """The verdict; `unknown` where the counts cannot tell."""

    HELD = "held"
    CAME_BACK = "came_back"
    STILL_LOUD = "still_loud"
    TOO_EARLY = "too_early"
    NOT_FIXED = "not_fixed"
    UNKNOWN = "unknown"


class Aftermath(msgspec.Struct, frozen=True):
    """What became of it after the fix.

    Attributes:
        because: One sentence of counts.
        before_per_minute: Mean rate of the leading topic from the onset to the fix; None where nothing is kept of it.
        after_per_minute: Mean rate from an hour after the fix, for a day at most.
        usual_per_minute: What was expected meanwhile.
        reopened_at: When it opened again after the fix.
        again: Later incidents of the topic that opened within a day after the fix.
    """

    held: Held
    because: str
    fixed_at: datetime | None = None
    before_per_minute: float | None = None
    after_per_minute: float | None = None
    usual_per_minute: float | None = None
    reopened_at: tuple[datetime, ...] = ()
    again: tuple[str, ...] = ()


def after_fix(fixed_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """What counts as afterwards; empty where that is still to come."""
    begin = fixed_at + SETTLES
    return begin, max(begin, min(now, fixed_at + WATCHED))


def aftermath(
    fixed_at: datetime | None,
    onset_at: datetime,
    before: Sequence[WindowPoint],
    after: Sequence[WindowPoint],
    *,
    reopened_at: Sequence[datetime],
    again: Sequence[str],
    now: datetime,
) -> Aftermath:
    """The verdict.

    It came back where the incident opened again or another one of the topic opened within a day. It held where at most
    a quarter of the excess over the usual rate is left; that is looked at from an hour after the fix on, for a day.

    Args:
        before: Windows of the leading topic from the onset to the fix; those without mentions may be left out.
        after: Windows as `after_fix` says.
    """
    if fixed_at is None:
        return Aftermath(Held.NOT_FIXED, "Nothing says that it is fixed.", reopened_at=tuple(reopened_at))
    begin, end = after_fix(fixed_at, now)
    found = Aftermath(
        Held.UNKNOWN,
        "",
        fixed_at,
        _mean(before, fixed_at - onset_at) if before else None,
        _mean(after, end - begin) if end - begin >= SHORTEST and (before or after) else None,
        _usual(after) if after else _usual(before),
        tuple(reopened_at),
        tuple(again),
    )
    held, because = _verdict(found, early=end - begin < SHORTEST)
    return msgspec.structs.replace(found, held=held, because=because)


def _verdict(found: Aftermath, *, early: bool) -> tuple[Held, str]:
    if found.reopened_at:
        times = len(found.reopened_at)
        return Held.CAME_BACK, f"It opened again {'once' if times == 1 else f'{times} times'} after the fix."
    if found.again:
        return Held.CAME_BACK, f"{len(found.again)} later of the topic opened within a day: {', '.join(found.again)}."
    if early:
        return Held.TOO_EARLY, "Told from an hour and a half after the fix on; until then people go on talking."
    was, now, usual = found.before_per_minute, found.after_per_minute, found.usual_per_minute
    if was is None or now is None or usual is None:
        return Held.UNKNOWN, "The counts of that time are not kept, or nothing is known of what is usual."
    counts = f"{_rate(now)} after the fix, {_rate(was)} until then, {_rate(usual)} usual"
    if was < _EXCESS_AT_LEAST * usual:
        return Held.UNKNOWN, f"The rate cannot tell, it was hardly raised: {counts}. It did not open again."
    left = (now - usual) / (was - usual)
    if left <= _LEFT_AT_MOST:
        return Held.HELD, f"{counts}; it did not open again."
    return Held.STILL_LOUD, f"{counts}: {left:.0%} of the excess is left."


def _mean(windows: Sequence[WindowPoint], span: timedelta) -> float:
    """Windows without a mention are left out, so it is the span that counts; those at its ends may reach beyond it."""
    seconds = max(span.total_seconds(), sum(window.seconds for window in windows), 60.0)
    return sum(window.mentions for window in windows) * 60 / seconds


def _usual(windows: Sequence[WindowPoint]) -> float | None:
    told = [(window.expected, window.seconds) for window in windows if window.expected is not None]
    seconds = sum(width for _, width in told)
    return sum(expected for expected, _ in told) * 60 / seconds if seconds else None


def _rate(per_minute: float) -> str:
    return rate(per_minute, " a minute", " an hour")
