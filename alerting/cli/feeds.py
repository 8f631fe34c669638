"""`tocsin feeds`: every feed, and whether it delivers."""

import asyncio
from typing import Any

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_NONE = "No feed is known yet: the first report comes with the first full minute of mentions."


def feeds(url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show every platform and source partition: whether it delivers, how much, and the incident if it is silent."""

    async def ask() -> list[dict[str, Any]]:
        async with ApiClient(url, key) as api:
            answer = await api.get("/api/v1/feeds")
        return list(answer["feeds"])

    found = asyncio.run(ask())
    if as_json:
        show_json(found)
        return
    rows = [
        (
            feed["name"],
            feed["state"] + (f", {feed['acknowledged_by']} has it" if feed["acknowledged_by"] else ""),
            _rate(feed["per_minute"]),
            _rate(feed["usual_per_minute"]) or ("learning" if feed["watched"] is False else None),
            minute(feed["silent_since"] or feed["last_arrival"]),
            _behind(feed),
            feed["incident"],
        )
        for feed in found
    ]
    columns = ("feed", "state", "a minute", "usual", "last heard (UTC)", "behind", "incident")
    show_table("Feeds", columns, rows, empty=_NONE)


def _rate(per_minute: float | None) -> str | None:
    if per_minute is None:
        return None
    return f"{per_minute:,.0f}" if per_minute >= 10 else f"{per_minute:.2g}"


def _behind(feed: dict[str, Any]) -> str | None:
    """How far a partition is behind; what waits in it, where this process reads it."""
    parts = [] if feed["behind_seconds"] is None else [f"{feed['behind_seconds']:.0f} s"]
    if feed["lag_records"] is not None:
        parts.append(f"{feed['lag_records']:,} records")
    return ", ".join(parts) or None
