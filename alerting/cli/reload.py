"""`tocsin reload`: have a running Tocsin read its configuration anew."""

import asyncio
from typing import Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import KeyOption, UrlOption


def reload(url: UrlOption = None, key: KeyOption = None) -> None:
    """Have a running Tocsin take its configuration file as it is now into force: all of it, or nothing.

    Needs an admin's key. Reload every process that alerts; a SIGHUP to it does the same.
    """

    async def ask() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.post("/-/reload")

    changed = asyncio.run(ask())["changed"]
    typer.echo(f"in force, changed: {', '.join(changed)}" if changed else "in force, nothing changed")
