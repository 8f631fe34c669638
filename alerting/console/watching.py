"""What rises below the page, as the pages show it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerting.console import words
from alerting.incidents.wording import odds
from alerting.notifiers.escaping import one_line
from streams.watched import Watched


@dataclass(frozen=True, slots=True)
class Rising:
    """A topic on the watch list, in words."""

    id: str
    name: str
    shows: str
    odds: str
    since: str


def rising(watched: Mapping[str, Watched], tracked: Collection[str]) -> tuple[Watched, ...]:
    """The watched topics that are tracked, the rarest first."""
    found = [one for one in watched.values() if one.topic in tracked]
    return tuple(sorted(found, key=lambda one: (one.false_pages_per_week, one.topic)))


def rising_lines(watched: Mapping[str, Watched], names: Mapping[str, str], now: datetime) -> tuple[Rising, ...]:
    """The watch list as lines."""
    return tuple(
        Rising(
            one.topic,
            one_line(names[one.topic], words.LONGEST_NAME),
            words.against_usual(one.observed, one.expected, one.window_seconds),
            odds(one.false_pages_per_week).removesuffix(" for this topic"),
            words.clock(one.since, now),
        )
        for one in rising(watched, names)
    )
