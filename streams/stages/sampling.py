"""What a partial count keeps of a single mention, all of it bounded."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from streams.events import Sample
from streams.id_index import hash64
from streams.mention import Mention

MAX_TEXT_CHARACTERS: Final = 500
MAX_NAME_CHARACTERS: Final = 64
MAX_LINK_CHARACTERS: Final = 2000
MAX_COUNT: Final = 10**12  # beyond any honest count, and sums of millions of it still fit 64 bits

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


def author_of(mention: Mention) -> int | None:
    """A stable 64-bit hash of who spoke on which platform; None where nobody said."""
    author = mention.author and (mention.author.id or mention.author.name)
    return hash64(f"{mention.platform}:{author}") if author else None


def weight_of(mention: Mention) -> int:
    """How much a mention is worth as evidence: how many people it may reach."""
    followers = mention.author.followers if mention.author else None
    reach = mention.reach or 0
    return followers if followers and followers > reach else reach


def sample_of(mention: Mention, event_ms: int, polarity: float | None) -> Sample:
    """The mention as evidence, its text cut to 500 characters."""
    author = mention.author
    return Sample(
        key=mention.key,
        text=(mention.text or mention.title or "")[:MAX_TEXT_CHARACTERS],
        published_at=_EPOCH + timedelta(milliseconds=event_ms),
        polarity=polarity,
        author=author.name[:MAX_NAME_CHARACTERS] if author and author.name else None,
        followers=min(author.followers, MAX_COUNT) if author and author.followers is not None else None,
        reach=None if mention.reach is None else reach_of(mention),
        url=mention.url[:MAX_LINK_CHARACTERS] if mention.url else None,
        lang=short_name(mention.lang) if mention.lang else None,
        content_type=mention.content_type,
    )
