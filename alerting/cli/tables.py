"""How the command line shows things. Whatever came in a mention is shown without its power over a terminal."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerting.notifiers.escaping import escape_terminal

_SHORT: Final = len("2026-11-22 09:25")
_GAP: Final = 2


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` where there are no rows. Cells are taken literally."""
    if not rows:
        sys.stdout.write(f"{empty}\n")
        return
    console = Console()
    cells = [[literal(cell) for cell in row] for row in rows]
    longest = [max(row[index].cell_len for row in cells) for index in range(len(columns))]
    beside = _beside(columns, longest, console.width)
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns[:beside]):
        if index == 0 and beside < len(columns):
            header = "\n".join((column, *columns[beside:]))
            table.add_column(header, overflow="fold", min_width=min(longest[0], console.width))
            continue
        # The first column is what people copy into the next command; a state or a time broken in two is hard to read.
        short = index == 0 or longest[index] <= _SHORT
        header = column if len(column) <= longest[index] else column.replace(" ", "\n")
        table.add_column(header, overflow="fold", no_wrap=short)
    for row in cells:
        table.add_row(Text("\n").join((row[0], *row[beside:])), *row[1:beside])
    console.print(table)


def _beside(columns: Sequence[str], longest: Sequence[int], width: int) -> int:
    """How many columns stand beside one another; where the first is long, the others may stand beneath it."""
    beside = len(columns)
    if longest[0] <= _SHORT:
        return beside
    needed = [
        longest[0],
        *(max(len(name), min(cell, _SHORT)) for name, cell in zip(columns[1:], longest[1:], strict=True)),
    ]
    while beside > 1 and sum(needed[:beside]) + _GAP * (beside - 1) > width:
        beside -= 1
    return beside


def show_lines(title: str, lines: Sequence[str], *, first: bool) -> None:
    """Print sentences under a title, however wide the terminal is; indented ones belong to the one above."""
    shown = "\n".join(escape_terminal(line) for line in (title, *lines))
    sys.stdout.write(f"{shown}\n" if first else f"\n{shown}\n")


def minute(stamp: object) -> str | None:
    """A time of the API as people read it, UTC like every time here.

    >>> minute("2026-11-22T09:25:41.5Z")
    '2026-11-22 09:25'
    """
    if not isinstance(stamp, str):
        return None
    try:
        return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M}"
    except ValueError:
        return stamp


def literal(cell: object) -> Text:
    """Any value as text that neither rich nor the terminal interprets; None is a dash."""
    return Text("-" if cell is None else escape_terminal(str(cell)))


def show_json(value: Any) -> None:
    """Print a value as JSON; only ASCII leaves, so no terminal is at risk."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
