"""What evidence is made of: mentions, drivers, places and carriers."""

from datetime import datetime

import msgspec


class Sample(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One mention as evidence; its text is hostile and has to be escaped wherever it leaves.

    Attributes:
        author_number: A stable 64-bit hash of who spoke, by which a person can be taken out of it.
        fate: `deleted` or `amended` where its author did so since; empty else.
    """

    key: str
    text: str
    published_at: datetime
    polarity: float | None = None
    author: str | None = None
    followers: int | None = None
    reach: int | None = None
    url: str | None = None
    lang: str | None = None
    content_type: str = "post"
    fate: str = ""
    author_number: int | None = None


class Complaint(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A negative mention that the brand might answer.

    Attributes:
        at: When it was said.
        weight: For how many complaints it stands, >= 1 up to rounding.
    """

    at: datetime
    weight: float
    author_number: int | None = None


class Origin(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The first mention that a driver was found in; `key` is its `platform:id`."""

    key: str
    at: datetime
    author: str | None = None
    url: str | None = None
    author_number: int | None = None


class Driver(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What carries a part of the excess: a word, phrase, hashtag, link, post, picture, copied text or theme.

    Attributes:
        term: As people write it; hostile like every word from mentions.
        mentions: Mentions with it since the event began; where a sample stands for more, an estimate.
        expected: How many of those would be usual.
        contribution: What it adds to the excess beyond the drivers before it, mentions; None where nothing was split.
        kind: `word`, `phrase`, `hashtag`, `link`, `post`, `media`, `copies` or `theme`.
        tone: `negative`, `positive` or `neutral`: what most of its mentions are.
        first: Where it was said first; None where it is nothing new.
    """

    term: str
    mentions: int
    expected: float
    contribution: float | None = None
    kind: str = "word"
    tone: str = "neutral"
    first: Origin | None = None


class Split(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How the excess divides by one property of the mentions; the parts sum to the excess.

    Attributes:
        by: `platform`, `channel`, `region`, `language` or `author`.
        parts: Mentions above expectation by value, the largest first; `unknown` where nobody said, `other` the rest.
    """

    by: str
    parts: dict[str, float]


class Carrier(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An account that carries the event, by what it says and by what is said in answer to it.

    Attributes:
        name: As the account calls itself; hostile, and left out where handles are masked.
        kind: `media`, `verified`, `large`, `ordinary`, `new`, `brand` or `unknown`.
        mentions: Its own and those that repeat, quote or answer them.
        without: Mentions that would be left without it.
        decisive: Without it there would be no spike: what is left lies within the expected band.
    """

    key: str
    mentions: int
    without: int
    name: str | None = None
    kind: str = "unknown"
    followers: int | None = None
    decisive: bool = False
    author_number: int | None = None


class Excess(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the drivers explain: mentions since the event began, above what is usual.

    `mentions - expected` is the sum of all drivers' contributions and `other`.

    Attributes:
        since: Where the event began, to the minute; of a longer one three hours ago.
        other: What no driver explains; negative where the drivers push usual talk aside.
        sampled: Mentions that were read for it; where fewer than `mentions`, drivers and places are estimates.
        negative: The part of the excess that is negative mentions.
    """

    since: datetime
    mentions: int
    expected: float
    other: float
    sampled: int
    negative: float = 0.0


class Organic(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How much of an event is people's own.

    Attributes:
        share: Of its mentions those that are not suspect, [0, 1].
        coordinated: Many accounts act as one.
        accounts: How many accounts are suspect, of those that were read.
        reasons: Why, in our own words, counts only.
    """

    share: float
    coordinated: bool = False
    accounts: int = 0
    read: int = 0
    reasons: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How many mentions it will have brought in the end, with the interval in which 80 of 100 such forecasts end.

    Attributes:
        doubling: Chance that it will at least double, [0, 1].
        to_peak_seconds: Until it comes fastest; None where that is behind it or cannot be told.
        past_peak: It comes clearly slower than it did.
    """

    so_far: int
    final: int
    low: int
    high: int
    doubling: float
    to_peak_seconds: int | None = None
    past_peak: bool = False


class PostForecast(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A post that spreads: who wrote it, and how far it will go; `tone` is that of most who pass it on."""

    key: str
    forecast: Forecast
    tone: str = "neutral"
    author: str | None = None
    text: str | None = None
    url: str | None = None
    author_number: int | None = None


class PeerShare(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one member of a peer group shows, beside its own past.

    Attributes:
        topic: The member's id.
        observed: Its mentions in the deciding window of the group.
        expected: How many of them would be usual.
        false_pages_per_week: How often a week it would show so much by itself with nothing going on, in (0, 14].
        rising: That is rare enough to count it among those that rise.
        negative_share: Share of negative among its scored mentions there, [0, 1]; None where none was scored.
        negative_share_expected: Its own usual one.
    """

    topic: str
    observed: int
    expected: float
    false_pages_per_week: float
    rising: bool = False
    negative_share: float | None = None
    negative_share_expected: float | None = None
