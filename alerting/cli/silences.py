"""`tocsin silences`: what is not to wake anybody for a while."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from alerting.cli.client import ApiClient, asked
from alerting.cli.exits import Exit, complain
from alerting.cli.matchers import checked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_DURATION: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")
_MINUTES: Final = (7 * 24 * 60, 24 * 60, 60, 1)

app = typer.Typer(help="What is not to wake anybody for a while.", no_args_is_help=True)

MatcherArguments = Annotated[
    list[str], typer.Argument(help="All have to hold: `topic=refunds`, `owner=~App|Web`, `severity!=SEV1`.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; one line.")]
ForOption = Annotated[str, typer.Option("--for", help="For how long: `30m`, `2h`, `1d12h`, `2w`.")]
UntilOption = Annotated[datetime | None, typer.Option("--until", help="Until when instead, UTC.")]
FromOption = Annotated[datetime | None, typer.Option("--from", help="From when on, UTC; without it from now on.")]
WeeklyOption = Annotated[
    list[str] | None,
    typer.Option("--weekly", help="Only then, every week: `sat,sun 22:00-06:00`; repeatable."),
]
ZoneOption = Annotated[str, typer.Option("--zone", help="The time zone of --weekly: `Europe/Berlin`.")]
AuthorOption = Annotated[str | None, typer.Option("--author", help="Who says so; without it the key's name.")]
RevisionOption = Annotated[str | None, typer.Option("--revision", help="Only if it stands at this revision.")]
SilenceArgument = Annotated[str, typer.Argument(help="The silence's id.")]


@app.command("list")
def list_silences(
    state: Annotated[
        str, typer.Option("--state", help="standing (pending and active), pending, active, expired or all.")
    ] = "standing",
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """List silences, newest first."""
    answer = asked(url, key, "/api/v1/silences", [("state", state)])
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            one["id"],
            _stand(one),
            " ".join(one["matchers"]),
            minute(one["ends_at"]),
            one["author"],
            one["reason"],
        )
        for one in answer["silences"]
    ]
    columns = ("silence", "stands", "matchers", "until (UTC)", "author", "reason")
    show_table("Silences", columns, rows, empty="There are none.")


@app.command("show")
def show(silence: SilenceArgument, url: UrlOption = None, key: KeyOption = None) -> None:
    """Show one silence and what was done with it, as JSON."""
    show_json(asked(url, key, _path(silence)))


@app.command("add")
def add(
    matchers: MatcherArguments,
    reason: ReasonOption,
    lasts: ForOption = "1h",
    until: UntilOption = None,
    begins: FromOption = None,
    weekly: WeeklyOption = None,
    zone: ZoneOption = "UTC",
    author: AuthorOption = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="It may hide as much as it does.")] = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Silence. It holds, in every process, when this returns. What hides too much needs --confirm."""
    body = _body(matchers, reason, lasts, until, begins, weekly, zone, author) | {"confirm": confirm}
    answer, found = asyncio.run(_add(body, url, key))
    typer.echo(f"{answer['id']} silences until {minute(answer['ends_at'])} UTC")
    typer.echo(f"It covers {found['topics']} of {found['topics_in_all']} topics and hides {_open(found)}.")


@app.command("preview")
def preview(
    matchers: MatcherArguments,
    weekly: WeeklyOption = None,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Show which pages of the last days it would have hidden, and what it hides now. Nothing is written."""
    body = _body(matchers, "a preview", "1h", None, None, weekly, zone, None)
    answer = asyncio.run(_post("/api/v1/silences/preview", body, url, key))
    if as_json:
        show_json(answer)
        return
    typer.echo(
        f"It would have hidden {answer['pages']} of {answer['pages_in_all']} pages in the last {answer['days']} days, "
        f"and covers {answer['topics']} of {answer['topics_in_all']} topics."
    )
    for reason in answer["too_wide"]:
        typer.echo(f"Too wide without --confirm: {reason}.")
    rows = [(one["id"], one["severity"], one["title"], minute(one["opened_at"])) for one in answer["hidden"]]
    columns = ("incident", "severity", "title", "opened (UTC)")
    show_table("Hidden", columns, rows, empty="No page of these days would have been hidden.")
    now = [(one["id"], one["severity"], one["title"], minute(one["opened_at"])) for one in answer["hides_now"]]
    show_table("Open now", columns, now, empty="It hides nothing that is open now.")


@app.command("expire")
def expire(
    silences: Annotated[list[str], typer.Argument(help="Ids of silences.")],
    revision: RevisionOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """End silences now. What they hid and is still open pages."""

    async def send() -> None:
        async with ApiClient(url, key) as api:
            for silence in silences:
                await api.delete(_path(silence), revision=revision)
                typer.echo(f"{silence} has ended")

    asyncio.run(send())


def minutes_of(text: str) -> float:
    """A span as Alertmanager's tools write it.

    >>> minutes_of("1d12h"), minutes_of("30m")
    (2160, 30)

    Raises:
        ValueError: It is none.
    """
    found = _DURATION.fullmatch(text.strip())
    total = sum(int(part or 0) * each for part, each in zip(found.groups(), _MINUTES, strict=True)) if found else 0
    if total <= 0:
        raise ValueError(f"{text!r} is no span of time; write it like 30m, 2h, 1d12h or 2w")
    return total


def _body(
    matchers: list[str],
    reason: str,
    lasts: str,
    until: datetime | None,
    begins: datetime | None,
    weekly: list[str] | None,
    zone: str,
    author: str | None,
) -> dict[str, Any]:
    checked(matchers)
    body: dict[str, Any] = {"matchers": matchers, "reason": reason, "zone": zone, "weekly": weekly or []}
    if author is not None:
        body["author"] = author
    if begins is not None:
        body["starts_at"] = f"{begins.isoformat()}Z"
    if until is not None:
        return body | {"ends_at": f"{until.isoformat()}Z"}
    try:
        return body | {"minutes": minutes_of(lasts)}
    except ValueError as exc:
        complain(f"--for: {exc}")
        raise SystemExit(Exit.USAGE) from exc


async def _add(body: dict[str, Any], url: str | None, key: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The silence, and what it covers: a matcher that nothing fits is seen at once."""
    async with ApiClient(url, key) as api:
        added = await api.post("/api/v1/silences", body)
        return added, await api.post("/api/v1/silences/preview", body)


def _open(found: dict[str, Any]) -> str:
    hidden = len(found["hides_now"])
    return f"{hidden} incident{'s'[: hidden != 1]} that {'is' if hidden == 1 else 'are'} open now"


async def _post(path: str, body: dict[str, Any], url: str | None, key: str | None) -> dict[str, Any]:
    async with ApiClient(url, key) as api:
        return await api.post(path, body)


def _stand(silence: dict[str, Any]) -> str:
    between = silence["state"] == "active" and not silence["hides_now"]
    weekly = f", {'; '.join(silence['weekly'])} {silence['zone']}" if silence["weekly"] else ""
    return f"{silence['state']}{' (between its windows)' if between else ''}{weekly}"


def _path(silence: str) -> str:
    return f"/api/v1/silences/{quote(silence, safe='')}"
