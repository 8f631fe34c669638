"""What a partial count keeps of a single mention, all of it bounded."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from streams.erasure import author_number
from streams.events import Sample
from streams.excerpt import Excerpt
from streams.masking import Masked, masked
from streams.mention import Mention
from streams.stages.sample_gate import Order
from streams.tone import NEGATIVE_UP_TO

MAX_TEXT_CHARACTERS: Final = 500
MAX_EXCERPT_CHARACTERS: Final = 280
MAX_NAME_CHARACTERS: Final = 64
MAX_LINK_CHARACTERS: Final = 2000
MAX_COUNT: Final = 10**12  # beyond any honest count, and sums of millions of it still fit 64 bits

_DAY: Final = timedelta(days=1)
_BAD_RATING: Final = 2.0
_LABELS: Final = 4
_LABEL_CHARACTERS: Final = 80
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def short_name(text: str) -> str:
    """The first 64 characters; one object for equal values, because the index holds a million of them."""
    return text[:MAX_NAME_CHARACTERS]


def seq_of(given: int) -> int:
    """What orders the versions of a mention, kept within 64 bits, because the index is written down."""
    return max(-(2**63), min(given, 2**63 - 1))


def reach_of(mention: Mention) -> int:
    """Reach, 0 where unknown, because it is summed."""
    reach = mention.reach
    return min(reach, MAX_COUNT) if reach else 0


def engagement_of(mention: Mention) -> int:
    """Likes, reposts, replies and quotes, 0 where unknown, because it is summed."""
    total = (mention.likes or 0) + (mention.reposts or 0) + (mention.replies or 0) + (mention.quotes or 0)
    return min(total, MAX_COUNT)


def polarity_of_rating(rating: float | None) -> float | None:
    """A bad rating is a complaint whatever its text says; None where it is not bad on a scale of five or of ten.

    >>> polarity_of_rating(1.0), polarity_of_rating(3.0), polarity_of_rating(None)
    (-0.75, None, None)
    """
    return None if rating is None or not 0 <= rating <= _BAD_RATING else rating / 4 - 1


def author_of(mention: Mention) -> int | None:
    """A stable 64-bit hash of who spoke on which platform; None where nobody said."""
    author = mention.author and (mention.author.id or mention.author.name)
    return author_number(mention.platform, author) if author else None


def weight_of(mention: Mention) -> int:
    """How much a mention is worth as evidence: how many people it may reach."""
    followers = mention.author.followers if mention.author else None
    reach = mention.reach or 0
    return followers if followers and followers > reach else reach


def order_of(mention: Mention, polarity: float | None) -> Order:
    """Where it stands among the samples of its topic, as the detect stage sorts them."""
    return polarity is None or polarity > NEGATIVE_UP_TO, -min(weight_of(mention), MAX_COUNT), mention.key


def sample_of(
    mention: Mention,
    event_ms: int,
    polarity: float | None,
    author_number: int | None,
    mask: Collection[Masked] = (),
) -> Sample:
    """The mention as evidence, its text cut to 500 characters, personal data of these kinds hidden."""
    author = mention.author
    return Sample(
        key=mention.key,
        text=masked((mention.text or mention.title or "")[:MAX_TEXT_CHARACTERS], mask),
        published_at=_EPOCH + timedelta(milliseconds=event_ms),
        polarity=polarity,
        author=shown_name(mention, mask),
        followers=min(author.followers, MAX_COUNT) if author and author.followers is not None else None,
        reach=None if mention.reach is None else reach_of(mention),
        url=mention.url[:MAX_LINK_CHARACTERS] if mention.url else None,
        lang=short_name(mention.lang) if mention.lang else None,
        content_type=mention.content_type,
        author_number=author_number,
    )


def excerpt_of(
    mention: Mention,
    event_ms: int,
    polarity: float | None,
    author_number: int | None,
    mask: Collection[Masked] = (),
    *,
    brand: bool = False,
) -> Excerpt:
    """The mention as short as it can be and still explain an event, personal data of these kinds hidden.

    Args:
        brand: The brand itself said it.
    """
    author = mention.author
    age = None
    if author is not None and author.created_at is not None:
        age = max((mention.published_at - author.created_at) // _DAY, 0)
    of = mention.repost_of or mention.quote_of or mention.parent_id
    region = mention.country or mention.region
    return Excerpt(
        at_ms=event_ms,
        key=mention.key,
        text=masked((mention.text or mention.title or "")[:MAX_TEXT_CHARACTERS], mask)[:MAX_EXCERPT_CHARACTERS],
        polarity=polarity,
        content_type=mention.content_type,
        author=shown_name(mention, mask),
        author_number=author_number,
        followers=min(author.followers, MAX_COUNT) if author and author.followers is not None else None,
        reach=None if mention.reach is None else reach_of(mention),
        verified=bool(author and author.verified),
        brand=brand,
        age_days=age,
        posts=min(author.posts_count, MAX_COUNT) if author and author.posts_count is not None else None,
        region=short_name(region) if region else None,
        lang=short_name(mention.lang) if mention.lang else None,
        of=short_name(f"{mention.platform}:{of}") if of else None,
        rating=mention.rating,
        media=_hashes_of(mention) if mention.media else (),
        labels=_labels_of(mention) if mention.hashtags or mention.links else (),
        url=mention.url[:MAX_EXCERPT_CHARACTERS] if mention.url else None,
    )


def _hashes_of(mention: Mention) -> tuple[str, ...]:
    return tuple(item.hash[:MAX_NAME_CHARACTERS] for item in mention.media[:2] if item.hash)


def _labels_of(mention: Mention) -> tuple[str, ...]:
    labels = (*[f"#{tag.lstrip('#')}" for tag in mention.hashtags], *mention.links)
    return tuple(label[:_LABEL_CHARACTERS] for label in labels[:_LABELS])


def shown_name(mention: Mention, mask: Collection[Masked]) -> str | None:
    """The author's name, cut to 64 characters; None where there is none, or where handles are hidden."""
    name = mention.author and mention.author.name
    return name[:MAX_NAME_CHARACTERS] if name and "handle" not in mask else None
