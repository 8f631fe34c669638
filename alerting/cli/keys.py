"""`tocsin keys`: who may come in, and for what."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.access import Role
from alerting.cli.client import ApiClient, asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

app = typer.Typer(help="Keys for the API and the console. All of it needs an admin's key.", no_args_is_help=True)


@app.command("list")
def list_keys(as_json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List the keys that were issued, newest first; those of the configuration are not among them."""
    answer = asked(url, key, "/api/v1/keys")
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            one["name"],
            one["role"],
            ", ".join(one["brands"]) or "all",
            "revoked" if one["revoked_at"] else _time(one["expires_at"]),
            _time(one["last_used_at"]),
            one["created_by"],
        )
        for one in answer["keys"]
    ]
    columns = ("key", "name", "role", "brands", "until (UTC)", "last used (UTC)", "issued by")
    show_table("Keys", columns, rows, empty="None was issued.")


@app.command("issue")
def issue(
    name: Annotated[str, typer.Argument(help="Whose it is: a person, or the program that uses it.")],
    role: Annotated[Role, typer.Option("--role", help="What it is good for.")] = Role.VIEWER,
    brands: Annotated[
        list[str] | None, typer.Option("--brand", help="Sees this brand alone; repeat it. Without it everything.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Until when, UTC; without it for ever.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Issue a key and print it. Nobody can read it later."""
    body: dict[str, Any] = {"name": name, "role": role.value, "brands": brands or []}
    if until is not None:
        body["expires_at"] = f"{until.isoformat()}Z"

    async def send() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.post("/api/v1/keys", body)

    typer.echo(asyncio.run(send())["key"])


@app.command("revoke")
def revoke(
    keys: Annotated[list[str], typer.Argument(help="Ids of keys, as `list` shows them.")],
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Revoke keys: within a second they open nothing, nor do sessions that began with them."""

    async def send() -> None:
        async with ApiClient(url, key) as api:
            for one in keys:
                await api.delete(f"/api/v1/keys/{quote(one, safe='')}")
                typer.echo(f"{one} is revoked")

    asyncio.run(send())


def _time(text: str | None) -> str:
    return (minute(text) or text) if text else "never"
