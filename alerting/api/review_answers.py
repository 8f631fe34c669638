"""The review of an incident, as OpenAPI describes it. Times are ISO 8601, UTC, with Z; null is unknown, never 0."""

from alerting.api.evidence_answers import Answer, SampleAnswer
from alerting.api.responses import TimelineAnswer
from alerting.api.utc_time import UtcTime
from alerting.reports.aftermath import Held
from alerting.reports.milestones import Step


class MilestoneAnswer(Answer):
    """A step; `took_seconds` is since the step before, negative where it came first; `because` says why one is null."""

    step: Step
    at: UtcTime | None
    because: str
    took_seconds: float | None
    since_onset_seconds: float | None


class AftermathAnswer(Answer):
    """Whether the fix held, by the leading topic's mentions a minute and by whether it came back."""

    held: Held
    because: str
    fixed_at: UtcTime | None
    before_per_minute: float | None
    after_per_minute: float | None
    usual_per_minute: float | None
    reopened_at: tuple[UtcTime, ...]
    again: tuple[str, ...]


class InsightAnswer(Answer):
    """What can be told beyond counts; hostile: escape it."""

    label: str
    text: str


class ReceiverToldAnswer(Answer):
    """How many messages a receiver was sent."""

    receiver: str
    messages: int
    arrived: int
    failed: int


class VerdictAnswer(Answer):
    """What somebody said of its pages."""

    topic: str
    verdict: str
    by: str
    at: UtcTime
    note: str
    withdrawn: bool


class AlikeAnswer(Answer):
    """An earlier incident like it: `likeness` in [0, 1], with what is in common; words are hostile: escape them."""

    id: str
    title: str
    opened_at: UtcTime
    resolved_at: UtcTime | None
    likeness: float
    words: tuple[str, ...]
    topics: tuple[str, ...]
    same_kind: bool
    cause: str | None


class ReviewAnswer(Answer):
    """What is known of an incident afterwards; `preliminary` while it is not over.

    Drivers, insights and quotes come from mentions: escape them. `told` is null where it is no longer kept.
    """

    id: str
    title: str
    why: str
    severity: str
    state: str
    topic: str
    topic_name: str
    topics: tuple[str, ...]
    brand: str | None
    owner: str | None
    preliminary: bool
    written_at: UtcTime
    opened_at: UtcTime
    resolved_at: UtcTime | None
    milestones: tuple[MilestoneAnswer, ...]
    aftermath: AftermathAnswer
    peak_per_minute: float
    statement: str
    drivers: tuple[str, ...]
    insights: tuple[InsightAnswer, ...]
    quotes: tuple[SampleAnswer, ...]
    timeline: tuple[TimelineAnswer, ...]
    said: tuple[TimelineAnswer, ...]
    told: tuple[ReceiverToldAnswer, ...] | None
    feedback: tuple[VerdictAnswer, ...]
    alike: tuple[AlikeAnswer, ...]
    looked_at: int
