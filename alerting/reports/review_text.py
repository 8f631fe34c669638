"""A review as Markdown: everything that came from mentions or people is escaped here. Pure."""

from collections.abc import Iterator

from alerting.incidents.wording import rate
from alerting.reports.likeness import RULE
from alerting.reports.markdown import UNKNOWN, span, stamp, table, text
from alerting.reports.milestones import Milestone, Step
from alerting.reports.review import Review, Told

_HELD = {
    "held": "The fix held.",
    "came_back": "The fix did not hold.",
    "still_loud": "Still louder than usual.",
    "too_early": "Too early to tell.",
    "not_fixed": "Not fixed yet.",
    "unknown": "Unknown.",
}


def review_text(review: Review) -> str:
    """The whole document; times are UTC."""
    return "\n".join(_lines(review)).rstrip() + "\n"


def held_words(review: Review) -> str:
    """Whether the fix held, in a few words."""
    return _HELD[review.aftermath.held.value]


def took(one: Milestone) -> str:
    """How long after the step before; nothing stands before the onset."""
    return "" if one.step is Step.ONSET else span(one.took_seconds)


def messages(told: Told) -> str:
    """What a receiver was sent, in words."""
    count = f"{told.messages} message{'s'[: told.messages != 1]}"
    return f"{told.receiver}: {count}, {told.arrived} arrived, {told.failed} never did"


def _lines(review: Review) -> Iterator[str]:
    yield f"# {text(review.title)}"
    yield ""
    if review.preliminary:
        yield "**Preliminary:** the incident is not over; what stands here may still change."
        yield ""
    yield f"{review.severity}, {review.state}, {review.id}. {text(review.why)}"
    yield ""
    yield f"- Topics: {', '.join(map(text, review.topics))}"
    yield f"- Brand: {text(review.brand) if review.brand else 'none'}"
    yield f"- Owner: {text(review.owner) if review.owner else 'nobody'}"
    yield f"- Peak: {rate(review.peak_per_minute, ' mentions a minute', ' mentions an hour')}"
    if review.statement:
        yield f"- Stated last: {text(review.statement)}"
    yield f"- Written {stamp(review.written_at)} UTC; all times are UTC"
    yield ""
    yield "## How long it took"
    yield ""
    yield from table(
        ("step", "at", "after the step before", "after the onset", "how it is known"),
        (
            (
                one.step.value.replace("_", " "),
                stamp(one.at),
                took(one),
                span(one.since_onset_seconds),
                text(one.because),
            )
            for one in review.milestones
        ),
    )
    yield "## Did the fix hold?"
    yield ""
    yield f"{held_words(review)} {text(review.aftermath.because)}"
    yield ""
    yield from _why(review)
    yield from _people(review)
    yield from _alike(review)
    yield "## What happened"
    yield ""
    yield from (f"- {stamp(entry.at)} {text(entry.text)}" for entry in review.timeline)


def _why(review: Review) -> Iterator[str]:
    yield "## What drove it"
    yield ""
    yield from [f"- {text(line)}" for line in review.drivers] or ["No single term stood out."]
    yield from (f"- {line.label}: {text(line.text)}" for line in review.insights)
    yield ""
    if review.quotes:
        yield "In their words, which are deleted here after a while but not in copies of this document:"
        yield ""
        for quote in review.quotes:
            fate = f" ({text(quote.fate)} since)" if quote.fate else ""
            yield f"> {text(quote.text) or '(no text)'}{fate}"
            yield ""


def _people(review: Review) -> Iterator[str]:
    yield "## Who said what"
    yield ""
    yield from [f"- {stamp(entry.at)} {text(entry.text)}" for entry in review.said] or ["Nobody did anything."]
    yield ""
    yield "## Who was told"
    yield ""
    if review.told is None:
        yield "No longer kept."
    else:
        yield from [f"- {text(messages(one))}" for one in review.told] or ["Nobody."]
    yield ""
    yield "## What people said of its pages"
    yield ""
    yield from [
        f"- {stamp(one.at)} {one.verdict.replace('_', ' ')} of {text(one.topic)}, by {text(one.by)}"
        f"{f': {text(one.note)}' if one.note else ''}{' (withdrawn)' if one.withdrawn else ''}"
        for one in review.feedback
    ] or ["Nothing."]
    yield ""


def _alike(review: Review) -> Iterator[str]:
    yield "## Earlier incidents like it"
    yield ""
    for one in review.alike:
        common = [*([f"words: {', '.join(one.words[:8])}"] if one.words else []), *one.topics[:5]]
        cause = f". Cause: {text(one.cause)}" if one.cause else f". Cause: {UNKNOWN}"
        when = f"{one.likeness:.0%} {stamp(one.opened_at)} {one.id}"
        yield f"- {when} {text(one.title)} ({text('; '.join(common))}){cause}"
    if not review.alike:
        yield "None."
    yield ""
    yield f"Of {review.looked_at} earlier ones that were compared: {RULE}."
    yield ""
