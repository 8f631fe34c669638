"""Our own part in an incident, as OpenAPI describes it. Times are ISO 8601, UTC, with Z."""

from alerting.api.evidence_answers import Answer
from alerting.api.utc_time import UtcTime


class SaidAnswer(Answer):
    """One answer to `to`; everything in it is as hostile as the internet: escape it where you show it."""

    mention: str
    to: str
    at: UtcTime
    text: str
    author: str | None
    polarity: float | None
    url: str | None


class WaitingAnswer(Answer):
    """A complaint that nobody of us answered, by its key."""

    mention: str
    since: UtcTime


class WaitsAnswer(Answer):
    """Complaints and our answers to them: `answered` of the `looked_at`, which stand for `complaints`.

    `unanswered` of these have no answer, in 90 of 100 cases between `low` and `high`; all three are the same where
    every complaint was looked at. `waiting` are the ones that wait longest of those looked at, five at most.
    """

    complaints: float
    looked_at: int
    answered: int
    unanswered: float
    low: float
    high: float
    median_seconds: float | None
    waiting: tuple[WaitingAnswer, ...]


class TemplateAnswer(Answer):
    """A text that replies of ours have in common, with how many of the last day and since the event began."""

    example: SaidAnswer
    today: int
    here: int
    declared: str | None


class CannedAnswer(Answer):
    """How many of our replies are made of templates, since the event began and in the last day."""

    here: int
    here_canned: int
    today: int
    today_canned: int
    templates: tuple[TemplateAnswer, ...]


class BacklashAnswer(Answer):
    """A reply of ours that draws more, and more negative, answers than our replies do: `negative` of the `scored`.

    One of our replies would show as much by `chance` alone. `original` counts the answers to what it answers; `ratioed`
    is null where nobody knows its likes.
    """

    reply: SaidAnswer
    answers: int
    scored: int
    negative: int
    negative_share: float
    expected: float
    expected_negative: float
    chance: float
    exact: bool
    likes: int | None
    ratioed: bool | None
    original: int
    examples: tuple[SaidAnswer, ...]


class HelpingAnswer(Answer):
    """Customers who answer the complaints of others, among the `looked_at`; `thanked` by whoever complained."""

    looked_at: int
    helped: int
    thanked: int
    helpers: int
    examples: tuple[SaidAnswer, ...]


class OwnPartAnswer(Answer):
    """What we ourselves said, as of `at`. `replies`, `waits` and `canned` are null where ours are not in the stream."""

    at: UtcTime
    replies: int | None
    waits: WaitsAnswer | None
    canned: CannedAnswer | None
    backlash: tuple[BacklashAnswer, ...]
    helping: HelpingAnswer | None
