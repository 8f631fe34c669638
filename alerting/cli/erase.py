"""`tocsin erase`: forget an author."""

from typing import Annotated

import typer

from alerting.cli.client import asked
from alerting.cli.exits import Exit, complain
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_table

_PATH = "/api/v1/erasures"


def erase(
    platform: Annotated[str | None, typer.Option(help="Where they write: `x`, `reddit`, ...")] = None,
    author: Annotated[
        str | None, typer.Option(help="Their id as mentions carry it in `author.id`; the name where they carry none.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List who is forgotten, and whether all is gone.")] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget an author: what they wrote still counts, but neither words nor name are shown or kept."""
    if list_all == (platform is not None or author is not None) or (platform is None) != (author is None):
        complain("say --platform and --author, or --list")
        raise SystemExit(Exit.USAGE)
    body = None if list_all else {"platform": platform, "author": author}
    answer = asked(url, key, _PATH, body=body)
    if as_json:
        show_json(answer)
    elif body is not None:
        typer.echo(
            f"Number {answer['number']} is being forgotten; all is gone within two minutes (tocsin erase --list)."
        )
    else:
        rows = [
            (one["number"], one["asked_by"], minute(one["asked_at"]), minute(one["finished_at"]) or "going on")
            for one in answer["erasures"]
        ]
        show_table(
            "Erased authors", ("number", "asked by", "asked (UTC)", "gone (UTC)"), rows, empty="Nobody is erased."
        )
