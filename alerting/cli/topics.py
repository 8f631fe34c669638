"""`tocsin topics`: the board, and topics declared through the API."""

import asyncio
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json, show_table

_NONE = "There are no topics; add some under `topics:` in the configuration, or with `tocsin topics put`."

app = typer.Typer(help="Show every topic, and declare topics, as a client of the API.")

TopicArgument = Annotated[str, typer.Argument(help="The topic's id.")]
RevisionOption = Annotated[str | None, typer.Option("--revision", help="Refuse if it is at another one by now.")]


@app.callback(invoke_without_command=True)
def topics(context: typer.Context, url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show every topic: how loud it is, what is usual, how many pages of its budget are used."""
    if context.invoked_subcommand is not None:
        return

    async def ask() -> list[dict[str, object]]:
        async with ApiClient(url, key) as api:
            answer = await api.get("/api/v1/topics")
        return list(answer["topics"])

    found = asyncio.run(ask())
    if as_json:
        show_json(found)
        return
    rows = [
        (
            topic["id"],
            topic["name"],
            topic.get("owner") or "unowned",
            _rate(topic.get("per_minute")),
            _rate(topic.get("expected_per_minute")),
            topic.get("open_incidents", 0),
            topic.get("pages_this_week", 0),
            _rate(topic.get("pages_per_week")),
        )
        for topic in found
    ]
    columns = ("topic", "name", "owner", "per minute", "usual", "open", "pages this week", "budget")
    show_table(
        "Topics",
        columns,
        rows,
        empty=_NONE,
    )


@app.command("show")
def show(topic: TopicArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """Show how a topic is declared, by whom and at which revision, as JSON."""

    async def ask() -> dict[str, object]:
        async with ApiClient(url, key) as api:
            return await api.get(_path(topic))

    show_json(asyncio.run(ask()))


@app.command("put")
def put(
    topic: TopicArgument,
    query: Annotated[str, typer.Option(help="Which mentions belong to it.")],
    name: Annotated[str | None, typer.Option(help="What people read; without it the id.")] = None,
    brand: Annotated[str | None, typer.Option(help="The first word of a page.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who can fix what is said here.")] = None,
    parent: Annotated[str | None, typer.Option(help="The topic that it is a part of.")] = None,
    pages_per_week: Annotated[float | None, typer.Option(help="False pages a week accepted for it.")] = None,
    collecting_since: Annotated[datetime | None, typer.Option(help="UTC; collected without a gap since then.")] = None,
    revision: RevisionOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Declare a topic, new or changed; it counts within seconds. Topics of the configuration file are changed there."""
    given = {
        "name": name or topic,
        "query": query,
        "brand": brand,
        "owner": owner,
        "parent": parent,
        "pages_per_week": pages_per_week,
        "collecting_since": None if collecting_since is None else f"{collecting_since.isoformat()}Z",
    }

    async def send() -> dict[str, object]:
        async with ApiClient(url, key) as api:
            return await api.put(_path(topic), given, revision=revision)

    declared = asyncio.run(send())
    typer.echo(f"{declared['id']} is declared, revision {declared['revision']}")


@app.command("remove")
def remove(topic: TopicArgument, revision: RevisionOption = None, url: UrlOption = None, key: KeyOption = None) -> None:
    """Track a topic no more. Topics of the configuration file end there."""

    async def send() -> None:
        async with ApiClient(url, key) as api:
            await api.delete(_path(topic), revision=revision)

    asyncio.run(send())
    typer.echo(f"{topic} is removed")


def _path(topic: str) -> str:
    return f"/api/v1/topics/{quote(topic, safe='')}"


def _rate(value: object) -> str | None:
    if not isinstance(value, int | float):
        return None
    return "<0.01" if 0 < value < 0.01 else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
