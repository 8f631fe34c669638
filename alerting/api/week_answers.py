"""The report of a week, as OpenAPI describes it. Times are ISO 8601, UTC, with Z; null is unknown, never 0."""

from alerting.api.evidence_answers import Answer
from alerting.api.utc_time import UtcTime


class SpansAnswer(Answer):
    """Seconds over `known` incidents; of `unknown` more it is unknown, or did not happen. `p90` is the nearest rank."""

    median: float | None
    p90: float | None
    known: int
    unknown: int


class DriverTotalAnswer(Answer):
    """What a driver added to the week, in mentions above what was usual; the term is hostile: escape it."""

    term: str
    tone: str
    excess: float
    incidents: int


class OwnWeekAnswer(Answer):
    """How we did ourselves in the incidents in which our replies are known; null where there is none.

    `canned` of the `replies` are made of templates, `unanswered` of the `complaints` got no answer; `answer` is how
    long the others waited, at the median of each incident; `backlash` counts replies that drew anger.
    """

    replies: int | None
    canned: int | None
    canned_share: float | None
    complaints: float | None
    unanswered: float | None
    unanswered_share: float | None
    answer: SpansAnswer
    backlash: int


class FiguresAnswer(Answer):
    """What is counted of the whole, or of one brand; `pages` and `failed` are null where messages are no longer kept.

    Incidents belong to the week in which they opened, pages and messages to the one in which they were made.
    """

    brand: str
    incidents: int
    pages: int | None
    false_alarms: int
    missed: int
    failed: int | None
    detect: SpansAnswer
    acknowledge: SpansAnswer
    resolve: SpansAnswer
    drivers: tuple[DriverTotalAnswer, ...]
    ours: OwnWeekAnswer


class TopicWeekAnswer(Answer):
    """A topic that had an incident, a page or a verdict; `kept` compares eight weeks with eight times the promise."""

    topic: str
    name: str
    brand: str
    incidents: int
    pages: int | None
    promised: float | None
    false_alarms: int
    false_in_eight_weeks: int
    kept: bool | None
    chronic: bool


class ReceiverWeekAnswer(Answer):
    """A receiver that was sent anything; `promised` are false pages a week."""

    receiver: str
    pages: int
    promised: float
    false_alarms: int
    kept: bool
    messages: int
    failed: int


class WeeklyReportAnswer(Answer):
    """One week by ISO 8601 in a time zone; `complete` once it is over."""

    week: str
    zone: str
    start: UtcTime
    end: UtcTime
    complete: bool
    written_at: UtcTime
    whole: FiguresAnswer
    brands: tuple[FiguresAnswer, ...]
    topics: tuple[TopicWeekAnswer, ...]
    receivers: tuple[ReceiverWeekAnswer, ...] | None
