"""What people said of a topic's pages, as the console shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.console import words
from alerting.notifiers.escaping import one_line
from streams.feedback import Feedback, Verdict


@dataclass(frozen=True, slots=True)
class Spoken:
    """One verdict, in words."""

    id: str
    topic: str
    said: str
    by: str
    note: str
    incident: str


def spoken(topic: str, feedback: Sequence[Feedback], now: datetime) -> tuple[Spoken, ...]:
    """The verdicts on a topic, newest first."""
    return tuple(
        Spoken(
            one.id,
            topic,
            _said(one, now),
            f"by {one_line(one.by, words.LONGEST_NAME)}, {words.clock(one.at, now)}",
            one_line(one.note, 200),
            one.incident or "",
        )
        for one in reversed(feedback)
    )


def _said(one: Feedback, now: datetime) -> str:
    if one.verdict is Verdict.FALSE_ALARM or one.start is None or one.end is None:
        return "False alarm"
    return f"Missed, {words.clock(one.start, now)} to {words.clock(one.end, now)}"
