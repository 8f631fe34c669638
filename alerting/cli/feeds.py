"""`tocsin feeds`: which feeds are silent."""

import asyncio
from typing import Any

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_NONE = "No feed is known to be silent."


def feeds(url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show every platform and source partition that is silent now, since when, and its incident."""

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
            feed["state"],
            minute(feed["silent_since"]),
            None if feed["expected"] is None else f"{feed['expected']:.0f}",
            feed["incident"],
            feed["incident_state"],
            feed["acknowledged_by"],
        )
        for feed in found
    ]
    columns = ("feed", "state", "silent since (UTC)", "expected until told", "incident", "is", "acknowledged by")
    show_table("Silent feeds", columns, rows, empty=_NONE)
