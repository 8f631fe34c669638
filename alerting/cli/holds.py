"""`tocsin holds`: scheduled posts that are not to go out for a while."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

app = typer.Typer(help="Scheduled posts that are not to go out for a while.", no_args_is_help=True)

HoldArgument = Annotated[str, typer.Argument(help="The hold's id, `hold_...`.")]
HoursOption = Annotated[float | None, typer.Option("--hours", min=0.1, max=168, help="For so long.")]


@app.command("list")
def list_holds(as_json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List holds, newest first."""
    answer = asked(url, key, "/api/v1/post-holds")
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            one["state"],
            ", ".join(one["topics"]) or "anything",
            ", ".join(one["area"]) or "everywhere",
            minute(one["ends_at"]),
            one["reason"],
            "; ".join(f"{errand['event']} {errand['state']}" for errand in one["errands"]),
        )
        for one in answer["holds"]
    ]
    columns = ("hold", "stands", "topics", "area", "until (UTC)", "reason", "told")
    show_table("Holds", columns, rows, empty="There are none.")


@app.command("propose")
def propose(
    reason: Annotated[str, typer.Option("--reason", help="Why; one line.")],
    topic: Annotated[list[str] | None, typer.Option("--topic", help="A topic; repeatable. Without: any.")] = None,
    area: Annotated[list[str] | None, typer.Option("--area", help="A region; repeatable. Without: everywhere.")] = None,
    hours: HoursOption = None,
    incident: Annotated[str | None, typer.Option("--incident", help="The incident that it is about.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Propose to hold posts. Nothing is held before somebody confirms it."""
    body: dict[str, Any] = {"reason": reason, "topics": topic or [], "area": area or []}
    body |= {"hours": hours} if hours is not None else {}
    body |= {"incident": incident} if incident is not None else {}
    answer = asyncio.run(_post("/api/v1/post-holds", body, url, key))
    typer.echo(f"{answer['id']} is {answer['state']}")


@app.command("confirm")
def confirm(hold: HoldArgument, hours: HoursOption = None, url: UrlOption = None, key: KeyOption = None) -> None:
    """Hold them: whoever publishes is told at once."""
    _act(hold, "confirm", {} if hours is None else {"hours": hours}, url, key)


@app.command("refuse")
def refuse(hold: HoldArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """They go out as planned."""
    _act(hold, "refuse", {}, url, key)


@app.command("release")
def release(hold: HoldArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """They may go out again."""
    _act(hold, "release", {}, url, key)


def _act(hold: str, act: str, body: dict[str, Any], url: str | None, key: str | None) -> None:
    answer = asyncio.run(_post(f"/api/v1/post-holds/{quote(hold, safe='')}/{act}", body, url, key))
    typer.echo(f"{answer['id']} is {answer['state']} until {minute(answer['ends_at'])} UTC")


async def _post(path: str, body: dict[str, Any], url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await api.post(path, body)
