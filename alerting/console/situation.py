"""What people without an account see of an incident: what, how big, since when, what is known; no names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from alerting.charts import svg
from alerting.charts.chart import Chart
from alerting.console import words
from alerting.incidents import wording
from alerting.incidents.model import Incident, IncidentState
from alerting.notifiers.escaping import one_line

_STANDS: Final = {
    IncidentState.TRIGGERED: "nobody works on it yet",
    IncidentState.ACKNOWLEDGED: "being worked on",
    IncidentState.RESOLVED: "over",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """Text, made harmless, and our own drawing."""

    title: str
    severity: str
    level: str
    stand: str
    since: str
    since_at: datetime
    why: str
    facts: tuple[tuple[str, str], ...]
    statement: tuple[tuple[str, str], ...]
    chart: Markup
    wide_chart: Markup
    until: str


def situation(incident: Incident, chart: Chart, now: datetime, *, until: datetime) -> Situation:
    """The view of an incident through a link that ends at `until`."""
    said = incident.statement
    statement: list[tuple[str, str]] = []
    if said is not None:
        statement.append(("Status", one_line(said.status, 500)))
        if said.cause:
            statement.append(("Cause", one_line(said.cause, 500)))
        if said.fixed_at is not None:
            statement.append(("Fixed", f"{words.clock(said.fixed_at, now)} UTC"))
        if said.expected_at is not None:
            statement.append(("Expected to be over", f"{words.clock(said.expected_at, now)} UTC"))
        if said.next_update_at is not None:
            statement.append(("Next update", f"{words.clock(said.next_update_at, now)} UTC"))
        statement.append(("As of", f"{words.clock(said.at, now)} UTC"))
    return Situation(
        title=one_line(incident.title, words.LONGEST_NAME),
        severity=incident.severity.value,
        level=incident.severity.value.lower(),
        stand=_STANDS[incident.state],
        since=words.clock(incident.onset_at, now),
        since_at=incident.onset_at,
        why=one_line(incident.why, words.LONGEST_TEXT),
        facts=wording.facts(incident.evidence),
        statement=tuple(statement),
        chart=Markup(svg.render(chart)),  # noqa: S704  # our own drawing, its texts escaped there
        wide_chart=Markup(svg.render(chart, width=1160, height=300)),  # noqa: S704
        until=words.clock(until, now),
    )
