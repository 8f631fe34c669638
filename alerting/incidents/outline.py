"""An incident without its mentions: what reports count by, read from thousands of them at once."""

from datetime import datetime

import msgspec

from alerting.incidents.model import Incident, IncidentState, Severity
from alerting.incidents.quieted import Quieted
from alerting.incidents.statement import Statement
from streams.events import Direction
from streams.findings import Driver


class OutlineEvidence(msgspec.Struct, frozen=True):
    """What is kept of the evidence."""

    drivers: tuple[Driver, ...] = ()
    expected: float = 0.0
    window_seconds: int = 60


class OutlineWaits(msgspec.Struct, frozen=True):
    """Complaints of it and our answers, see `Waits`."""

    complaints: float
    unanswered: float
    median_seconds: float | None = None


class OutlineCanned(msgspec.Struct, frozen=True):
    """Our replies in it, see `Canned`."""

    here: int
    here_canned: int


class OutlineBacklash(msgspec.Struct, frozen=True):
    """A reply of ours that drew anger in it, see `Backlash`."""

    answers: int


class OutlineOwnPart(msgspec.Struct, frozen=True):
    """What we ourselves did in it."""

    waits: OutlineWaits | None = None
    canned: OutlineCanned | None = None
    backlash: tuple[OutlineBacklash, ...] = ()


class OutlinePart(msgspec.Struct, frozen=True):
    """A topic of it."""

    topic: str


class Outline(msgspec.Struct, frozen=True):
    """An incident's own fields under its own names; see `Incident`."""

    id: str
    topic: str
    topic_name: str
    title: str
    state: IncidentState
    severity: Severity
    direction: Direction
    onset_at: datetime
    opened_at: datetime
    evidence: OutlineEvidence = OutlineEvidence()
    parts: tuple[OutlinePart, ...] = ()
    brand: str | None = None
    family: str = ""
    owner: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    statement: Statement | None = None
    merged_into: str | None = None
    peak_per_minute: float = 0.0
    history: bool = False
    quieted: Quieted = Quieted()
    own_part: OutlineOwnPart | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """All its topics, the leading one first."""
        return (self.topic, *(part.topic for part in self.parts if part.topic != self.topic))


def outline_of(incident: Incident) -> Outline:
    """The outline of the whole."""
    return msgspec.convert(incident, Outline, from_attributes=True)
