"""The review of an incident, made ready for its page: every value here is text."""

from dataclasses import dataclass
from datetime import datetime

from alerting.console import words
from alerting.incidents.wording import rate
from alerting.notifiers.escaping import one_line
from alerting.reports.likeness import RULE
from alerting.reports.markdown import span
from alerting.reports.review import Review
from alerting.reports.review_text import held_words, messages, took


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: when, how long after the step before and after the onset, and how that is known."""

    name: str
    at: str
    took: str
    since_onset: str
    because: str


@dataclass(frozen=True, slots=True)
class AlikeLine:
    """An earlier incident like it."""

    id: str
    title: str
    likeness: str
    common: str
    cause: str


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What the page shows."""

    id: str
    title: str
    severity: str
    level: str
    stand: str
    why: str
    owner: str
    preliminary: bool
    steps: tuple[StepLine, ...]
    held: str
    held_because: str
    facts: tuple[tuple[str, str], ...]
    drivers: tuple[str, ...]
    insights: tuple[tuple[str, str], ...]
    quotes: tuple[str, ...]
    timeline: tuple[tuple[str, str], ...]
    said: tuple[tuple[str, str], ...]
    told: tuple[str, ...] | None
    feedback: tuple[str, ...]
    alike: tuple[AlikeLine, ...]
    looked_at: int
    rule: str = RULE


def review_view(review: Review, now: datetime) -> ReviewView:
    """The review in words."""
    return ReviewView(
        id=review.id,
        title=one_line(review.title, words.LONGEST_NAME),
        severity=review.severity,
        level=review.severity.lower(),
        stand=_stand(review, now),
        why=one_line(review.why, words.LONGEST_TEXT),
        owner=one_line(review.owner or "nobody", words.LONGEST_NAME),
        preliminary=review.preliminary,
        steps=tuple(
            StepLine(
                one.step.value.replace("_", " "),
                f"{words.clock(one.at, now)}:{one.at:%S}" if one.at else "unknown",
                took(one),
                span(one.since_onset_seconds),
                one_line(one.because, words.LONGEST_TEXT),
            )
            for one in review.milestones
        ),
        held=held_words(review),
        held_because=one_line(review.aftermath.because, words.LONGEST_TEXT),
        facts=_facts(review),
        drivers=tuple(one_line(line, words.LONGEST_NAME) for line in review.drivers),
        insights=tuple((line.label, one_line(line.text, words.LONGEST_TEXT)) for line in review.insights),
        quotes=tuple(one_line(quote.text, words.LONGEST_TEXT) for quote in review.quotes),
        timeline=tuple((words.clock(e.at, now), one_line(e.text, words.LONGEST_TEXT)) for e in review.timeline),
        said=tuple((words.clock(e.at, now), one_line(e.text, words.LONGEST_TEXT)) for e in review.said),
        told=None if review.told is None else tuple(one_line(messages(one), 200) for one in review.told),
        feedback=tuple(
            one_line(
                f"{one.verdict.replace('_', ' ')} of {one.topic}, by {one.by}{f': {one.note}' if one.note else ''}"
                f"{' (withdrawn)' if one.withdrawn else ''}",
                words.LONGEST_TEXT,
            )
            for one in review.feedback
        ),
        alike=tuple(
            AlikeLine(
                one.id,
                one_line(one.title, words.LONGEST_NAME),
                f"{one.likeness:.0%}",
                one_line(", ".join((*one.words[:8], *one.topics[:5])), words.LONGEST_TEXT),
                one_line(one.cause or "unknown", words.LONGEST_TEXT),
            )
            for one in review.alike
        ),
        looked_at=review.looked_at,
    )


def _stand(review: Review, now: datetime) -> str:
    opened = f"opened {words.clock(review.opened_at, now)}"
    return f"{opened}, resolved {words.clock(review.resolved_at, now)}" if review.resolved_at else f"{opened}, open"


def _facts(review: Review) -> tuple[tuple[str, str], ...]:
    after = review.aftermath
    found = (
        ("peak", review.peak_per_minute),
        ("until the fix", after.before_per_minute),
        ("after the fix", after.after_per_minute),
        ("usual", after.usual_per_minute),
    )
    return tuple(("unknown" if value is None else rate(value, "/min", "/hour"), label) for label, value in found)
