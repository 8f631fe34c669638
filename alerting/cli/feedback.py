"""`tocsin feedback`: what people say of pages."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient
from alerting.cli.exits import Exit, complain
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

app = typer.Typer(help="What people say of pages: false alarms, and what was missed.", no_args_is_help=True)

TopicArgument = Annotated[str, typer.Argument(help="The topic's id.")]


@app.command("list")
def list_feedback(
    topic: TopicArgument, url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """List the verdicts that count for a topic, and what they do to its odds."""
    _show(asyncio.run(_ask("GET", topic, "", None, url, key)), as_json)


@app.command("add")
def add(
    topic: TopicArgument,
    incident: Annotated[
        str | None, typer.Option("--false-alarm", help="The incident that was none, `inc_...`.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option("--missed-from", help="Something was missed from here on, UTC.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--missed-to", help="Up to here, UTC.")] = None,
    note: Annotated[str, typer.Option("--note", help="One line.")] = "",
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that an incident was a false alarm, or that something was missed."""
    missed = start is not None and end is not None
    if (incident is None) == (not missed) or (incident is not None and (start or end)):
        complain("say --false-alarm INCIDENT, or --missed-from and --missed-to")
        raise SystemExit(Exit.USAGE)
    body: dict[str, Any] = {"verdict": "missed" if missed else "false_alarm", "note": note}
    body |= {"incident": incident} if incident is not None else {"start": _utc(start), "end": _utc(end)}
    _show(asyncio.run(_ask("POST", topic, "", body, url, key)), as_json)


@app.command("remove")
def remove(
    topic: TopicArgument,
    feedback: Annotated[str, typer.Argument(help="The verdict's id, `fb_...`.")],
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a verdict: the topic's odds are as if it had never been said."""
    _show(asyncio.run(_ask("DELETE", topic, f"/{quote(feedback, safe='')}", None, url, key)), as_json)


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=UTC).isoformat()


async def _ask(
    method: str, topic: str, tail: str, body: dict[str, Any] | None, url: str | None, key: str | None
) -> dict[str, Any]:
    path = f"/api/v1/topics/{quote(topic, safe='')}/feedback{tail}"
    async with ApiClient(url, key) as api:
        if method == "GET":
            return await api.get(path)
        return await (api.post(path, body) if method == "POST" else api.delete(path))


def _show(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            one["verdict"].replace("_", " "),
            one["incident"] or f"{minute(one['start'])} to {minute(one['end'])}",
            minute(one["at"]),
            one["by"],
            one["note"],
        )
        for one in answer["feedback"]
    ]
    title = f"{answer['topic']}: {answer['effect']}"
    columns = ("verdict", "is", "of", "said (UTC)", "by", "note")
    show_table(title, columns, rows, empty=f"Nobody has said anything of {answer['topic']}'s pages.")
