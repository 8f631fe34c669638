"""What only the contact centre hears, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alerting.console import words
from alerting.hearing.switchboard import Rise
from alerting.notifiers.escaping import one_line


@dataclass(frozen=True, slots=True)
class CallsOnly:
    """A reason that rises and belongs to no open incident, in words."""

    reason: str
    brand: str
    shows: str
    since: str


def calls_only_lines(rises: Sequence[Rise], now: datetime) -> tuple[CallsOnly, ...]:
    """The rises as lines."""
    return tuple(
        CallsOnly(
            one_line(rise.line.reason, words.LONGEST_NAME),
            one_line(rise.line.brand, words.LONGEST_NAME),
            words.against_usual(rise.contacts, rise.expected, rise.minutes * 60),
            words.clock(datetime.fromtimestamp(rise.since * 60, UTC), now),
        )
        for rise in rises
    )
