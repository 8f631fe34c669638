"""`tocsin contacts`: what the contact centre hears."""

import asyncio
import csv
import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from alerting.cli.client import ApiClient
from alerting.cli.exits import Exit, complain
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_AT_ONCE: Final = 1_000
_SHOWN: Final = 5

app = typer.Typer(help="What the contact centre hears: calls, chats, mails by reason.", no_args_is_help=True)


@app.command("send")
def send(
    file: Annotated[Path, typer.Argument(help="Contacts; .jsonl, .ndjson or .csv, each also with .gz.")],
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Send the contacts of FILE: `opened_at`, `reason`, and what else a contact may say, one a line or row."""
    try:
        accepted, rejected = asyncio.run(_sent(file, url, key))
    except (OSError, UnicodeError, csv.Error) as exc:
        complain(f"{file} cannot be read: {exc}")
        raise SystemExit(Exit.FAILED) from exc
    typer.echo(f"{accepted} contacts sent, {len(rejected)} refused")
    for line, reason in rejected[:_SHOWN]:
        complain(f"contact {line}: {reason}")
    if rejected and not accepted:
        raise SystemExit(Exit.FAILED)


@app.command("list")
def list_contacts(as_json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List what the contact centre hears by reason, the most unusual first, and what only it hears."""

    async def ask() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.get("/api/v1/contacts")

    answer = asyncio.run(ask())
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["reason"],
            one["brand"],
            one["contacts_last_hour"],
            one["expected_last_hour"],
            minute(one["rising_since"]),
            "belongs to no open incident" if one["calls_only"] else None,
        )
        for one in answer["reasons"]
    ]
    columns = ("reason", "brand", "last hour", "usual", "rising since (UTC)", "")
    show_table("Contacts", columns, rows, empty="No contact was ever heard.")


async def _sent(file: Path, url: str | None, key: str | None) -> tuple[int, list[tuple[int, str]]]:
    accepted, begun = 0, 0
    rejected: list[tuple[int, str]] = []
    async with ApiClient(url, key) as api:
        found = _contacts(file)
        while batch := list(islice(found, _AT_ONCE)):
            answer = await api.post_some("/api/v1/contacts", batch)
            accepted += answer.get("accepted", 0)
            rejected += [(begun + one["index"] + 1, one["reason"]) for one in answer["rejected"]]
            begun += len(batch)
    return accepted, rejected


def _contacts(file: Path) -> Iterator[Any]:
    """Each line or row as JSON has it; what is no JSON goes as a text, for the API to refuse."""
    opened = gzip.open if file.suffix == ".gz" else open
    kind = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    with opened(file, "rt", encoding="utf-8-sig", newline="") as stream:
        if kind == ".csv":
            for row in csv.DictReader(stream):
                known = {name: value for name, value in row.items() if name and value}
                count = known.get("count")
                yield known | ({"count": int(count)} if isinstance(count, str) and count.isdecimal() else {})
            return
        for line in stream:
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError:
                    yield line[:100]
