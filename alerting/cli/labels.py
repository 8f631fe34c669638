"""`tocsin labels`: how people read mentions."""

import json
from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.client import asked
from alerting.cli.options import JsonOption, KeyOption, UrlOption
from alerting.cli.tables import minute, show_json, show_lines, show_table

app = typer.Typer(help="How people read mentions, as labels to measure a scorer by.", no_args_is_help=True)


@app.command("list")
def list_labels(
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.")] = 1000,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, for other programs.")] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the mentions whose mood a person stated, with the polarity they were counted with."""
    answer = asked(url, key, f"/api/v1/labels?limit={limit}")
    if jsonl:
        for one in answer["labels"]:
            typer.echo(json.dumps(one))
    elif as_json:
        show_json(answer)
    else:
        rows = [
            (
                one["mention"],
                one["mood"],
                "unscored" if one["read"] is None else f"{one['read']:+.2f}",
                one["text"],
                one["topic"],
                one["author"],
                minute(one["created_at"]),
            )
            for one in answer["labels"]
        ]
        columns = ("mention", "is", "read as", "text", "topic", "by", "said (UTC)")
        show_table("Labels", columns, rows, empty="Nobody has corrected how a mention was read.")


@app.command("add")
def add(
    incident: Annotated[str, typer.Argument(help="The incident that shows the mention, `inc_...`.")],
    mention: Annotated[str, typer.Argument(help="The mention, `platform:id`.")],
    mood: Annotated[str, typer.Argument(help="negative, neutral or positive.")],
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of which mood a mention is; the newest word counts."""
    path = f"/api/v1/incidents/{quote(incident, safe='')}/labels"
    answer = asked(url, key, path, body={"mention": mention, "mood": mood})
    if as_json:
        show_json(answer)
    else:
        show_lines(f"{answer['mention']} is {answer['mood']}, {answer['author']} says", (), first=True)
