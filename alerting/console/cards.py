"""What the pages show, made ready: every value here is text, but for our own drawings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from alerting.charts import svg
from alerting.charts.chart import Chart
from alerting.console import words
from alerting.console.board import budget
from alerting.incidents import wording
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, IncidentState, TimelineEntry
from alerting.incidents.playbook import Playbook
from alerting.incidents.public_answers import told as answers_told
from alerting.incidents.reckoning import reckoning
from alerting.incidents.severity import assess_incident
from alerting.incidents.topic_status import TopicStatus
from alerting.notifiers.escaping import one_line
from streams.events import Detection, Phase

UNOWNED: Final = "unowned"
MOST_RECKONINGS: Final = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline."""

    at: datetime
    clock: str
    text: str
    actor: str


@dataclass(frozen=True, slots=True)
class Told:
    """A line of who was told."""

    at: datetime
    clock: str
    what: str
    outcome: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Why a page went out: sentences, each with whether it belongs to the one above."""

    id: str
    clock: str
    lines: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic of an incident, and why it belongs to it."""

    id: str
    name: str
    because: str


@dataclass(frozen=True, slots=True)
class IncidentCard:
    """An incident as it is read top down in five seconds."""

    id: str
    title: str
    severity: str
    level: str
    state: IncidentState
    stand: str
    owner: str
    why: str
    odds: str
    began: str
    facts: tuple[tuple[str, str], ...]
    chart: Markup
    wide_chart: Markup
    opened_at: datetime
    opened: str
    can_acknowledge: bool
    can_resolve: bool
    topics: tuple[TopicLine, ...]
    harm: tuple[tuple[str, str], ...]
    assignee: str = ""
    statement: str = ""
    stated: str = ""
    answers: str = ""
    muted: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    playbook: Playbook | None = None
    goes_on_as: str = ""


@dataclass(frozen=True, slots=True)
class TopicTile:
    """A topic on the board."""

    id: str
    name: str
    rate: str
    expected: str
    budget: str
    spark: Markup | None
    open_incidents: int


def incident_card(incident: Incident, chart: Chart, now: datetime) -> IncidentCard:
    """The card of an incident, with its chart for narrow and wide places."""
    return IncidentCard(
        id=incident.id,
        title=one_line(incident.title, words.LONGEST_NAME),
        severity=incident.severity.value,
        level=incident.severity.value.lower(),
        state=incident.state,
        stand=words.stand(incident, now),
        goes_on_as=incident.merged_into or "",
        owner=one_line(incident.owner or UNOWNED, words.LONGEST_NAME),
        why=one_line(incident.why, words.LONGEST_TEXT),
        odds=wording.odds(incident.false_pages_per_week),
        began=wording.began(incident.onset_at, incident.onset_earliest, incident.onset_latest),
        facts=wording.facts(incident.evidence),
        chart=Markup(svg.render(chart)),  # noqa: S704  # our own drawing, its texts escaped there
        wide_chart=Markup(svg.render(chart, width=1160, height=300)),  # noqa: S704
        opened_at=incident.opened_at,
        opened=words.clock(incident.opened_at, now),
        can_acknowledge=incident.state is IncidentState.TRIGGERED,
        can_resolve=incident.state is not IncidentState.RESOLVED,
        assignee=one_line(incident.assignee or "", words.LONGEST_NAME),
        answers=answers_told(incident.answers, incident.reopened_at or incident.opened_at) if incident.answers else "",
        statement=one_line(str(incident.statement), words.LONGEST_TEXT) if incident.statement else "",
        stated=f"{one_line(incident.statement.by, words.LONGEST_NAME)}, {words.clock(incident.statement.at, now)}"
        if incident.statement
        else "",
        harm=tuple(
            (factor.name, f"{words.scored(factor.score)}, weight {factor.weight:g}: {factor.reason}")
            for factor in assess_incident(incident).factors
        ),
        topics=tuple(
            TopicLine(
                part.topic, one_line(part.topic_name, words.LONGEST_NAME), one_line(part.because, words.LONGEST_TEXT)
            )
            for part in incident.parts
        ),
        muted=tuple(one_line(muted.because, words.LONGEST_TEXT) for muted in incident.muted),
        announced=tuple(one_line(line, words.LONGEST_TEXT) for line in incident.announced),
        cases=tuple(one_line(line, words.LONGEST_TEXT) for line in incident.cases),
        playbook=incident.playbook,
    )


def topic_tile(status: TopicStatus, chart: Chart | None) -> TopicTile:
    """The tile of a topic; without a chart it is a line."""
    now, usual = status.per_minute, status.expected_per_minute
    # Both numbers in one unit, so that they can be compared at a glance.
    hourly = max(now or 0.0, usual or 0.0) < 1
    return TopicTile(
        id=status.topic,
        name=one_line(status.name, words.LONGEST_NAME),
        rate="nothing counted yet" if now is None else words.per(now, hourly=hourly),
        expected="still learning" if usual is None else f"usually {words.per(usual, hourly=hourly)}",
        budget=budget(status),
        spark=Markup(svg.sparkline(chart)) if chart else None,  # noqa: S704  # our own drawing
        open_incidents=status.open_incidents,
    )


def moments(entries: Sequence[TimelineEntry], now: datetime) -> tuple[Moment, ...]:
    """What happened, oldest first."""
    return tuple(
        Moment(
            entry.at,
            words.clock(entry.at, now),
            one_line(entry.text, words.LONGEST_TEXT),
            "" if entry.actor == "tocsin" else one_line(entry.actor, words.LONGEST_NAME),
        )
        for entry in entries
    )


def reckonings(decisions: Sequence[Detection], now: datetime) -> tuple[Reckoned, ...]:
    """Every number behind the decisions, of those that opened an episode; at most the last five."""
    opened = [one for one in decisions if one.phase is Phase.OPENED][-MOST_RECKONINGS:]
    return tuple(
        Reckoned(
            one.id, words.clock(one.at, now), tuple((line.strip(), line.startswith(" ")) for line in reckoning(one))
        )
        for one in opened
    )


def told(deliveries: Sequence[Delivery], now: datetime) -> tuple[Told, ...]:
    """Who was told, when, and whether it arrived."""
    return tuple(
        Told(
            delivery.created_at,
            words.clock(delivery.created_at, now),
            words.told(delivery),
            words.arrived(delivery, now),
            delivery.state,
        )
        for delivery in deliveries
    )
