"""`tocsin notices`: what ops announce."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.exits import Exit, complain
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.silences import minutes_of
from alerting.cli.tables import minute, show_json, show_table

app = typer.Typer(help="What ops announce: outages, launches, recalls.", no_args_is_help=True)

NoticeArgument = Annotated[str, typer.Argument(help="The notice's id, `ntc_...`.")]


@app.command("list")
def list_notices(
    over: Annotated[bool, typer.Option("--over", help="Those that are over too.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """List notices, newest first."""
    answer = asked(url, key, "/api/v1/notices", [("over", str(over).lower())])
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            one["state"],
            one["kind"],
            ", ".join(one["topics"]),
            one["expected_multiplier"],
            minute(one["ends_at"]),
            one["owner"],
            one["text"],
        )
        for one in answer["notices"]
    ]
    columns = ("notice", "stands", "kind", "topics", "times usual", "until (UTC)", "owner", "text")
    show_table("Notices", columns, rows, empty="There are none.")


@app.command("show")
def show(notice: NoticeArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """Show one notice and what was done with it, as JSON."""
    show_json(asked(url, key, _path(notice)))


@app.command("add")
def add(
    kind: Annotated[str, typer.Argument(help="expected_rise, outage, recall, launch, campaign or tragedy.")],
    topic: Annotated[list[str], typer.Option("--topic", help="A topic that it touches; repeatable.")],
    text: Annotated[str, typer.Option("--text", help="What it is about; one line.")],
    times: Annotated[float | None, typer.Option("--times", help="So many times the usual is to be expected.")] = None,
    area: Annotated[list[str] | None, typer.Option("--area", help="A region, `DE` or `DE-BE`; repeatable.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Who knows more; without it the key's name.")] = None,
    begins: Annotated[datetime | None, typer.Option("--from", help="From when on, UTC; without it now.")] = None,
    lasts: Annotated[str, typer.Option("--for", help="For how long: `30m`, `2h`, `1d12h`, `2w`.")] = "1d",
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Announce. A rise up to twice the forecast then wakes nobody, unless people are angry."""
    body: dict[str, Any] = {"kind": kind, "topics": topic, "text": text, "area": area or []}
    body |= {"expected_multiplier": times} if times is not None else {}
    body |= {"owner": owner} if owner is not None else {}
    body |= {"starts_at": f"{begins.isoformat()}Z"} if begins is not None else {}
    try:
        body["minutes"] = minutes_of(lasts)
    except ValueError as exc:
        complain(f"--for: {exc}")
        raise SystemExit(Exit.USAGE) from exc

    async def send() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.post("/api/v1/notices", body)

    answer = asyncio.run(send())
    typer.echo(f"{answer['id']} is announced until {minute(answer['ends_at'])} UTC")


@app.command("end")
def end(notice: NoticeArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """It is over, or was wrong. What it kept from paging and is still open pages."""

    async def send() -> None:
        async with ApiClient(url, key) as api:
            await api.delete(_path(notice))

    asyncio.run(send())
    typer.echo(f"{notice} is over")


def _path(notice: str) -> str:
    return f"/api/v1/notices/{quote(notice, safe='')}"
