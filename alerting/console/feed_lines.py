"""Feeds and dead letters as their pages show them. Every value is text, made harmless."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from alerting.console import words
from alerting.incidents.feed_status import FeedStatus
from alerting.notifiers.escaping import one_line
from streams.dead_letter_box import DeadLetter

MOST_IN_A_FORM: Final = 9000  # bytes, as a form sends them
_SHOWN: Final = 300
_TEN: Final = 10
_UNSEEN: Final = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff\\ud800-\\udfff]"
)


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One platform or source partition.

    Attributes:
        is_silent: It delivers no longer.
        rate: Mentions a minute, and what is usual.
        heard: When it was heard last.
        behind: How far it is behind; empty where that is unknown.
    """

    name: str
    kind: str
    state: str
    is_silent: bool
    rate: str
    heard: str
    behind: str
    incident: str


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One dead letter.

    Attributes:
        text: Its beginning, on one line.
        whole: All of it, for the field in which it is corrected; empty where it was cut or is too long for a form.
    """

    partition: int
    offset: int
    when: str
    reason: str
    origin: str
    text: str
    whole: str


def feed_lines(statuses: Iterable[FeedStatus], now: datetime) -> tuple[FeedLine, ...]:
    """The feeds in the order given, those that are silent first."""
    lines = [_feed_line(status, now) for status in statuses]
    return tuple(sorted(lines, key=lambda line: not line.is_silent))


def _feed_line(status: FeedStatus, now: datetime) -> FeedLine:
    usual = _rate(status.usual_per_minute) if status.usual_per_minute is not None else ""
    rate = "" if status.per_minute is None else f"{_rate(status.per_minute)} a minute"
    heard = status.silent_since or status.last_arrival
    behind = [] if status.behind_seconds is None else [f"{status.behind_seconds:,.0f} s"]
    if status.lag_records:
        behind.append(f"{status.lag_records:,} records")
    return FeedLine(
        name=one_line(status.name, 120),
        kind="" if status.kind is None else status.kind.value,
        state=status.state.value,
        is_silent=status.silent_since is not None,
        rate=f"{rate}, usually {usual}" if rate and usual else rate,
        heard="" if heard is None else words.clock(heard, now),
        behind=", ".join(behind),
        incident=status.incident or "",
    )


def letter_lines(letters: Iterable[DeadLetter], now: datetime) -> tuple[LetterLine, ...]:
    """Dead letters in the order given."""
    return tuple(
        LetterLine(
            partition=letter.partition,
            offset=letter.offset,
            when=words.clock(letter.at, now),
            reason=one_line(letter.reason, _SHOWN),
            origin=one_line(letter.origin, 120),
            text=one_line(letter.text, _SHOWN),
            whole=_for_a_form(letter) if letter.is_whole else "",
        )
        for letter in letters
    )


def _for_a_form(letter: DeadLetter) -> str:
    """The text with what a form cannot carry or nobody would see written as JSON writes it, which means the same.

    Empty where it is too long.
    """
    shown = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", letter.text)
    return shown if len(quote_plus(shown)) <= MOST_IN_A_FORM else ""


def _rate(per_minute: float) -> str:
    """A rate as people read it.

    >>> _rate(1234.0), _rate(0.25)
    ('1,234', '0.25')
    """
    return f"{per_minute:,.0f}" if per_minute >= _TEN else f"{per_minute:.2g}"
