"""A mention: one public utterance about something, as it arrives from a source."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Operation = Literal["create", "update", "delete"]
ContentType = Literal["post", "repost", "reply", "quote", "comment", "review", "message"]


class Author(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Who spoke; `id` may be a hash."""

    id: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    name: str | None = None
    followers: Count | None = None
    verified: bool | None = None
    created_at: Timestamp | None = None
    posts_count: Count | None = None
    is_brand_reply: bool = False
    agent_id: str | None = None
    template_id: str | None = None


class Media(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A picture, film or sound that came with a mention."""

    type: str | None = None
    url: str | None = None
    hash: str | None = None


class Mention(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One public utterance: who said what, where and when, and how far it went.

    Required are `id`, `platform`, `published_at` and `text` (empty for a bare repost or media). Every time is aware.
    Counts are totals at `observed_at`, not increments. Unknown keys of the input are kept in `extra`.

    Attributes:
        seq: Orders the versions of one mention; a version with a lower or equal `seq` changes nothing.
        sentiment: Polarity in [-1, 1] where the source already scored the text; None means not scored.
        sample_rate: Share of all mentions that the source delivers, in (0, 1].
        ingested_at: When the provider handed the mention over; None means "when Kafka accepted it".
    """

    id: Identifier
    platform: Identifier
    published_at: Timestamp
    text: str
    op: Operation = "create"
    seq: int | None = None
    observed_at: Timestamp | None = None
    content_type: ContentType = "post"
    thread_id: str | None = None
    parent_id: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    url: str | None = None
    author: Author | None = None
    lang: str | None = None
    title: str | None = None
    rating: float | None = None
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    likes: Count | None = None
    reposts: Count | None = None
    replies: Count | None = None
    quotes: Count | None = None
    views: Count | None = None
    reach: Count | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    sentiment: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    emotions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    provider: str | None = None
    ingested_at: Timestamp | None = None
    sample_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    tenant: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def key(self) -> str:
        """`platform:id`: the identity of the mention over all its versions, and its Kafka key.

        >>> from datetime import UTC, datetime
        >>> Mention(id="7", platform="x", published_at=datetime(2026, 1, 1, tzinfo=UTC), text="hi").key
        'x:7'
        """
        return f"{self.platform}:{self.id}"
