"""The review of an incident: what happened, how long each step took, whether it held, what it was like. Pure."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from alerting.directives.judgement import Judgement
from alerting.incidents import wording
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.insight import ID_CHARACTERS, Insight, driver_line, excess_of, insights_of
from alerting.incidents.model import Incident, IncidentState, TimelineEntry
from alerting.incidents.outcome import SYSTEM
from alerting.incidents.outline import Outline, outline_of
from alerting.reports.aftermath import Aftermath
from alerting.reports.likeness import Alike, alike
from alerting.reports.milestones import Milestone, milestones
from streams.events import Evidence
from streams.findings import Sample
from streams.masking import Masked, masked

MOST_QUOTES: Final = 5
_DRIVERS: Final = 8


class Verdict(msgspec.Struct, frozen=True):
    """What somebody said of its pages, and whether it still counts."""

    topic: str
    verdict: str
    by: str
    at: datetime
    note: str
    withdrawn: bool


class Told(msgspec.Struct, frozen=True):
    """How many messages one receiver was sent, and how many of them never arrived."""

    receiver: str
    messages: int
    arrived: int
    failed: int


class Review(msgspec.Struct, frozen=True):
    """Everything that is known of an incident afterwards.

    Terms, quotes, insights and what is alike come from mentions and are hostile; comments are people's own words.

    Attributes:
        preliminary: It is not over; what is told may still change.
        drivers: Each with what it added to the excess.
        said: What people did and said, oldest first.
        told: None where it is no longer kept.
        looked_at: How many earlier incidents were compared.
    """

    id: str
    title: str
    why: str
    severity: str
    state: str
    topic: str
    topic_name: str
    topics: tuple[str, ...]
    brand: str | None
    owner: str | None
    preliminary: bool
    written_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    milestones: tuple[Milestone, ...]
    aftermath: Aftermath
    peak_per_minute: float
    drivers: tuple[str, ...]
    insights: tuple[Insight, ...]
    quotes: tuple[Sample, ...]
    timeline: tuple[TimelineEntry, ...]
    said: tuple[TimelineEntry, ...]
    told: tuple[Told, ...] | None
    feedback: tuple[Verdict, ...]
    alike: tuple[Alike, ...]
    looked_at: int
    statement: str


def review_of(
    incident: Incident,
    *,
    timeline: Sequence[TimelineEntry],
    deliveries: Sequence[Delivery] | None,
    judgements: Sequence[Judgement],
    earlier: Sequence[Outline],
    after: Aftermath,
    mask: Collection[Masked],
    now: datetime,
) -> Review:
    """Put it together.

    Args:
        mask: Personal data that is hidden in what mentions and people said, also where it was kept before.
        deliveries: None where they are forgotten.
        earlier: Incidents that opened before, in any order.
    """
    outline = outline_of(incident)
    excess = excess_of(incident.evidence)
    happened = tuple(msgspec.structs.replace(entry, text=masked(entry.text, mask)) for entry in timeline)
    return Review(
        id=incident.id,
        title=incident.title,
        why=incident.why,
        severity=incident.severity.value,
        state=incident.state.value,
        topic=incident.topic,
        topic_name=incident.topic_name,
        topics=incident.topics,
        brand=incident.brand,
        owner=incident.owner,
        preliminary=incident.state is not IncidentState.RESOLVED,
        written_at=now,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        milestones=milestones(outline, timeline, deliveries),
        aftermath=after,
        peak_per_minute=incident.peak_per_minute,
        drivers=tuple(masked(driver_line(one, excess), mask) for one in incident.evidence.drivers[:_DRIVERS]),
        insights=tuple(
            Insight(line.label, _masked_but(line.text, mask, _ids(incident.evidence))) for line in insights_of(incident)
        ),
        quotes=tuple(
            msgspec.structs.replace(
                sample, text=masked(sample.text, mask), author=None if "handle" in mask else sample.author
            )
            for sample in (incident.evidence.verbatims or incident.evidence.samples)[:MOST_QUOTES]
        ),
        timeline=happened,
        said=tuple(entry for entry in happened if entry.actor != SYSTEM),
        told=None if deliveries is None else _told(deliveries),
        feedback=tuple(
            Verdict(
                one.topic,
                one.feedback.verdict.value,
                wording.plain(one.author),
                one.created_at,
                masked(one.feedback.note, mask),
                one.withdrawn_at is not None,
            )
            for one in judgements
        ),
        alike=tuple(_alike_masked(one, mask) for one in alike(outline, earlier)),
        looked_at=len(earlier),
        statement=masked(str(incident.statement), mask) if incident.statement else "",
    )


def _ids(evidence: Evidence) -> frozenset[str]:
    """Of the mentions that lines name, as lines show them: numbers, and nobody's."""
    firsts = [driver.first.key for driver in evidence.drivers if driver.first is not None]
    shown = (wording.plain(key, ID_CHARACTERS) for key in (*firsts, *(post.key for post in evidence.posts)))
    return frozenset(key for key in shown if key)


def _masked_but(text: str, mask: Collection[Masked], ids: frozenset[str]) -> str:
    """The text masked, but for the ids in it: every tenth number of 13 to 19 digits looks like a card's."""
    if not ids:
        return masked(text, mask)
    parts = re.split(f"({'|'.join(re.escape(one) for one in sorted(ids))})", text)
    return "".join(part if part in ids else masked(part, mask) for part in parts)


def _alike_masked(one: Alike, mask: Collection[Masked]) -> Alike:
    words = tuple(masked(word, mask) for word in one.words)
    return msgspec.structs.replace(one, words=words, cause=masked(one.cause, mask) if one.cause else None)


def _told(deliveries: Sequence[Delivery]) -> tuple[Told, ...]:
    receivers = dict.fromkeys(delivery.receiver for delivery in deliveries)
    counted = {
        receiver: [
            one.state for one in deliveries if one.receiver == receiver and one.state is not DeliveryState.SUPERSEDED
        ]
        for receiver in receivers
    }
    return tuple(
        Told(receiver, len(states), states.count(DeliveryState.SENT), states.count(DeliveryState.REJECTED))
        for receiver, states in counted.items()
        if states
    )
