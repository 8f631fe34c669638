"""The acts of `tocsin incidents` beside acknowledging and resolving."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import typer

from alerting.cli.client import ApiClient
from alerting.cli.options import KeyOption, UrlOption
from alerting.cli.tables import minute
from alerting.notifiers.escaping import escape_terminal
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
    answer = _act("POST", f"{incident}/assign", {"to": to, "comment": comment}, url, key)
    _tell(answer, f"given to {answer['assignee']}")


def comment(
    incident: IncidentArgument,
    text: Annotated[str, typer.Argument(help="One line.")],
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Add a line to the timeline."""
    _tell(_act("POST", f"{incident}/comment", {"text": text}, url, key), "your line stands in its timeline")


def snooze(
    incident: IncidentArgument,
    minutes: Annotated[float, typer.Argument(min=1, max=10_080, help="For how long.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Hear nothing of its growth for so long; it pages again then, and at once if it gets worse."""
    answer = _act("POST", f"{incident}/snooze", {"until": _in(minutes), "comment": comment}, url, key)
    until = minute(answer["snoozed_until"])
    _tell(answer, f"snoozed until {until} UTC: it pages again then, and at once if it gets worse")


def pass_on(
    incident: IncidentArgument,
    to: Annotated[str | None, typer.Option("--to", help="The owner it should have been with.")] = None,
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Not mine: it is triggered again, and the new owner is paged where a route leads to them."""
    answer = _act("POST", f"{incident}/pass", {"to": to, "comment": comment}, url, key)
    _tell(answer, f"passed on to {answer['owner'] or 'nobody: no owner is known'}")


def hand_over(
    incident: IncidentArgument,
    to: Annotated[str, typer.Argument(help="A person of the configuration.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Give it to somebody who is called now and has to acknowledge; after them whoever is called anyway."""
    _tell(_act("POST", f"{incident}/hand-over", {"to": to, "comment": comment}, url, key), f"{to} is called now")


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
    answer = _act("PUT", f"{incident}/statement", body, url, key)
    _tell(answer, *_stated(answer["statement"]))


def merge(
    incident: IncidentArgument,
    into: Annotated[str, typer.Argument(help="The other incident; the older of the two lives.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Make one incident of two that are the same event."""
    answer = _act("POST", f"{incident}/merge", {"into": into, "comment": comment}, url, key)
    _tell(answer, f"goes on with the topics of both: {', '.join(answer['topics'])}")


def split(
    incident: IncidentArgument,
    topic: Annotated[list[str], typer.Argument(help="The topics that are an event of their own.")],
    comment: CommentOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Give some of its topics an incident of their own, which pages."""
    answer = _act("POST", f"{incident}/split", {"topics": topic, "comment": comment}, url, key)
    _tell(answer, f"an incident of its own now, of {', '.join(answer['topics'])}")


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


def _act(method: str, path: str, body: dict[str, Any], url: str | None, key: str | None) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if value is not None}
    return asyncio.run(_send(method, f"/api/v1/incidents/{path}", given, url, key))


def _tell(answer: dict[str, Any], *done: str) -> None:
    """What came of it: what was done, line by line, beneath how the incident stands."""
    stands = f"{answer['id']} is {answer['state']}, {answer['severity']}: {answer['title']}"
    typer.echo("\n  ".join(escape_terminal(line) for line in (stands, *done)))


def _stated(statement: dict[str, Any]) -> list[str]:
    """A statement as everybody is told it."""
    lines = [f"status: {statement['status']}"]
    lines += [f"cause: {statement['cause']}"] if statement["cause"] else []
    times = (("expected over", "expected_at"), ("next update", "next_update_at"), ("fixed since", "fixed_at"))
    lines += [f"{what}: {minute(statement[name])} UTC" for what, name in times if statement[name]]
    return [*lines, "It stands on every message from now on."]


async def _send(method: str, path: str, body: dict[str, Any], url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await (api.put(path, body) if method == "PUT" else api.post(path, body))
