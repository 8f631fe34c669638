"""What a backtest leaves in a folder: a table for each topic."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from streams.backtest import Row

REPORT: Final = "report.html"
COLUMNS: Final = ("timestamp", "value", "expected", "low", "high", "score", "page")


def table_names(wanted: Iterable[str]) -> tuple[str, ...]:
    """A name for each table, in the same order, none twice on a disk that does not tell upper case from lower.

    >>> table_names(["acme", "Acme", "refunds"])
    ('acme.csv', 'Acme-2.csv', 'refunds.csv')
    """
    names: list[str] = []
    taken: set[str] = set()
    for stem in wanted:
        free = (f"{stem}{suffix}.csv" for suffix in ("", *(f"-{number}" for number in range(2, 10_000))))
        name = next(name for name in free if name.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write timestamp,value,expected,low,high,score,page, one row a window; page is 1 where one would go out, else 0.

    What is unknown, such as what was expected during warm-up, is an empty cell.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in rows:
            figures = [_figure(value) for value in (row.expected, row.low, row.high, row.score)]
            table.writerow((row.at.strftime("%Y-%m-%d %H:%M:%S"), row.value, *figures, int(row.page)))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
