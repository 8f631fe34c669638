"""`tocsin on-call`: who is on call."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_NONE = "The configuration has no schedules."


def on_call(
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="ISO 8601; without a zone it is UTC. Without it now.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who is on call for every schedule, until when, and the next time nobody is, within 90 days."""
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


def _gap(gaps: list[dict[str, Any]]) -> str | None:
    if not gaps:
        return None
    more = f", and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    return f"{minute(gaps[0]['starts_at'])} to {minute(gaps[0]['ends_at'])}{more}"


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter("write it as 2026-01-05T09:00 or 2026-01-05T09:00+01:00", param_hint="--at") from exc
    return at.isoformat() if at.tzinfo is not None else f"{at.isoformat()}+00:00"
