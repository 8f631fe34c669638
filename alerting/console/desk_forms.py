"""What the page of forms shows: what is known already, and what there is to choose from. Text, made harmless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from alerting.console import words
from alerting.incidents.model import Incident, IncidentState
from alerting.notifiers.escaping import one_line

MOST_OTHERS: Final = 50
MOST_TOPICS: Final = 50
SNOOZES: Final = (
    (30, "30 minutes"),
    (60, "1 hour"),
    (240, "4 hours"),
    (480, "8 hours"),
    (1440, "1 day"),
    (4320, "3 days"),
)
NO_LINKS: Final[Mapping[str, str]] = MappingProxyType({})
LINK_HOURS: Final = ((4, "4 hours"), (24, "1 day"), (72, "3 days"), (168, "1 week"))
FIELD_TIME: Final = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose, by the value that is sent."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link for people without an account that still opens the incident."""

    id: str
    path: str
    by: str
    until: str


@dataclass(frozen=True, slots=True)
class DeskForms:
    """The forms of one incident.

    Attributes:
        is_open: Whether it can be worked on; what is over takes comments and statements alone.
        others: Open incidents that it could be merged with.
        topics: Those that could be split off; empty where there is but one.
    """

    id: str
    title: str
    stand: str
    is_open: bool
    can_acknowledge: bool
    assignee: str
    owner: str
    status: str
    cause: str
    expected_at: str
    next_update_at: str
    fixed_at: str
    snoozes: tuple[tuple[int, str], ...]
    others: tuple[Choice, ...]
    topics: tuple[Choice, ...]
    links: tuple[LinkLine, ...] = ()


def desk_forms(
    incident: Incident, others: Sequence[Incident], now: datetime, *, links: Mapping[str, str] = NO_LINKS
) -> DeskForms:
    """The forms for the incident, filled in with what is known.

    Args:
        links: Where each of its links leads, by id, of those that still do.
    """
    statement = incident.statement
    return DeskForms(
        links=tuple(
            LinkLine(link.id, links[link.id], one_line(link.by, 100), words.clock(link.until, now))
            for link in incident.links
            if link.id in links
        ),
        id=incident.id,
        title=one_line(incident.title, words.LONGEST_NAME),
        stand=words.stand(incident, now),
        is_open=incident.state is not IncidentState.RESOLVED,
        can_acknowledge=incident.state is IncidentState.TRIGGERED,
        assignee=one_line(incident.assignee or "", 100),
        owner=one_line(incident.owner or "", 100),
        status=one_line(statement.status, 500) if statement else "",
        cause=one_line(statement.cause or "", 500) if statement else "",
        expected_at=_field(statement.expected_at) if statement else "",
        next_update_at=_field(statement.next_update_at) if statement else "",
        fixed_at=_field(statement.fixed_at) if statement else "",
        snoozes=SNOOZES,
        others=tuple(
            Choice(other.id, f"{other.severity.value} {one_line(other.title, words.LONGEST_NAME)}")
            for other in others[:MOST_OTHERS]
            if other.id != incident.id
        ),
        topics=tuple(
            Choice(part.topic, one_line(part.topic_name, words.LONGEST_NAME)) for part in incident.parts[:MOST_TOPICS]
        )
        if len(incident.parts) > 1
        else (),
    )


def _field(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime(FIELD_TIME) if at is not None else ""
