"""`tocsin topics`: the board."""

import asyncio

from alerting.cli.client import ApiClient
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json, show_table


def topics(url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Show every topic: how loud it is, what is usual, how many pages of its budget are used."""

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
    show_table("Topics", columns, rows, empty="There are no topics; add some under `topics:` in the configuration.")


def _rate(value: object) -> str | None:
    return f"{value:g}" if isinstance(value, int | float) else None
