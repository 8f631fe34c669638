"""Which topics are of one industry, as it stands in the configuration."""

import re
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from streams.section import Section
from streams.topic import Topic

# Controls and marks that turn the direction of text: in a name they garble every line that shows it.
_GARBLING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _readable(value: str) -> str:
    if _GARBLING.search(value):
        raise ValueError("must not hold control characters or marks that turn the direction of text")
    return value


Readable = Annotated[str, AfterValidator(_readable)]
TopicId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_PREFIX: Final = "peers."
_LONGEST: Final = 64 - len(_PREFIX)


class PeerSettings(Section):
    """Topics of one industry, ours and those of others: a page says whether an event is ours alone.

    They are watched together, as a topic of its own, for rises that several of them share; each may be too small to
    page by itself.

    Attributes:
        name: What the industry is called.
        topics: Ids of topics, ours among them.
        together: Watch them together; without it the group only says of other pages whether they are ours alone.
        pages_per_week: False pages a week accepted for the group; None is that of a topic.
        owner: Who is told of what the industry shares, as topics name their owner.
    """

    name: Annotated[Readable, Field(min_length=1, max_length=100)]
    topics: Annotated[tuple[TopicId, ...], Field(min_length=2, max_length=50)]
    together: bool = True
    pages_per_week: Annotated[float, Field(gt=0, le=1000)] | None = None
    owner: Annotated[Readable, Field(max_length=200)] | None = None

    @property
    def topic(self) -> str:
        """The id of the topic that watches them together.

        >>> PeerSettings(name="US airlines", topics=("delta", "united")).topic
        'peers.us-airlines'
        """
        plain = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in self.name.lower())
        slug = "-".join(plain.split())[:_LONGEST]
        return _PREFIX + (slug or blake2b(self.name.encode(), digest_size=4).hexdigest())

    def value(self, pages_per_week: float) -> Topic:
        """The group as the stages know it, with this budget where it names none."""
        return Topic(
            id=self.topic,
            name=self.name,
            query="",
            owner=self.owner,
            pages_per_week=self.pages_per_week or pages_per_week,
            members=self.topics,
        )
