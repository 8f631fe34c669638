"""Rows of CSV files with the number of the line that they begin on, plain or gzipped."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, cast

from streams.errors import InvalidMention

Row = tuple[int, list[str]]
MAX_CELL_CHARACTERS: Final = 131_072


def rows_of(path: Path, *, packed: bool) -> Iterator[Row | InvalidMention]:
    """Every row that is not empty, with the line that it ends on; a damaged file ends with its error.

    Comma, semicolon and tab separate cells; the first line decides which.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as plain:
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=plain)) if packed else plain
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        try:
            yield from _read(path, text)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            yield InvalidMention(f"{path.name}: the compressed file is damaged: {exc}")
        finally:
            text.detach()


def _read(path: Path, text: io.TextIOWrapper) -> Iterator[Row | InvalidMention]:
    first = text.readline(MAX_CELL_CHARACTERS)
    separator = max(",;\t", key=first.count)
    rows = csv.reader(_after(first, text), delimiter=separator)
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


def _after(first: str, text: io.TextIOWrapper) -> Iterator[str]:
    if first:
        yield first
    yield from text


def named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells of a row by the names of the header.

    Raises:
        InvalidMention: The row has more or fewer cells.
    """
    if len(cells) != len(header):
        raise InvalidMention(f"has {len(cells)} cells, the header has {len(header)}")
    return dict(zip(header, cells, strict=True))
