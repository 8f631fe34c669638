"""What the board shows of a topic's latest windows; pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from streams.events import WindowCount

# The board's rate is over this many seconds.
RATE_SECONDS: Final = 300


class Tail(msgspec.Struct, frozen=True, array_like=True):
    """The latest windows of one topic, in order of start, and how far the topic ran behind the clock.

    Attributes:
        lag_seconds: Processing time less event time when the newest window was recorded, >= 0. Years in a replay.
    """

    windows: tuple[WindowCount, ...]
    lag_seconds: float


def grown(tail: Tail | None, windows: Iterable[WindowCount], now: datetime) -> Tail:
    """The tail with more windows; what can no longer matter is dropped."""
    known = {window.start: window for window in (tail.windows if tail else ())}
    before = max(known, default=None)
    for window in windows:
        if window.start not in known or window.revision > known[window.start].revision:
            known[window.start] = window
    newest = known[max(known)]
    end = newest.start + newest.seconds
    kept = tuple(known[start] for start in sorted(known) if start == newest.start or start >= end - RATE_SECONDS)
    moved = tail is None or newest.start != before
    return Tail(kept, max(0.0, now.timestamp() - end) if moved or tail is None else tail.lag_seconds)


def per_minute(tail: Tail, now: datetime) -> float:
    """Mentions a minute over the five minutes up to the topic's present.

    The present is the clock's less the lag, so that a replay of last year has a rate as well, and so that a topic which
    fell silent goes down to 0.0. It is never before the newest window's end.
    """
    newest = tail.windows[-1]
    present = max(newest.start + newest.seconds, int(now.timestamp() - tail.lag_seconds) // 60 * 60)
    span = max(RATE_SECONDS, newest.seconds)
    mentions = sum(window.tally.mentions for window in tail.windows if window.start >= present - span)
    return mentions * 60 / span


def polarity(tail: Tail) -> float | None:
    """Mean polarity over the tail's windows; None where nothing was scored."""
    scored = sum(window.tally.scored for window in tail.windows)
    total = sum(window.tally.polarity_sum for window in tail.windows)
    return max(-1.0, min(1.0, total / scored)) if scored > 0 else None
