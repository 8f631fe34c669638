"""`tocsin report`: what there is to say of a week."""

import asyncio
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json

app = typer.Typer(help="Reports, as a client of the API.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Reports, as a client of the API."""


@app.command("weekly")
def weekly(
    week: Annotated[str | None, typer.Option("--week", help="As 2026-W48; without it the last whole week.")] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Where weeks begin, as Europe/Berlin; as the configuration says.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a week's pages, false ones, promises kept and spans, as Markdown."""
    params = [(name, value) for name, value in (("week", week), ("zone", zone)) if value is not None]
    found = asyncio.run(_ask(params, as_json, url, key))
    if isinstance(found, str):
        typer.echo(found, nl=False)
    else:
        show_json(found)


async def _ask(params: list[tuple[str, str]], as_json: bool, url: str | None, key: str | None) -> str | dict[str, Any]:
    path = "/api/v1/reports/weekly"
    async with ApiClient(url, key) as api:
        return await (api.get(path, params) if as_json else api.document(path, params))
