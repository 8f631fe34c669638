"""What is known of every feed, as the detect stage reports it once a minute."""

from enum import StrEnum

import msgspec


class FeedKind(StrEnum):
    """A platform's mentions, or a partition of the Kafka topic of mentions."""

    PLATFORM = "platform"
    PARTITION = "partition"


class FeedState(StrEnum):
    """Whether it delivers; unknown where nobody reports."""

    DELIVERING = "delivering"
    QUIET = "quiet"
    STALLED = "stalled"
    UNKNOWN = "unknown"


class FeedReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """One feed in one minute; times are event seconds since 1970.

    Attributes:
        name: The platform's, tamed, or `kafka_topic-partition`.
        watched: It is known long enough that its silence would be told.
        mentions: How many arrived in the minute, matched or not.
        per_minute: Mean over the last five minutes, or over as many as it is known.
        usual_per_minute: Its own usual rate; None while it is not watched.
        last_arrival: When a mention of it came last; None where none ever did.
        reached: How far the partition has come in event time; None of platforms.
        silent_since: Since when it is quiet or stalled; None while it delivers.
    """

    name: str
    kind: FeedKind
    state: FeedState
    watched: bool
    mentions: int
    per_minute: float
    usual_per_minute: float | None = None
    last_arrival: int | None = None
    reached: int | None = None
    silent_since: int | None = None


class FeedReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """All feeds at the end of one minute of event time, by kind and name.

    Attributes:
        minute: Where the minute began, event seconds since 1970.
    """

    minute: int
    feeds: tuple[FeedReading, ...] = ()
