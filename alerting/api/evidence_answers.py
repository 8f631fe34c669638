"""What stands behind an incident, as OpenAPI describes it. Times are ISO 8601, UTC, with Z."""

from pydantic import BaseModel, ConfigDict

from alerting.api.utc_time import UtcTime


class Answer(BaseModel):
    """Made of a value's attributes."""

    model_config = ConfigDict(from_attributes=True)


class OriginAnswer(Answer):
    """The first mention that a driver was found in."""

    key: str
    at: UtcTime
    author: str | None
    url: str | None


class DriverAnswer(Answer):
    """What carries a part of the excess since the event began; the term comes from mentions: escape it.

    `contribution` is what it adds beyond the drivers before it; all of them and `excess.other` sum to the excess.
    """

    term: str
    mentions: int
    expected: float
    contribution: float | None
    kind: str
    tone: str
    first: OriginAnswer | None


class ExcessAnswer(Answer):
    """What the drivers explain: mentions since the event began above what is usual; read from `sampled` of them."""

    since: UtcTime
    mentions: int
    expected: float
    other: float
    sampled: int
    negative: float


class SplitAnswer(Answer):
    """The excess by one property of the mentions; the parts sum to it."""

    by: str
    parts: dict[str, float]


class CarrierAnswer(Answer):
    """An account that carries the event; `decisive` says that without it there would be no spike."""

    key: str
    mentions: int
    without: int
    name: str | None
    kind: str
    followers: int | None
    decisive: bool


class OrganicAnswer(Answer):
    """How much of it is people's own; the reasons are our own words."""

    share: float
    coordinated: bool
    accounts: int
    read: int
    reasons: tuple[str, ...]


class ForecastAnswer(Answer):
    """How many there will be in the end; in 80 of 100 cases from `low` to `high`."""

    so_far: int
    final: int
    low: int
    high: int
    doubling: float
    to_peak_seconds: int | None
    past_peak: bool


class PostAnswer(Answer):
    """A post that spreads, with how far it will go; its text and author are hostile: escape them."""

    key: str
    forecast: ForecastAnswer
    tone: str
    author: str | None
    text: str | None
    url: str | None


class PeersAnswer(Answer):
    """How the topics that are named as peers stand: `rising` have an open incident of their own or rise with the group.

    `together` says that the incident is the group's own: its members were weighed together.
    """

    group: str
    rising: tuple[str, ...]
    calm: tuple[str, ...]
    together: bool


class PeerShareAnswer(Answer):
    """How one member of a peer group stands beside its own past, in mentions per `window_seconds` of the evidence."""

    topic: str
    observed: int
    expected: float
    false_pages_per_week: float
    rising: bool
    negative_share: float | None
    negative_share_expected: float | None


class SpanAnswer(Answer):
    """In 90 of 100 cases it is between `low` and `high`."""

    low: float
    middle: float
    high: float


class HeardReasonAnswer(Answer):
    """A reason of the contact centre that belongs to the incident, `because` of the configuration or of those words.

    `lag` says by how many minutes contacts follow mentions, negative where they came first. The reason is hostile.
    """

    reason: str
    contacts: int
    expected: float
    because: str
    rising: bool
    lag: SpanAnswer | None


class ContactFindingsAnswer(Answer):
    """What the contact centre hears of it. Those hit are `speakers`, `called` (contacts above usual) and `silent`.

    `standing` is same_issue, unsure (its reasons rise too), social_only, no_reason or not_heard; `basis` of the silent
    is links, calls or prior, and `source` says where the stated shares come from that it needed.
    """

    at: UtcTime
    standing: str
    reasons: tuple[HeardReasonAnswer, ...]
    speakers: int
    called: int
    silent: SpanAnswer | None
    basis: str
    source: str
    next_hour: SpanAnswer | None
    next_hour_usual: float | None
    days: int


class SampleAnswer(Answer):
    """One mention as evidence; everything in it is as hostile as the internet: escape it where you show it.

    `fate` is `deleted` or `amended` where its author did so since.
    """

    key: str
    text: str
    published_at: UtcTime
    polarity: float | None
    author: str | None
    followers: int | None
    reach: int | None
    url: str | None
    lang: str | None
    content_type: str
    fate: str


class EvidenceAnswer(Answer):
    """The counts behind the latest decision, in mentions per window of `window_seconds`."""

    observed: int
    expected: float
    low: float
    high: float
    window_seconds: int
    polarity: float | None
    polarity_expected: float | None
    negative_share: float | None
    negative_share_expected: float | None
    negative_chance: float | None
    polarity_velocity: float | None
    polarity_velocity_error: float | None
    polarity_acceleration: float | None
    polarity_acceleration_error: float | None
    reach: int
    engagement: int
    authors: int
    per_minute: float
    velocity: float
    platforms: dict[str, int]
    regions: dict[str, int]
    languages: dict[str, int]
    drivers: tuple[DriverAnswer, ...]
    samples: tuple[SampleAnswer, ...]
    verbatims: tuple[SampleAnswer, ...]
    excess: ExcessAnswer | None
    splits: tuple[SplitAnswer, ...]
    carriers: tuple[CarrierAnswer, ...]
    organic: OrganicAnswer | None
    forecast: ForecastAnswer | None
    posts: tuple[PostAnswer, ...]
    unanswered_share: float | None
    organic_share: float | None
    peers: tuple[PeerShareAnswer, ...]
