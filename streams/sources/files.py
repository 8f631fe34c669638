"""Mentions as Tocsin itself writes them: JSON lines, or CSV whose header names the fields of a mention.

    {"id": "17", "platform": "x", "published_at": "2026-01-05T12:00:00Z", "text": "Where is my refund?"}

Plain or gzipped.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, cast

from streams import codec
from streams.errors import InvalidMention
from streams.mention import Author, Mention
from streams.mention_fields import mention_from
from streams.sources.bounded_lines import BoundedLines
from streams.sources.legible import require_legible

MAX_LINE_BYTES: Final = codec.MAX_MENTION_BYTES + 1
_NUMBERS: Final = frozenset({"likes", "reposts", "replies", "quotes", "views", "reach", "seq"})
_REALS: Final = frozenset({"rating", "lat", "lon", "sentiment", "sample_rate"})
_LISTS: Final = frozenset({"hashtags", "mentions", "links", "emotions", "topics"})
_AUTHOR: Final = frozenset(f"author.{name}" for name in Author.__struct_fields__)
_AUTHOR_NUMBERS: Final = frozenset({"followers", "posts_count"})
_AUTHOR_TRUTHS: Final = frozenset({"verified", "is_brand_reply"})


class FileSource:
    """Mentions in the order of one file.

    `.jsonl` and `.ndjson` hold one JSON object a line; `.csv` holds one mention a row, its header naming the fields of
    a mention (`author.id`, `author.followers` and so on for the author; lists are separated by spaces). Either may end
    in `.gz`. Columns that no mention has are kept in `extra`.

    Args:
        path: The file.

    Raises:
        ValueError: The name ends in none of these.
    """

    def __init__(self, path: Path) -> None:
        names = [suffix.lower() for suffix in path.suffixes]
        self._packed = bool(names) and names[-1] == ".gz"
        kind = names[-2] if self._packed and len(names) > 1 else names[-1] if names else ""
        if kind not in {".jsonl", ".ndjson", ".csv"}:
            raise ValueError(
                f"{path}: cannot tell what is in it; known are .jsonl, .ndjson and .csv, each also with .gz"
            )
        self._csv = kind == ".csv"
        self.path = path

    def read(self) -> Iterator[Mention | InvalidMention]:
        """Mentions, oldest first as the file has them; a bad line is yielded as its error, with its number.

        Raises:
            OSError: The file cannot be read.
        """
        with self.path.open("rb") as plain:
            packed = gzip.GzipFile(fileobj=plain) if self._packed else plain
            stream = cast("IO[bytes]", packed)
            try:
                require_legible(packed)
                yield from self._rows(stream) if self._csv else self._lines(stream)
            except InvalidMention as exc:
                yield InvalidMention(f"{self.path.name}: {exc.reason}")
            except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
                yield InvalidMention(f"{self.path.name}: the compressed file is damaged: {exc}")

    def _lines(self, stream: IO[bytes]) -> Iterator[Mention | InvalidMention]:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
            if line.strip():
                try:
                    yield codec.decode_mention(line)
                except InvalidMention as exc:
                    yield InvalidMention(f"{self.path.name}:{number}: {exc.reason}")

    def _rows(self, stream: IO[bytes]) -> Iterator[Mention | InvalidMention]:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        try:
            yield from self._parsed(csv.DictReader(BoundedLines(text)))
        finally:
            text.detach()

    def _parsed(self, rows: "csv.DictReader[str]") -> Iterator[Mention | InvalidMention]:
        while True:
            try:
                yield mention_from(fields_of(next(rows)))
            except StopIteration:
                return
            except csv.Error as exc:
                yield InvalidMention(f"{self.path.name}:{rows.line_num}: {exc}")
            except InvalidMention as exc:
                yield InvalidMention(f"{self.path.name}:{rows.line_num}: {exc.reason}")


def fields_of(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """A mention's plain fields from one CSV row; empty cells are absent, `text` excepted.

    >>> fields_of({"id": "1", "likes": "3", "author.id": "a", "links": "", "hashtags": "a b"})
    {'id': '1', 'likes': 3, 'hashtags': ['a', 'b'], 'author': {'id': 'a'}}

    Raises:
        InvalidMention: A cell that should be a number is none, or the row has more cells than the header.
    """
    fields: dict[str, Any] = {}
    author: dict[str, Any] = {}
    for name, cell in row.items():
        if name is None:
            raise InvalidMention(f"has {len(cell)} cells more than the header")
        if not cell and not (name == "text" and cell == ""):
            continue
        if name in _AUTHOR:
            key = name.removeprefix("author.")
            author[key] = _author_cell(key, cell)
        else:
            fields[name] = _cell(name, cell)
    if author:
        fields["author"] = author
    return fields


def _cell(name: str, cell: str) -> Any:
    if name in _NUMBERS:
        return _number(name, cell)
    if name in _REALS:
        try:
            return float(cell)
        except ValueError as exc:
            raise InvalidMention(f"{name} is {cell[:40]!r}, not a number") from exc
    if name in _LISTS:
        return cell.split()
    return cell


def _author_cell(name: str, cell: str) -> Any:
    if name in _AUTHOR_NUMBERS:
        return _number(f"author.{name}", cell)
    if name in _AUTHOR_TRUTHS:
        return cell.strip().lower() in {"1", "true", "yes"}
    return cell


def _number(name: str, cell: str) -> int:
    try:
        return int(cell)
    except ValueError as exc:
        raise InvalidMention(f"{name} is {cell[:40]!r}, not a whole number") from exc
