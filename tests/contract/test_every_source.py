"""What every source promises, run on each entry of the table."""

import csv
import importlib
import inspect
import io
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from types import MappingProxyType

import pytest

import streams.sources
from streams.errors import InvalidMention
from streams.mention import Mention
from streams.sources.base import Source
from streams.sources.registry import SOURCES
from tests.fakes.hostile import HOSTILE

BAD = None


@dataclass(frozen=True, slots=True)
class Recording:
    """How a source's files are written.

    Attributes:
        suffix: What their names end in.
        write: A file with one entry for each text, oldest first; None is an entry that cannot be read.
    """

    suffix: str
    write: Callable[[list[str | None]], bytes]


def json_lines(texts: list[str | None]) -> bytes:
    entries = [
        {"id": str(number), "platform": "x", "published_at": f"2026-01-01T00:00:{number:02}Z", "text": text}
        for number, text in enumerate(texts)
    ]
    lines = [json.dumps(entry) if entry["text"] is not None else "{" for entry in entries]
    return "".join(f"{line}\n" for line in lines).encode()


def x_posts(texts: list[str | None]) -> bytes:
    """As X escapes them; an entry that cannot be read has no text."""
    posts = [
        {
            "id": str(number),
            "created_at": f"2026-01-01T00:00:{number:02}.000Z",
            **({} if text is None else {"text": escape(text, quote=False)}),
        }
        for number, text in enumerate(texts)
    ]
    return json.dumps({"data": posts} if posts else {"meta": {"result_count": 0}}).encode()


def activities(texts: list[str | None]) -> bytes:
    """Notes as HTML; an entry that cannot be read has no type."""
    lines = [
        {
            "type": "Create",
            "published": f"2026-01-01T00:00:{number:02}Z",
            "object": {"id": f"https://a.test/{number}", "type": "Note", "content": f"<p>{escape(text)}</p>"}
            if text is not None
            else {},
        }
        for number, text in enumerate(texts)
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def rows(header: list[str], lead: list[str], texts: list[str | None]) -> bytes:
    """A CSV file; the columns are an id, a time, a text and an address; an entry that cannot be read has no time."""
    written = io.StringIO()
    table = csv.writer(written)
    for line in lead:
        written.write(line)
    if texts:
        table.writerow(header)
    for number, text in enumerate(texts):
        time = f"2026-01-01 00:00:{number:02}" if text is not None else ""
        table.writerow([f"r{number}", time, text, f"https://a.test/{number}"])
    return written.getvalue().encode("utf-8", "replace")


def brandwatch_rows(texts: list[str | None]) -> bytes:
    """An export with its line about the report; an empty one is empty."""
    lead = ["Report:,Mentions\n"] if texts else []
    return rows(["Resource Id", "Date", "Full Text", "Url"], lead, texts)


RECORDINGS: Mapping[str, Recording] = MappingProxyType(
    {
        "files": Recording(".jsonl", json_lines),
        "activity-streams": Recording(".jsonl", activities),
        "brandwatch": Recording(".csv", brandwatch_rows),
        "csv": Recording(".csv", partial(rows, ["id", "Time", "Message", "link"], [])),
        "x-v2": Recording(".json", x_posts),
    }
)

every_source = pytest.mark.parametrize("name", sorted(RECORDINGS))


def recorded(folder: Path, name: str, *texts: str | None) -> Source:
    recording = RECORDINGS[name]
    path = folder / f"recorded{recording.suffix}"
    path.write_bytes(recording.write(list(texts)))
    return SOURCES[name](path)


def test_every_entry_of_the_table_has_a_recording_here() -> None:
    assert set(RECORDINGS) == set(SOURCES)


def test_every_module_with_a_source_stands_in_the_table() -> None:
    found = {
        kind
        for module in pkgutil.iter_modules(streams.sources.__path__)
        if module.name != "base"
        for _, kind in inspect.getmembers(importlib.import_module(f"streams.sources.{module.name}"), inspect.isclass)
        if callable(getattr(kind, "read", None)) and kind.__module__ == f"streams.sources.{module.name}"
    }

    assert found == set(SOURCES.values())


@every_source
class TestEverySource:
    def test_yields_mentions_in_the_order_of_the_recording(self, name: str, tmp_path: Path) -> None:
        first, second = recorded(tmp_path, name, "late again", "thank you").read()

        assert isinstance(first, Mention)
        assert isinstance(second, Mention)
        assert (first.text, second.text) == ("late again", "thank you")
        assert first.published_at < second.published_at
        assert first.key != second.key

    def test_yields_what_cannot_be_read_and_goes_on(self, name: str, tmp_path: Path) -> None:
        good, bad, other = recorded(tmp_path, name, "one", BAD, "three").read()

        assert isinstance(good, Mention)
        assert isinstance(bad, InvalidMention)
        assert bad.reason
        assert isinstance(other, Mention)

    def test_reads_the_same_again(self, name: str, tmp_path: Path) -> None:
        source = recorded(tmp_path, name, "one", "two")

        assert list(source.read()) == list(source.read())

    def test_has_nothing_to_say_about_an_empty_recording(self, name: str, tmp_path: Path) -> None:
        assert list(recorded(tmp_path, name).read()) == []

    def test_takes_hostile_texts_for_texts(self, name: str, tmp_path: Path) -> None:
        texts = [hostile.text for hostile in HOSTILE if hostile.text.isprintable()]

        read = list(recorded(tmp_path, name, *texts[:60]).read())

        assert [mention.text for mention in read if isinstance(mention, Mention)] == texts[:60]

    def test_stops_at_nothing(self, name: str, tmp_path: Path) -> None:
        read = list(recorded(tmp_path, name, *(hostile.text for hostile in HOSTILE[:60])).read())

        assert len(read) >= 60
