"""What stands: silences, notices, holds of posts and drafts, made ready for the page. Every value is text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerting.console import words
from alerting.directives.customer_note import CustomerNote, NoteState
from alerting.directives.notice import Notice
from alerting.directives.post_hold import HoldState, PostHold
from alerting.directives.silence import Silence, SilenceState
from alerting.notifiers.escaping import one_line
from alerting.routing.expectation import announced
from alerting.routing.silencing import Preview

_LONGEST: Final = 400
_OPEN_HOLDS: Final = frozenset({HoldState.PROPOSED, HoldState.CONFIRMED})


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One of them.

    Attributes:
        what: What it hides, announces, holds or says.
        more: Since when, until when, by whom, why.
        acts: What may be done with it: the last part of the address, and what the button says.
    """

    id: str
    what: str
    more: str
    state: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PreviewLines:
    """What a silence would have hidden: a sentence, why it is too wide, and the incidents by id and title."""

    told: str
    too_wide: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]


def silence_lines(silences: Sequence[Silence], now: datetime) -> tuple[StandingLine, ...]:
    """Those that have not ended."""
    return tuple(
        StandingLine(
            id=one.id,
            what=one_line(" ".join(one.matchers), _LONGEST),
            more=one_line(
                f"until {words.clock(one.ends_at, now)} by {one.author}: {one.reason}{_weekly(one)}", _LONGEST
            ),
            state=one.state(now).value,
            acts=(("expire", "End now"),),
        )
        for one in silences
        if one.state(now) is not SilenceState.EXPIRED
    )


def notice_lines(notices: Sequence[Notice], now: datetime) -> tuple[StandingLine, ...]:
    """Those that are not over."""
    return tuple(
        StandingLine(
            id=one.id,
            what=one_line(announced(one), _LONGEST),
            more=one_line(f"about {', '.join(one.topics)}", _LONGEST),
            state="open" if one.holds(now) else "pending",
            acts=(("draft", "Draft a text for customers"), ("end", "Over")),
        )
        for one in notices
        if one.ends_at > now
    )


def hold_lines(holds: Sequence[PostHold], now: datetime) -> tuple[StandingLine, ...]:
    """Those that wait for a decision, or hold."""
    return tuple(
        StandingLine(
            id=one.id,
            what=one_line(
                f"{', '.join(one.topics) or 'Anything'} in {', '.join(one.area) or 'every region'}", _LONGEST
            ),
            more=one_line(
                f"{one.reason}. {' '.join(one.evidence[:3])} until {words.clock(one.ends_at, now)}", _LONGEST
            ),
            state=one.state.value,
            acts=(("confirm", f"Hold them for {one.hours:g} h"), ("refuse", "Let them go out"))
            if one.state is HoldState.PROPOSED
            else (("release", "Release"),),
        )
        for one in holds
        if one.state in _OPEN_HOLDS and one.ends_at > now
    )


def draft_lines(notes: Sequence[CustomerNote], now: datetime) -> tuple[StandingLine, ...]:
    """Those that wait for a decision."""
    return tuple(
        StandingLine(
            id=one.id,
            what=one_line(one.text, _LONGEST),
            more=one_line(f"drafted by {one.drafted_by}, about {', '.join(one.topics)}", _LONGEST),
            state=one.state.value,
            acts=(("approve", "Approve and hand over"), ("discard", "Discard")),
        )
        for one in notes
        if one.state is NoteState.DRAFT and one.ends_at > now
    )


def preview_lines(preview: Preview) -> PreviewLines:
    """What a silence would have hidden, in words."""
    found, now = preview.width, len(preview.hides_now)
    told = (
        f"It would have hidden {found.pages} of {found.pages_in_all} pages in the last {preview.days} days. "
        f"It hides {now} incident{'s'[: now != 1]} that {'is' if now == 1 else 'are'} open now, and covers "
        f"{found.topics} of {found.topics_in_all} topics."
    )
    hidden = tuple((one.id, one_line(one.title, words.LONGEST_NAME)) for one in preview.hidden[:20])
    return PreviewLines(told, found.reasons, hidden)


def _until(one: Silence | PostHold, now: datetime) -> str:
    return words.clock(one.ends_at, now)


def _weekly(silence: Silence) -> str:
    if not silence.weekly:
        return ""
    return f" (every {'; '.join(str(window) for window in silence.weekly)}, {silence.zone})"
