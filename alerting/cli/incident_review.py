"""`tocsin incidents review`: what is known of an incident afterwards."""

import asyncio
from typing import Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.incident_work import IncidentArgument
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json


def review_incident(
    incident: IncidentArgument, url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Print what is known of an incident afterwards, as Markdown: how long each step took, whether the fix held."""
    found = asyncio.run(_ask(f"/api/v1/incidents/{incident}/review", as_json, url, key))
    if isinstance(found, str):
        typer.echo(found, nl=False)
    else:
        show_json(found)


async def _ask(path: str, as_json: bool, url: str | None, key: str | None) -> str | dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await (api.get(path) if as_json else api.document(path))
