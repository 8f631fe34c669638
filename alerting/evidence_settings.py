"""What can be set about peers and owners of drivers."""

from typing import Annotated

from pydantic import Field

from streams.section import Section

TopicId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class PeerSettings(Section):
    """Topics of one industry, ours and those of others: a page says whether an event is ours alone.

    Attributes:
        name: What the industry is called.
        topics: Ids of topics, ours among them.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    topics: Annotated[tuple[TopicId, ...], Field(min_length=2, max_length=50)]


class DriverOwnerSettings(Section):
    """Drivers that belong to a department, whatever topic they show in.

    Attributes:
        owner: The department, as topics name it.
        words: Words and phrases that a driver has to speak of.
    """

    owner: Annotated[str, Field(min_length=1, max_length=100)]
    words: Annotated[
        tuple[Annotated[str, Field(min_length=2, max_length=100)], ...], Field(min_length=1, max_length=200)
    ]
