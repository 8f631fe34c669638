"""Rows of CSV files with the number of the line that they begin on, plain or gzipped."""

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, cast

from streams.errors import InvalidMention
from streams.sources.bounded_lines import BoundedLines
from streams.sources.legible import require_legible

Row = tuple[int, list[str]]
MAX_CELL_CHARACTERS: Final = 131_072


def rows_of(path: Path, *, packed: bool) -> Iterator[Row | InvalidMention]:
    """Every row that is not empty, with the line that it ends on; a damaged file ends with its error.

    Comma, semicolon and tab separate cells; the first line decides which.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as plain:
        stream = gzip.GzipFile(fileobj=plain) if packed else plain
        text = io.TextIOWrapper(cast("IO[bytes]", stream), encoding="utf-8-sig", errors="replace", newline="")
        try:
            require_legible(stream)
            yield from _read(path, text)
        except InvalidMention as exc:
            yield InvalidMention(f"{path.name}: {exc.reason}")
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            yield InvalidMention(f"{path.name}: the compressed file is damaged: {exc}")
        finally:
            text.detach()


def _read(path: Path, text: io.TextIOWrapper) -> Iterator[Row | InvalidMention]:
    first = text.readline(MAX_CELL_CHARACTERS)
    lines: Iterable[str] = BoundedLines(text)
    rows = csv.reader(itertools.chain((first,), lines) if first else lines, delimiter=separator_of(first))
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as exc:
            yield InvalidMention(f"{path.name}:{rows.line_num}: {exc}")
            continue
        if any(cells):
            yield rows.line_num, cells


def separator_of(header: str) -> str:
    """What separates the cells of a table: comma, semicolon or tab, whichever its first line has most of.

    >>> separator_of("timestamp;value")
    ';'
    """
    return max(",;\t", key=header.count)


def named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells of a row by the names of the header.

    Raises:
        InvalidMention: The row has more or fewer cells.
    """
    if len(cells) != len(header):
        raise InvalidMention(f"has {len(cells)} cells, the header has {len(header)}")
    return dict(zip(header, cells, strict=True))
