"""What can be set about owners of drivers."""

from typing import Annotated

from pydantic import Field

from streams.section import Section


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
