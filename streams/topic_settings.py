"""What can be set about one topic."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, field_validator

from streams.peer_settings import Readable, TopicId
from streams.section import Section
from streams.topic import Topic


class TopicSettings(Section):
    """One topic as it stands in the file."""

    id: TopicId
    name: Annotated[Readable, Field(min_length=1, max_length=200)]
    query: Annotated[str, Field(min_length=1, max_length=20_000)]
    brand: Annotated[Readable, Field(max_length=200)] | None = None
    parent: TopicId | None = None
    owner: Annotated[Readable, Field(max_length=200)] | None = None
    pages_per_week: Annotated[float, Field(gt=0, le=1000)] | None = None
    collecting_since: datetime | None = None

    @field_validator("collecting_since")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, for example 2026-01-31T00:00:00Z")
        return value

    def value(self, pages_per_week: float) -> Topic:
        """The topic as the stages know it, with this budget where it names none."""
        return Topic(
            id=self.id,
            name=self.name,
            query=self.query,
            brand=self.brand,
            parent=self.parent,
            owner=self.owner,
            pages_per_week=self.pages_per_week or pages_per_week,
            collecting_since=self.collecting_since,
        )
