"""The values that travel between the stages: partial counts, watermarks, window counts, detections."""

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.basis import Basis
from streams.canary import Canary
from streams.findings import (
    Carrier,
    Complaint,
    Driver,
    Excess,
    Forecast,
    Organic,
    PeerShare,
    PostForecast,
    Sample,
    Split,
)

__all__ = ["Driver", "Sample"]


class Tally(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Counts of mentions that can be added and subtracted exactly.

    Attributes:
        mentions: All of them; `negative + neutral + positive + unscored == mentions`.
        polarity_sum: Sum of polarity in [-1, 1] over the scored ones.
        polarity_squares: Sum of its squares, for a standard error.
        reach: Sum of reach where the source gave one.
        engagement: Sum of likes, reposts, replies and quotes.
        delayed: How many were counted at `ingested_at` because they reached us older than the grace period.
    """

    mentions: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unscored: int = 0
    polarity_sum: float = 0.0
    polarity_squares: float = 0.0
    reach: int = 0
    engagement: int = 0
    delayed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Field by field.

        >>> (Tally(mentions=2, negative=1, neutral=1) + Tally(mentions=1, negative=1)).negative
        2
        """
        return Tally(
            self.mentions + other.mentions,
            self.negative + other.negative,
            self.neutral + other.neutral,
            self.positive + other.positive,
            self.unscored + other.unscored,
            self.polarity_sum + other.polarity_sum,
            self.polarity_squares + other.polarity_squares,
            self.reach + other.reach,
            self.engagement + other.engagement,
            self.delayed + other.delayed,
        )

    @property
    def scored(self) -> int:
        """Mentions that have a polarity."""
        return self.mentions - self.unscored

    @property
    def polarity_mean(self) -> float | None:
        """Mean polarity in [-1, 1]; None where nothing was scored."""
        return self.polarity_sum / self.scored if self.scored > 0 else None


class PartialCount(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one commit of the score stage adds to one topic in one event second. Deltas may be negative.

    Attributes:
        second: Event time, whole seconds since 1970, UTC; where it begins, if it is wider.
        seconds: How wide it is: 1 of live mentions, wider where history is known by the minute only.
        accepted_ms: When the broker accepted the newest mention in it, milliseconds since 1970; for latency only.
        history: True where past data is loaded to learn from; nothing in it pages. With a `canary` it is no count.
        authors: 64-bit hashes of distinct authors, at most 64; approximate, never subtracted.
        terms: Counts of the 32 most frequent terms; the rest is in `terms_other`.
        excerpts: At most eight of its mentions, those with the smallest hash, which it stands under: any union of
            partials is a fair sample. Encoded, because most are never read.
        shares: How often posts were passed on, by `platform:id`: mentions, negative ones, positive ones; eight at most.
        deleted: Hashes of mentions that were taken back, at most 64; likewise `amended`.
        member: Where the topic is a peer group, the topic whose count this is as well; empty else.
    """

    topic: str
    revision: int
    second: int
    tally: Tally
    platforms: dict[str, int] = {}
    regions: dict[str, int] = {}
    languages: dict[str, int] = {}
    authors: tuple[int, ...] = ()
    terms: dict[str, int] = {}
    terms_other: int = 0
    samples: tuple[Sample, ...] = ()
    accepted_ms: int = 0
    history: bool = False
    seconds: int = 1
    excerpts: dict[int, bytes] = {}
    deleted: tuple[int, ...] = ()
    amended: tuple[int, ...] = ()
    shares: dict[str, tuple[int, int, int]] = {}
    canary: Canary | None = None
    member: str = ""


class Watermark(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How far one source partition has come in event time; written into every partials partition.

    Attributes:
        source: `kafka_topic-partition` of the input.
        event_ms: Up to here all mentions are counted, milliseconds since 1970; None before the first mention.
        idle: Caught up and silent: holds nobody back.
        sources: How many source partitions there are in all; time stands still until each has reported.
        arrivals: Mentions of each platform since the source's last watermark, matched or not; history does not count.
        told_ms: Processing time of the score stage, milliseconds since 1970; 0 for unknown. Says who is silent while
            others work, which event time cannot: in a backlog partitions are hours apart.
        erased: Authors, by their 64-bit hashes, who are to be forgotten from here on.
    """

    source: str
    event_ms: int | None
    idle: bool
    sources: int
    arrivals: dict[str, int] = {}
    told_ms: int = 0
    erased: tuple[int, ...] = ()


class WindowCount(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The state of one topic's window; a higher revision replaces a lower one.

    Attributes:
        start: First second, inclusive, whole seconds since 1970, UTC.
        seconds: Width; `[start, start + seconds)`.
        revision: 0 for the first count of a closed window, one more for every late correction.
        expected: The mean the volume detector expected, mentions per window; None while warming up.
        low: Lower end of the band in which 95 of 100 such windows fall.
        high: Upper end of that band.
        score: The volume detector's score at the window's end; None while warming up.
    """

    topic: str
    start: int
    seconds: int
    tally: Tally
    revision: int = 0
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = None
    history: bool = False


class Phase(StrEnum):
    """Where an episode stands; `counted` is no news of it, only what it comes to by now."""

    OPENED = "opened"
    GREW = "grew"
    COUNTED = "counted"
    PEAKED = "peaked"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Direction(StrEnum):
    """What kind of event it is: two kinds of rise, and a feed that stopped delivering."""

    CRISIS = "crisis"
    VIRAL = "viral"
    QUIET = "quiet"


class Evidence(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The counts behind a decision; every number is counted or says what it was compared with.

    Attributes:
        observed: Mentions in the deciding window.
        expected: Mentions the baseline expected in it.
        low: Lower end of the expected 95 % band.
        high: Upper end of it.
        window_seconds: Width of the deciding window.
        polarity: Mean polarity in the window, [-1, 1].
        polarity_expected: The topic's own usual mean polarity.
        negative_share: Share of negative among scored mentions, [0, 1].
        authors: Distinct authors since onset, approximate.
        per_minute: Rate over the last two minutes or the last five, whichever is higher.
        velocity: Change of the five-minute rate, mentions per minute and minute.
        negative_chance: Chance of as many negative ones or more at the usual share, exact binomial, [0, 1].
        polarity_velocity: Change of the mean polarity per hour, the last half-hour against the one before.
        polarity_velocity_error: Its standard error.
        polarity_acceleration: Change of that velocity, per hour squared.
        polarity_acceleration_error: Its standard error.
        unanswered_share: Share of complaints that the brand has not replied to, [0, 1]; None where nobody counts it.
        organic_share: Share that is people's own, [0, 1]; None where no coordination was found.
        drivers: What carries the excess, the negative ones first, each by its contribution.
        samples: The mentions that may reach most people.
        verbatims: The event in people's own words: typical of the drivers, unlike one another, the most telling first.
        excess: What the drivers add up to; None where nothing was split.
        splits: The excess by platform, channel, region, language and kind of author.
        carriers: Accounts that carry it, the heaviest first.
        organic: How much of it is people's own, and why; None where too little was read to tell.
        forecast: How many mentions above what is usual it will have brought in the end; None of fewer than 20.
        posts: Posts that spread, the farthest first.
        asked: A fair sample of what people said for themselves since it began: for how many mentions each key stands.
        complaints: The same of the negative ones alone, by key, at most 64.
        peers: How each member of a peer group stands, those that rise most first; empty for every other topic.
    """

    observed: int
    expected: float
    low: float
    high: float
    window_seconds: int
    polarity: float | None = None
    polarity_expected: float | None = None
    negative_share: float | None = None
    negative_share_expected: float | None = None
    reach: int = 0
    engagement: int = 0
    authors: int = 0
    per_minute: float = 0.0
    velocity: float = 0.0
    negative_chance: float | None = None
    polarity_velocity: float | None = None
    polarity_velocity_error: float | None = None
    polarity_acceleration: float | None = None
    polarity_acceleration_error: float | None = None
    unanswered_share: float | None = None
    organic_share: float | None = None
    platforms: dict[str, int] = {}
    regions: dict[str, int] = {}
    languages: dict[str, int] = {}
    drivers: tuple[Driver, ...] = ()
    samples: tuple[Sample, ...] = ()
    verbatims: tuple[Sample, ...] = ()
    excess: Excess | None = None
    splits: tuple[Split, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    organic: Organic | None = None
    forecast: Forecast | None = None
    posts: tuple[PostForecast, ...] = ()
    asked: dict[str, float] = {}
    complaints: dict[str, Complaint] = {}
    peers: tuple[PeerShare, ...] = ()


class Detection(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A detector's claim about one topic. The same log always yields the same detections with the same ids.

    Attributes:
        id: Deterministic: equal content, equal id.
        episode: Deterministic id of the event; all phases of one event share it.
        sequence: 0 for the first claim of the episode, then rising by one. `counted` claims have numbers of their own,
            from 1 on, so that how often it was counted is in the id of no other claim.
        at: Event time of the decision.
        onset: Estimated start of the event.
        onset_earliest: Nine of ten events began between this and `onset_latest`; both are None where nobody estimates.
        score: Nats of evidence against "as usual"; comparable only within a detector.
        false_pages_per_week: How often this topic would show at least this score with nothing going on.
        accepted_ms: When the broker accepted the mention that made the score cross, milliseconds since 1970.
        history: It was found while loading past data and pages nobody.
        basis: Every number behind the decision; None where no topic's detectors made it, and of a `canary`.
        again: It grew after it had been past its peak and almost over: a second wave.
    """

    id: str
    episode: str
    sequence: int
    topic: str
    topic_revision: int
    detector: str
    phase: Phase
    direction: Direction
    at: datetime
    onset: datetime
    score: float
    false_pages_per_week: float
    evidence: Evidence
    accepted_ms: int = 0
    history: bool = False
    onset_earliest: datetime | None = None
    onset_latest: datetime | None = None
    basis: Basis | None = None
    canary: Canary | None = None
    again: bool = False
