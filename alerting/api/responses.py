"""What the API answers with, as OpenAPI describes it. Times are ISO 8601, UTC, with Z."""

from pydantic import Field

from alerting.api.evidence_answers import Answer, ContactFindingsAnswer, EvidenceAnswer, PeersAnswer
from alerting.api.muted_answer import MutedAnswer
from alerting.api.own_part_answers import OwnPartAnswer
from alerting.api.playbook_answer import PlaybookAnswer
from alerting.api.public_answers_answer import PublicAnswersAnswer
from alerting.api.utc_time import UtcTime
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState, Severity, Transition
from alerting.incidents.part import GroupingReason
from alerting.incidents.promises import Promise
from streams.events import Direction


class PartAnswer(Answer):
    """One topic's part in an incident, and why it belongs to it: `reason` for programs, `because` for people."""

    topic: str
    topic_name: str
    onset_at: UtcTime
    onset_earliest: UtcTime | None
    onset_latest: UtcTime | None
    joined_at: UtcTime
    reason: GroupingReason
    because: str


class FactorAnswer(Answer):
    """One kind of harm, [0, 3], with its weight; `score` is null where it is unknown and does not count."""

    name: str
    weight: float
    score: float | None
    reason: str


class StatementAnswer(Answer):
    """What the people who fix it say, the same for everybody."""

    status: str
    cause: str | None
    expected_at: UtcTime | None
    next_update_at: UtcTime | None
    fixed_at: UtcTime | None
    by: str
    at: UtcTime


class PromiseAnswer(Answer):
    """One clock: until when it should be kept, and when it was; `overdue` also of one that was kept too late."""

    promise: Promise
    due_at: UtcTime
    kept_at: UtcTime | None
    overdue: bool


class IncidentAnswer(Answer):
    """One event that people work on. `revision` grows with every change and is the ETag.

    `topic` leads, `topics` are all of them, `parts` says why each belongs to it. One that was merged is resolved and
    names the incident that goes on in `merged_into`.
    """

    id: str
    dedup_key: str
    revision: int
    topic: str
    topic_name: str
    topics: tuple[str, ...]
    parts: tuple[PartAnswer, ...]
    merged_into: str | None
    peers: PeersAnswer | None
    contacts: ContactFindingsAnswer | None
    proposed_owner: str | None
    owned_because: str
    brand: str | None
    owner: str | None
    title: str
    why: str
    state: IncidentState
    severity: Severity
    direction: Direction
    detectors: tuple[str, ...]
    false_pages_per_week: float
    peak_per_minute: float
    onset_at: UtcTime
    onset_earliest: UtcTime | None
    onset_latest: UtcTime | None
    opened_at: UtcTime
    updated_at: UtcTime
    last_detection_at: UtcTime | None
    acknowledged_at: UtcTime | None
    acknowledged_by: str | None
    resolved_at: UtcTime | None
    resolved_by: str | None
    reopened_at: UtcTime | None
    assignee: str | None
    snoozed_until: UtcTime | None
    statement: StatementAnswer | None
    answers: PublicAnswersAnswer | None
    own_part: OwnPartAnswer | None
    muted: tuple[MutedAnswer, ...]
    announced: tuple[str, ...]
    cases: tuple[str, ...]
    playbook: PlaybookAnswer | None
    history: bool
    evidence: EvidenceAnswer


class TimelineAnswer(Answer):
    """Something that happened to an incident; `position` is its id in the live stream."""

    position: int
    at: UtcTime
    incident: str
    transition: Transition
    actor: str
    text: str
    paged: tuple[str, ...]
    told: tuple[str, ...]


class DeliveryAnswer(Answer):
    """One message to one receiver: who was told, when, and whether it arrived."""

    id: str
    receiver: str
    notifier: str
    detail: str
    change: Transition
    incident_revision: int
    state: DeliveryState
    created_at: UtcTime
    next_attempt_at: UtcTime
    attempts: int
    sent_at: UtcTime | None
    reason: str | None


class IncidentDetailAnswer(IncidentAnswer):
    """An incident with everything that happened, and everybody who was told.

    `harm`, [0, 12], and its `factors` are of the latest evidence; the severity follows with hysteresis.
    """

    harm: float | None = None
    factors: tuple[FactorAnswer, ...] = ()
    promises: tuple[PromiseAnswer, ...] = ()
    timeline: tuple[TimelineAnswer, ...] = ()
    deliveries: tuple[DeliveryAnswer, ...] = ()


class IncidentPage(Answer):
    """One page of incidents, newest first; follow `next_cursor`, or the Link header, until it is null."""

    incidents: tuple[IncidentAnswer, ...]
    next_cursor: str | None


class TopicAnswer(Answer):
    """One topic on the board. Rates are mentions a minute; null is unknown, not zero."""

    id: str = Field(validation_alias="topic")
    name: str
    owner: str | None
    brand: str | None
    query: str
    pages_per_week: float
    pages_this_week: int
    open_incidents: int
    per_minute: float | None
    expected_per_minute: float | None
    polarity: float | None
    score: float | None
    last_window_at: UtcTime | None


class DeclaredTopicAnswer(Answer):
    """A topic as it is declared; `origin` is `file` or `api`, and who may change it.

    In force may be less than `pages_per_week`: its receivers share out what they accept. `caution` is what people's
    feedback multiplies the topic's odds with, in [1/4, 4]. A peer group that is watched together has no query, but
    `members`.
    """

    id: str
    name: str
    query: str
    members: tuple[str, ...]
    brand: str | None
    parent: str | None
    owner: str | None
    pages_per_week: float
    pages_per_week_in_force: float
    caution: float
    collecting_since: UtcTime | None
    revision: int
    origin: str
    changed_at: UtcTime
    changed_by: str


class TopicList(Answer):
    """The board, the most unusual topic first."""

    topics: tuple[TopicAnswer, ...]


class WindowAnswer(Answer):
    """One window of a topic's curve: `[start, start + seconds)`, seconds since 1970; empty windows are left out."""

    start: int
    seconds: int
    mentions: int
    negative: int
    positive: int
    polarity: float | None
    expected: float | None
    low: float | None
    high: float | None
    score: float | None


class WindowList(Answer):
    """A topic's curve, oldest first."""

    topic: str
    start: UtcTime
    end: UtcTime
    seconds: int
    windows: tuple[WindowAnswer, ...]


class RejectedMention(Answer):
    """A mention that was not taken: its place in the request, from 0, and why."""

    index: int
    reason: str


class IngestAnswer(Answer):
    """How many mentions Kafka has acknowledged, and which were refused."""

    accepted: int
    rejected: tuple[RejectedMention, ...] = ()
