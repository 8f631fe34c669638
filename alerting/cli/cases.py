"""`tocsin cases`: tickets and calls of the traditional channel."""

import asyncio
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json, show_table

app = typer.Typer(help="Tickets and calls of the traditional channel.", no_args_is_help=True)

IncidentOption = Annotated[str | None, typer.Option("--incident", help="An incident, `inc_...`.")]
MentionOption = Annotated[str | None, typer.Option("--mention", help="A single mention, `platform:id`.")]


@app.command("list")
def list_cases(
    incident: IncidentOption = None,
    mention: MentionOption = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """List links to cases, newest first."""
    wanted = [(name, value) for name, value in (("incident", incident), ("mention", mention)) if value is not None]

    answer = asked(url, key, "/api/v1/cases", wanted)
    if as_json:
        show_json(answer)
        return
    rows = [
        (one["system"], one["case"], one["incident"] or one["mention"], one["thread"], one["status"], one["url"])
        for one in answer["cases"]
    ]
    columns = ("system", "case", "belongs to", "thread", "says", "url")
    show_table("Cases", columns, rows, empty="There are none.")


@app.command("link")
def link(
    system: Annotated[str, typer.Argument(help="As people call it: `zendesk`.")],
    case: Annotated[str, typer.Argument(help="The case's id there.")],
    incident: IncidentOption = None,
    mention: MentionOption = None,
    thread: Annotated[str | None, typer.Option("--thread", help="The conversation's id; without it a new one.")] = None,
    page: Annotated[str | None, typer.Option("--page", help="Where people find the case.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Link a ticket or a call to an incident or a mention; the ticket system is told with the thread's id."""
    given = {"incident": incident, "mention": mention, "thread": thread, "url": page}
    body = {"system": system, "case": case} | {name: value for name, value in given.items() if value is not None}

    async def send() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.post("/api/v1/cases", body)

    answer = asyncio.run(send())
    typer.echo(f"{answer['system']} {answer['case']} is linked, thread {answer['thread']}")
