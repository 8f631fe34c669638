"""`tocsin dead-letters`: records that were no mentions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from alerting.cli.client import asked
from alerting.cli.exits import Exit, complain
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_lines, show_table

app = typer.Typer(help="Records that were no mentions: look at them, send them once more.", no_args_is_help=True)

_PATH = "/api/v1/dead-letters"


@app.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest first.")] = 50,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest dead letters, where they came and why they are no mentions."""
    answer = asked(url, key, f"{_PATH}?limit={limit}")
    if as_json:
        show_json(answer)
        return
    rows = [
        (f"{one['partition']}/{one['offset']}", minute(one["at"]), one["origin"], one["reason"], one["text"][:200])
        for one in answer["letters"]
    ]
    show_table(
        "Dead letters", ("letter", "at (UTC)", "from", "reason", "text"), rows, empty="There are no dead letters."
    )


@app.command("send")
def send(
    letter: Annotated[str, typer.Argument(help="Partition and offset, as `list` shows them: 0/17.")],
    file: Annotated[
        Path | None, typer.Option("--corrected", help="Send what stands in this file instead of what came.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a letter once more where mentions come. Twice is harmless: its mention counts once."""
    partition, _, offset = letter.partition("/")
    if not (partition.isdecimal() and offset.isdecimal()):
        complain(f"{letter!r} is no letter; it looks like 0/17")
        raise SystemExit(Exit.USAGE)
    body: dict[str, Any] = {}
    if file is not None:
        try:
            body["text"] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            complain(f"{file}: cannot be read: {exc}")
            raise SystemExit(Exit.USAGE) from exc
    answer = asked(url, key, f"{_PATH}/{partition}/{offset}/send", body=body)
    if as_json:
        show_json(answer)
    else:
        show_lines(f"Sent as mention {answer['mention']}", (), first=True)
