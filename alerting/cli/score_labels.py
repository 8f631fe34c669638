"""`tocsin score-labels`: pages of a backtest, or detections, against what was really going on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from alerting.cli.exits import explained
from alerting.cli.options import JsonOption
from alerting.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from streams.judging import Claimed, Judgement, Labelled

_EMPTY = "There are no labels."


def score_labels(
    pages: Annotated[Path, typer.Argument(help="What `tocsin backtest --json` printed, or detections, one a line.")],
    labels: Annotated[Path, typer.Argument(help="Labels, one JSON object a line, as `tocsin simulate --days` writes.")],
    as_json: JsonOption = False,
) -> None:
    """Say what was found, how soon, and how many pages were about nothing."""
    from streams.judging import judge

    with explained():
        judgement = judge(_pages(pages), _labels(labels))
    if as_json:
        show_json(msgspec.to_builtins(judgement))
    else:
        _show(judgement)


def _show(judgement: "Judgement") -> None:
    rows = [
        (
            one.kind,
            "pages" if one.pages else "pages nobody",
            f"{one.found} of {one.events}",
            one.viral,
            _minutes(one.median_delay_seconds),
            _minutes(one.p90_delay_seconds),
        )
        for one in judgement.kinds
    ]
    columns = ("kind", "should be", "paged", "as viral", "median delay", "90 % within")
    typer.echo(
        f"{judgement.pages} pages: {judgement.right} right, {judgement.wrong_kind} about what should page nobody, "
        f"{judgement.viral} told as viral, {judgement.false} about nothing; "
        f"precision {_share(judgement.precision)}, recall {_share(judgement.recall)}"
    )
    show_table("Events", columns, rows, empty=_EMPTY)


def _minutes(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 60:.1f} min"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"


def _labels(path: Path) -> "list[Labelled]":
    from streams.errors import InvalidInput
    from streams.judging import Labelled

    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Labelled))
        except msgspec.MsgspecError as exc:
            raise InvalidInput((f"{path}, line {number}: no label: {exc}",)) from exc
    return found


def _pages(path: Path) -> "list[Claimed]":
    from streams.errors import InvalidInput

    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        try:
            values = list(enumerate(json.loads(text), start=1))
        except ValueError as exc:
            raise InvalidInput((f"{path}: not JSON: {exc}",)) from exc
    else:
        values = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                values.append((number, json.loads(line)))
            except ValueError as exc:
                raise InvalidInput((f"{path}, line {number}: not JSON: {exc}",)) from exc
    claimed = []
    for number, value in values:
        one = _claimed(path, number, value)
        if one is not None:
            claimed.append(one)
    return claimed


def _claimed(path: Path, number: int, value: Any) -> "Claimed | None":
    """A page; None of a detection that opened nothing."""
    from streams.errors import InvalidInput
    from streams.judging import Claimed

    try:
        if value.get("phase", "opened") != "opened":
            return None
        at = datetime.fromisoformat(value["at"]).astimezone(UTC)
        return Claimed(str(value["topic"]), at.timestamp(), value.get("direction", "crisis") == "crisis")
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise InvalidInput((f"{path}, page {number}: needs `topic` and `at`: {exc}",)) from exc
