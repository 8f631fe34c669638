"""What can be set about who sees which brands."""

from typing import Annotated

from pydantic import Field

from streams.section import Section

Brand = Annotated[str, Field(min_length=1, max_length=100)]


class TeamSettings(Section):
    """People and keys that see some brands and nothing else.

    Whoever is in several teams sees the brands of all of them; whoever is in none, and whose key names no brands, sees
    everything.

    Attributes:
        brands: As topics name them, letter by letter. A topic without a brand belongs to the brand of its parent.
        members: Names from `people` and `api.keys`, and what a person who signs in is called.
    """

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")]
    brands: Annotated[tuple[Brand, ...], Field(min_length=1, max_length=200)]
    members: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=1000)] = ()
