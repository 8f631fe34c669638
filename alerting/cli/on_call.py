"""`tocsin on-call`: who is on call, and who takes over."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_NONE = "The configuration has no schedules."

app = typer.Typer(help="Who is on call, and who takes over.", invoke_without_command=True)


@app.callback()
def on_call(
    context: typer.Context,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="ISO 8601; without a zone it is UTC. Without it now.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who is on call for every schedule, until when, and the next time nobody is, within 90 days."""
    if context.invoked_subcommand is not None:
        return
    asked = [] if at is None else [("at", _moment(at))]

    async def ask() -> list[dict[str, Any]]:
        async with ApiClient(url, key) as api:
            answer = await api.get("/api/v1/on-call", asked)
        return list(answer["schedules"])

    found = asyncio.run(ask())
    if as_json:
        show_json(found)
        return
    rows = [
        (
            schedule["schedule"],
            ", ".join(schedule["people"]) or ("nobody" if schedule["known"] else "not known"),
            minute(schedule["until"]),
            ", ".join(schedule["owners"]) or None,
            _gap(schedule["gaps"]),
            minute(schedule["read_at"]),
            schedule["problem"],
        )
        for schedule in found
    ]
    columns = ("schedule", "on call", "until (UTC)", "for", "nobody is (UTC)", "read at (UTC)", "problem")
    show_table("On call", columns, rows, empty=_NONE)


@app.command("cover")
def cover(
    schedule: Annotated[str, typer.Argument(help="The schedule's name.")],
    person: Annotated[str, typer.Argument(help="Who takes over; somebody who can be called.")],
    instead_of: Annotated[
        str | None, typer.Option("--for", metavar="PERSON", help="Whose turns. Without it everybody's, and gaps.")
    ] = None,
    starts_at: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="ISO 8601; without a zone it is UTC. Without it now.")
    ] = None,
    ends_at: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Likewise. Without it the end of the shift.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line.")] = "",
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Take a shift over, or pass it on: from now until its end, or within the times that are given."""
    body = {
        "schedule": schedule,
        "person": person,
        "instead_of": instead_of,
        "starts_at": None if starts_at is None else _moment(starts_at, "--from"),
        "ends_at": None if ends_at is None else _moment(ends_at, "--until"),
        "reason": reason,
    }

    taken = asked(url, key, "/api/v1/on-call/covers", body=body)
    whose = f" for {taken['instead_of']}" if taken["instead_of"] else ""
    times = f"from {minute(taken['starts_at'])} until {minute(taken['ends_at'])} UTC"
    typer.echo(f"{taken['id']}: {taken['person']} takes {taken['schedule']}{whose} {times}")


@app.command("covers")
def covers(as_json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List what was handed over, newest first."""
    answer = asked(url, key, "/api/v1/on-call/covers")
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            one["schedule"],
            one["person"],
            one["instead_of"] or "everybody",
            minute(one["starts_at"]),
            minute(one["ends_at"]),
            one["author"],
            one["reason"],
        )
        for one in answer["covers"]
    ]
    columns = ("cover", "schedule", "who", "for", "from (UTC)", "until (UTC)", "said by", "why")
    show_table("Handed over", columns, rows, empty="Nothing was handed over.")


@app.command("end")
def end(
    cover_id: Annotated[str, typer.Argument(metavar="COVER", help="Its id, `cov_...`.")],
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """End a hand-over: the schedule counts again from now on."""

    async def ask() -> dict[str, Any]:
        async with ApiClient(url, key) as api:
            return await api.delete(f"/api/v1/on-call/covers/{quote(cover_id, safe='')}")

    over = asyncio.run(ask())
    typer.echo(f"{over['id']} ended {minute(over['ends_at'])} UTC")


def _gap(gaps: list[dict[str, Any]]) -> str | None:
    if not gaps:
        return None
    more = f", and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    return f"{minute(gaps[0]['starts_at'])} to {minute(gaps[0]['ends_at'])}{more}"


def _moment(text: str, option: str = "--at") -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter("write it as 2026-01-05T09:00 or 2026-01-05T09:00+01:00", param_hint=option) from exc
    return at.isoformat() if at.tzinfo is not None else f"{at.isoformat()}+00:00"
