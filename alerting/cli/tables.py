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


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` where there are no rows. Cells are taken literally."""
    if not rows:
        sys.stdout.write(f"{empty}\n")
        return
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    cells = [[literal(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        longest = max(row[index].cell_len for row in cells)
        # The first column is what people copy into the next command; a state or a time broken in two is hard to read.
        short = index == 0 or longest <= _SHORT
        header = column if len(column) <= longest else column.replace(" ", "\n")
        table.add_column(header, overflow="fold", no_wrap=short)
    for texts in cells:
        table.add_row(*texts)
    Console().print(table)


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
