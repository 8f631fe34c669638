"""`tocsin drafts`: what customers are told first, once comms approved it."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json, show_table

app = typer.Typer(help="What customers are told first, once comms approved it.", no_args_is_help=True)

DraftArgument = Annotated[str, typer.Argument(help="The draft's id, `note_...`.")]
TextOption = Annotated[str | None, typer.Option("--text", help="The words.")]


@app.command("list")
def list_drafts(as_json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List texts for customers, newest first."""
    answer = asked(url, key, "/api/v1/drafts")
    if as_json:
        show_json(answer)
        return
    rows = [
        (one["id"], one["state"], one["notice"], one["text"], one["drafted_by"], one["decided_by"])
        for one in answer["drafts"]
    ]
    columns = ("draft", "stands", "notice", "text", "drafted by", "decided by")
    show_table("Drafts", columns, rows, empty="There are none.")


@app.command("add")
def add(
    notice: Annotated[str, typer.Argument(help="The notice that it is about, `ntc_...`.")],
    text: TextOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Draft a text about a notice; without --text what the notice says."""
    _post(f"/api/v1/notices/{quote(notice, safe='')}/drafts", text, url, key)


@app.command("approve")
def approve(draft: DraftArgument, text: TextOption = None, url: UrlOption = None, key: KeyOption = None) -> None:
    """Comms approve it, as it stands or in other words: whoever writes to customers is told."""
    _post(f"/api/v1/drafts/{quote(draft, safe='')}/approve", text, url, key)


@app.command("discard")
def discard(draft: DraftArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """It is not sent."""
    _post(f"/api/v1/drafts/{quote(draft, safe='')}/discard", None, url, key)


def _post(path: str, text: str | None, url: str | None, key: str | None) -> None:
    async def send() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.post(path, {} if text is None else {"text": text})

    answer = asyncio.run(send())
    typer.echo(f"{answer['id']} is {answer['state']}")
