"""`tocsin incidents`: read and work on incidents through the API."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.incident_own_part import show_own_part
from alerting.cli.incident_review import review_incident
from alerting.cli.incident_why import facts_of_others, show_why
from alerting.cli.incident_work import IncidentArgument, add_to
from alerting.cli.matchers import checked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table
from alerting.incidents.model import Severity

app = typer.Typer(help="Read and work on incidents, as a client of the API.", no_args_is_help=True)

add_to(app)
app.command("review")(review_incident)


class StateChoice(StrEnum):
    """What the API lists; `active` is triggered and acknowledged."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACTIVE = "active"
    ALL = "all"


StateOption = Annotated[
    list[StateChoice] | None, typer.Option("--state", help="Only these; `active` is triggered and acknowledged.")
]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="Only this topic; may be repeated.")]
SeverityOption = Annotated[
    list[Severity] | None, typer.Option("--severity", case_sensitive=False, help="Only this one; may be repeated.")
]
FilterOption = Annotated[
    list[str] | None, typer.Option("--filter", help="Only where this matcher holds, `owner=~pay.*`; may be repeated.")
]


@app.command("list")
def list_incidents(
    state: StateOption = None,
    topic: TopicOption = None,
    severity: SeverityOption = None,
    matchers: FilterOption = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List incidents, newest first; without --state those that are not resolved."""
    checked(matchers or ())
    params = [("limit", str(limit))]
    params += [("state", value) for value in state or []]
    params += [("topic", value) for value in topic or []]
    params += [("severity", value) for value in severity or []]
    params += [("filter", value) for value in matchers or []]
    answer = asyncio.run(_get("/api/v1/incidents", params, url, key))
    if as_json:
        show_json(answer)
        return
    rows = [
        (found["id"], found["severity"], found["state"], minute(found["opened_at"]), found["topic"], found["title"])
        for found in answer["incidents"]
    ]
    show_table(
        "Incidents", ("id", "severity", "state", "opened (UTC)", "topic", "title"), rows, empty="No such incidents."
    )
    if answer.get("next_cursor"):
        typer.echo(f"There are more; the newest {limit} are shown.")


@app.command("show")
def show_incident(
    incident: IncidentArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one incident with its timeline and who was told."""
    found = asyncio.run(_get(f"/api/v1/incidents/{incident}", [], url, key))
    if as_json:
        show_json(found)
        return
    facts = [(name, found.get(name)) for name in ("id", "severity", "state", "topic", "owner", "title", "why")]
    facts += [(f"{name}, UTC", minute(found.get(f"{name}_at"))) for name in ("onset", "opened")]
    if found.get("onset_earliest") and found.get("onset_latest"):
        between = f"{minute(found['onset_earliest'])} and {minute(found['onset_latest'])}"
        facts += [("onset between, UTC", between)]
    facts += [(name, found.get(name)) for name in ("assignee", "acknowledged_by", "resolved_by", "merged_into")]
    facts += [("snoozed until, UTC", minute(found.get("snoozed_until")))]
    if answers := found.get("answers"):
        left, asked = answers["asked"] - answers["answered"], answers["asked"]
        typer.echo(f"{left} of {asked} sampled mentions unanswered in public")
    if stated := found.get("statement"):
        facts += [("status", stated["status"]), ("cause", stated["cause"])]
        facts += [(name.replace("_", " "), minute(stated[f"{name}_at"])) for name in ("expected", "next_update")]
    for promise in found.get("promises", []):
        kept = f"kept {minute(promise['kept_at'])}" if promise["kept_at"] else "open"
        late = ", overdue" if promise["overdue"] else ""
        facts += [(f"to {promise['promise']}", f"by {minute(promise['due_at'])}, {kept}{late}")]
    show_table("Incident", ("", ""), facts, empty="")
    facts_of_others(found)
    show_why(found)
    show_own_part(found)
    harm = [
        (factor["name"], factor["weight"], _scored(factor["score"]), factor["reason"])
        for factor in found.get("factors", [])
    ]
    show_table(f"\nHarm {found.get('harm')} of 12", ("factor", "weight", "score of 3", "because"), harm, empty="")
    parts = [(part["topic"], part["reason"], part["because"]) for part in found.get("parts", [])]
    if len(parts) > 1:
        show_table("\nOne event in these topics", ("topic", "reason", "because"), parts, empty="")
    happened = [(minute(entry["at"]), entry["actor"], entry["text"]) for entry in found.get("timeline", [])]
    show_table("\nWhat happened", ("at (UTC)", "who", "what"), happened, empty="")
    told = [
        (
            entry["receiver"],
            entry["notifier"],
            entry.get("detail"),
            entry["change"],
            entry["state"],
            entry.get("reason"),
        )
        for entry in found.get("deliveries", [])
    ]
    show_table(
        "\nWho was told", ("receiver", "by", "where", "of", "state", "reason"), told, empty="\nNobody was told yet."
    )


@app.command("ack")
def acknowledge(incident: IncidentArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """Acknowledge: I have it, stop paging others."""
    answer = asyncio.run(_post(f"/api/v1/incidents/{incident}/acknowledge", url, key))
    typer.echo(f"{answer['id']} is {answer['state']}")


@app.command("resolve")
def resolve(incident: IncidentArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """Resolve: it is over."""
    answer = asyncio.run(_post(f"/api/v1/incidents/{incident}/resolve", url, key))
    typer.echo(f"{answer['id']} is {answer['state']}")


def _scored(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.1f}"


async def _get(path: str, params: list[tuple[str, str]], url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await api.get(path, params)


async def _post(path: str, url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await api.post(path)
