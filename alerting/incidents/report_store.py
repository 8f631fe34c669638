"""What the store contract says of reports: many incidents at once, without their mentions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import TimelineEntry
from alerting.incidents.outline import Outline


class Casework(msgspec.Struct, frozen=True):
    """An incident as a report counts it; what is said in the timeline is left out.

    Attributes:
        timeline: Oldest first.
    """

    outline: Outline
    timeline: tuple[TimelineEntry, ...]


class Sent(msgspec.Struct, frozen=True):
    """A message, with its incident's leading topic, brand and family; empty where it has none."""

    delivery: Delivery
    topic: str
    brand: str
    family: str = ""


class ReportStore(Protocol):
    """The part of a store that reports read. Past data is in none of them."""

    async def earlier(self, incident_id: str, topics: Sequence[str], *, limit: int) -> tuple[Outline, ...]:
        """The newest incidents that opened before this one, and the newest of these topics; at most `limit` of each."""
        ...

    async def opened_again(self, topic: str, *, after: datetime, until: datetime, but: str) -> tuple[str, ...]:
        """Ids of incidents with this topic that opened in `(after, until]`, oldest first, but for that one."""
        ...

    async def opened_between(self, start: datetime, end: datetime) -> tuple[Casework, ...]:
        """Incidents that opened in `[start, end)`, oldest first."""
        ...

    async def deliveries_between(self, start: datetime, end: datetime) -> tuple[Sent, ...]:
        """Messages about incidents that were made in `[start, end)`, oldest first."""
        ...

    async def judgements_since(self, since: datetime) -> tuple[Judgement, ...]:
        """What people said of pages since then, oldest first, also what was withdrawn."""
        ...
