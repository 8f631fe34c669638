"""Counts that somebody else made: a CSV file with `timestamp,value`, and how long each of its rows lasts."""

import csv
import gzip
import io
import itertools
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Protocol, cast

import msgspec

from streams.errors import InvalidInput, InvalidMention
from streams.sources.bounded_lines import BoundedLines
from streams.sources.legible import require_legible
from streams.sources.tables import separator_of
from streams.windows import MINUTE

_LARGEST_COUNT: Final = 10**9
_SURELY_COUNTS: Final = 9  # digits of a number that is no larger
_LONGEST_STEP: Final = 31 * 86_400  # weeks and months are counted too; what else is apart was not counted in between
_YEARS: Final = range(2, 9999)  # what lies a day beside them can be told in every zone
_MOST_PROBLEMS: Final = 20
_LONGEST_HEADER: Final = 65_536
_NEEDED: Final = ("timestamp", "value")
_KNOWN: Final = frozenset({*_NEEDED, "negative", "positive", "sentiment"})


class _Table(Protocol):
    """A CSV reader."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


class CountRow(msgspec.Struct, frozen=True):
    """Mentions that somebody else counted from `at`, seconds since 1970, until the next row.

    Attributes:
        sentiment: Mean polarity in [-1, 1].
    """

    at: int
    value: int
    negative: int | None = None
    positive: int | None = None
    sentiment: float | None = None


def is_counts(path: Path) -> bool:
    """Whether a file, perhaps gzipped, is named like CSV and its header names `timestamp` and `value`.

    Raises:
        InvalidInput: The file is named like gzip and is not.
        OSError: The file cannot be read.
    """
    if not path.name.lower().removesuffix(".gz").endswith(".csv"):
        return False
    with _text_of(path) as text:
        header = text.readline(_LONGEST_HEADER)
    return set(_NEEDED) <= {_column(name.strip().strip('"')) for name in header.split(separator_of(header))}


def name_of_counts(path: Path) -> str:
    """What a counts file is called without its suffixes.

    >>> name_of_counts(Path("past/Acme Volume.CSV.gz"))
    'Acme Volume'
    """
    name = path.name
    for suffix in (".gz", ".csv"):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    return name or "counts"


def read_counts(path: Path) -> tuple[CountRow, ...]:
    """The rows of a counts file, oldest first: CSV with `timestamp,value` and optionally `negative,positive,sentiment`.

    Timestamps are ISO 8601, UTC where they name no zone. Columns stand in any order, beside others, and are separated
    as the header's are: by comma, semicolon or tab. The file may be gzipped.

    Raises:
        InvalidInput: Columns or cells are not as they should be; at most 20 problems, each with its line.
        OSError: The file cannot be read.
    """
    with _text_of(path) as text:
        header = text.readline(_LONGEST_HEADER)
        lines = itertools.chain((header,), BoundedLines(text))
        return _rows(path, csv.reader(lines, delimiter=separator_of(header)))


def _rows(path: Path, table: _Table) -> tuple[CountRow, ...]:
    rows: list[CountRow] = []
    problems: list[str] = []
    header = [_column(name) for name in next(table, ())]
    if not set(_NEEDED) <= set(header):
        raise InvalidInput((f"{path}:1: the header has to name timestamp and value",))
    if twice := sorted(name for name in _KNOWN if header.count(name) > 1):
        raise InvalidInput((f"{path}:1: the header has {', '.join(twice)} more than once",))
    columns = tuple({name: place for place, name in enumerate(header) if name in _KNOWN}.items())
    after: int | None = None
    for cells in table:
        if not cells:
            continue
        try:
            row = _row({name: cells[place] for name, place in columns if place < len(cells)}, after=after)
        except ValueError as exc:
            problems.append(f"{path}:{table.line_num}: {exc}")
            if len(problems) >= _MOST_PROBLEMS:
                break
        else:
            rows.append(row)
            after = row.at
    if not rows and not problems:
        problems.append(f"{path}:2: there is no row below the header")
    if problems:
        raise InvalidInput(tuple(problems))
    return tuple(rows)


@contextmanager
def _text_of(path: Path) -> Iterator[io.TextIOWrapper]:
    try:
        with (
            gzip.GzipFile(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream,
            io.TextIOWrapper(cast("IO[bytes]", stream), encoding="utf-8-sig", errors="replace", newline="") as text,
        ):
            require_legible(stream)
            yield text
    except InvalidMention as exc:
        raise InvalidInput((f"{path}: {exc.reason}",)) from exc
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise InvalidInput((f"{path}: the gzip file is cut off or damaged: {exc}",)) from exc
    except csv.Error as exc:
        raise InvalidInput((f"{path}: not CSV: {exc}",)) from exc


def _column(name: str) -> str:
    return name.strip().lower()


def _row(cells: Mapping[str, str], *, after: int | None) -> CountRow:
    stamp = cells.get("timestamp", "").strip()
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError as exc:
        raise ValueError(f"timestamp is {stamp[:40]!r}, not ISO 8601") from exc
    if at.year not in _YEARS:
        raise ValueError(f"timestamp {stamp} is not in the years {_YEARS[0]} to {_YEARS[-1]}")
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    second = at.timestamp()
    if after is not None and second <= after:
        raise ValueError(f"timestamp {stamp} is not later than that of the row before")
    value = _count_of(cells, "value")
    if value is None:
        raise ValueError("value is missing")
    sentiment = None
    if cells.get("sentiment", "").strip():
        sentiment = _number(cells["sentiment"], "sentiment")
        if not -1.0 <= sentiment <= 1.0:
            raise ValueError(f"sentiment is {sentiment}; allowed are -1 to 1")
    row = CountRow(math.floor(second), value, _count_of(cells, "negative"), _count_of(cells, "positive"), sentiment)
    if (row.negative or 0) + (row.positive or 0) > value:
        raise ValueError(f"negative and positive are more than value ({value})")
    return row


def _count_of(cells: Mapping[str, str], name: str) -> int | None:
    cell = cells.get(name, "").strip()
    if not cell:
        return None
    if len(cell) <= _SURELY_COUNTS and cell.isascii() and cell.isdigit():
        return int(cell)
    number = _number(cell, name)
    if not 0 <= number <= _LARGEST_COUNT or number != int(number):
        raise ValueError(f"{name} is {cell[:40]!r}; allowed are whole numbers from 0 to {_LARGEST_COUNT}")
    return int(number)


def _number(cell: str, name: str) -> float:
    try:
        return float(cell)
    except ValueError as exc:
        raise ValueError(f"{name} is {cell.strip()[:40]!r}, not a number") from exc


def steps_of(rows: Sequence[CountRow]) -> tuple[int, ...]:
    """How many seconds each row covers: until the next one, but never more than the usual step, which is the median."""
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(rows)]
    usual = min(sorted(gaps)[len(gaps) // 2], _LONGEST_STEP) if gaps else MINUTE
    return tuple(min(gap, usual) for gap in (*gaps, usual))[: len(rows)]
