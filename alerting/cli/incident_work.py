"""The acts of `tocsin incidents` beside acknowledging and resolving."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import KeyOption, UrlOption
from streams.clock import SystemClock

IncidentArgument = Annotated[str, typer.Argument(help="The incident's id, `inc_...`.")]
CommentOption = Annotated[str | None, typer.Option("--comment", help="One line for the timeline.")]
InMinutes = Annotated[float | None, typer.Option(min=1, help="In how many minutes from now.")]


def assign(
    incident: IncidentArgument,
    to: Annotated[str, typer.Argument(help="Whom to give it to.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Give it to somebody; they still have to acknowledge."""
    _act("POST", f"{incident}/assign", {"to": to, "comment": comment}, url, key)


def comment(
    incident: IncidentArgument,
    text: Annotated[str, typer.Argument(help="One line.")],
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Add a line to the timeline."""
    _act("POST", f"{incident}/comment", {"text": text}, url, key)


def snooze(
    incident: IncidentArgument,
    minutes: Annotated[float, typer.Argument(min=1, max=10_080, help="For how long.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Hear nothing of its growth for so long; it pages again then, and at once if it gets worse."""
    _act("POST", f"{incident}/snooze", {"until": _in(minutes), "comment": comment}, url, key)


def pass_on(
    incident: IncidentArgument,
    to: Annotated[str | None, typer.Option("--to", help="The owner it should have been with.")] = None,
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Not mine: it is triggered again, and the new owner is paged where a route leads to them."""
    _act("POST", f"{incident}/pass", {"to": to, "comment": comment}, url, key)


def hand_over(
    incident: IncidentArgument,
    to: Annotated[str, typer.Argument(help="A person of the configuration.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Give it to somebody who is called now and has to acknowledge; after them whoever is called anyway."""
    _act("POST", f"{incident}/hand-over", {"to": to, "comment": comment}, url, key)


def state(
    incident: IncidentArgument,
    status: Annotated[str, typer.Argument(help="What is known and being done, one line.")],
    cause: Annotated[str | None, typer.Option("--cause", help="Why it happens.")] = None,
    over_in: InMinutes = None,
    next_update_in: InMinutes = None,
    fixed_ago: Annotated[float | None, typer.Option(min=0, help="Minutes ago it was mended; 0 for now.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Say what is known, for everybody: it stands on every message from now on."""
    body = {"status": status, "cause": cause, "expected_at": _in(over_in), "next_update_at": _in(next_update_in)}
    body["fixed_at"] = None if fixed_ago is None else _in(-fixed_ago)
    _act("PUT", f"{incident}/statement", body, url, key)


def merge(
    incident: IncidentArgument,
    into: Annotated[str, typer.Argument(help="The other incident; the older of the two lives.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Make one incident of two that are the same event."""
    _act("POST", f"{incident}/merge", {"into": into, "comment": comment}, url, key)


def split(
    incident: IncidentArgument,
    topic: Annotated[list[str], typer.Argument(help="The topics that are an event of their own.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Give some of its topics an incident of their own, which pages."""
    _act("POST", f"{incident}/split", {"topics": topic, "comment": comment}, url, key)


def add_to(app: typer.Typer) -> None:
    """Make them commands of `app`."""
    for name, command in (
        ("assign", assign),
        ("comment", comment),
        ("snooze", snooze),
        ("pass", pass_on),
        ("hand-over", hand_over),
        ("state", state),
        ("merge", merge),
        ("split", split),
    ):
        app.command(name)(command)


def _in(minutes: float | None) -> str | None:
    return None if minutes is None else (SystemClock().now() + timedelta(minutes=minutes)).isoformat()


def _act(method: str, path: str, body: dict[str, Any], url: str | None, key: str | None) -> None:
    given = {name: value for name, value in body.items() if value is not None}
    answer = asyncio.run(_send(method, f"/api/v1/incidents/{path}", given, url, key))
    typer.echo(f"{answer['id']} is {answer['state']}")


async def _send(method: str, path: str, body: dict[str, Any], url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await (api.put(path, body) if method == "PUT" else api.post(path, body))
