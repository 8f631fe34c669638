"""How the command line shows things. Whatever came in a mention is shown without its power over a terminal."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerting.notifiers.escaping import escape_terminal


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` where there are no rows. Cells are taken literally."""
    if not rows:
        sys.stdout.write(f"{empty}\n")
        return
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        # The first column is what people copy into the next command.
        table.add_column(column, overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(literal(cell) for cell in row))
    Console().print(table)


def literal(cell: object) -> Text:
    """Any value as text that neither rich nor the terminal interprets; None is a dash."""
    return Text("-" if cell is None else escape_terminal(str(cell)))


def show_json(value: Any) -> None:
    """Print a value as JSON; only ASCII leaves, so no terminal is at risk."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
