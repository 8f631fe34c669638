"""`tocsin simulate --days` and `tocsin score-labels`, from the stream to what a backtest made of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerting.cli.exits import Exit
from alerting.cli.main import app
from alerting.cli.options import settings_from
from alerting.contact_reading import read_contact
from streams import codec

PAGE = {"topic": "arvella-refunds", "at": "2026-01-05T10:00:00Z", "direction": "crisis"}
LABEL = {"kind": "crisis_step", "topic": "arvella-refunds", "onset": 1_767_606_900.0, "end": 1_767_614_400.0}


def tocsin(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "250"})


def written(path: Path, *values: object) -> Path:
    path.write_text("".join(f"{value if isinstance(value, str) else json.dumps(value)}\n" for value in values))
    return path


def weeks(tmp_path: Path, name: str, *more: str) -> Path:
    output = tmp_path / name
    made = tocsin("simulate", output, "--days", "1", "--brands", "1", "--rate", "0.02", "--start", "2026-01-05", *more)
    assert made.exit_code == Exit.DONE, made.output
    return output


def test_writes_mentions_labels_and_the_topics_that_they_belong_to(tmp_path: Path) -> None:
    output = weeks(tmp_path, "weeks.jsonl")

    mentions = [codec.decode_mention(line) for line in output.read_bytes().splitlines()]
    labels = [json.loads(line) for line in (tmp_path / "weeks.jsonl.labels.jsonl").read_text().splitlines()]
    topics = settings_from(tmp_path / "weeks.jsonl.yaml").topics

    assert mentions
    assert labels
    assert {"kind", "topic", "onset", "end", "size", "cause"} <= set(labels[0])
    assert {label["topic"] for label in labels} <= {topic.id for topic in topics} | {"*"}


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    one, other = weeks(tmp_path, "a.jsonl"), weeks(tmp_path, "b.jsonl")
    another = weeks(tmp_path, "c.jsonl", "--seed", "2")

    assert one.read_bytes() == other.read_bytes() != another.read_bytes()
    calls = [path.with_name(path.name + ".contacts.jsonl").read_bytes() for path in (one, other, another)]
    assert calls[0] == calls[1] != calls[2]


def test_writes_what_people_call_about_as_the_contact_centre_would(tmp_path: Path) -> None:
    output = weeks(tmp_path, "weeks.jsonl", "--rate", "0.2", "--events", "12")

    lines = output.with_name("weeks.jsonl.contacts.jsonl").read_bytes().splitlines()
    contacts = [read_contact(line, datetime(2026, 1, 7, tzinfo=UTC)) for line in lines]
    labels = [json.loads(line) for line in (tmp_path / "weeks.jsonl.labels.jsonl").read_text().splitlines()]
    called = [label for label in labels if label["lead"] is not None]

    assert [contact.opened_at for contact in contacts] == sorted(contact.opened_at for contact in contacts)
    assert called
    for label in called:
        assert label["calls"] > 0
        assert label["reason"] in {contact.reason for contact in contacts}
    assert {label["calls"] for label in labels if label["lead"] is None} <= {None}


def test_weeks_need_a_file_to_go_to() -> None:
    assert tocsin("simulate", "--days", "1").exit_code == Exit.USAGE


def test_pages_are_scored_against_labels(tmp_path: Path) -> None:
    pages = tmp_path / "pages.json"
    pages.write_text(json.dumps([PAGE, PAGE | {"at": "2026-02-05T10:00:00Z"}]))

    shown = tocsin("score-labels", pages, written(tmp_path / "labels.jsonl", LABEL))
    as_json = tocsin("score-labels", pages, tmp_path / "labels.jsonl", "--json")

    assert "2 pages: 1 right, 0 about what should page nobody, 0 told as viral, 1 about nothing" in shown.output
    assert json.loads(as_json.output)["precision"] == 0.5


def test_detections_count_where_they_open(tmp_path: Path) -> None:
    lines = [PAGE | {"phase": "opened"}, PAGE | {"phase": "grew"}]
    told = tocsin("score-labels", written(tmp_path / "d.jsonl", *lines), written(tmp_path / "l.jsonl", LABEL), "--json")

    assert json.loads(told.output)["pages"] == 1


@pytest.mark.parametrize(
    ("page", "label", "problem"),
    [
        ("{", LABEL, "p.jsonl, line 1: not JSON"),
        ({"topic": "x"}, LABEL, "p.jsonl, page 1: needs `topic` and `at`"),
        ({"topic": "x", "at": "soon"}, LABEL, "p.jsonl, page 1"),
        ("7", LABEL, "p.jsonl, page 1"),
        (PAGE, "nothing", "l.jsonl, line 1: no label"),
        (PAGE, {"kind": "x"}, "l.jsonl, line 1: no label"),
    ],
)
def test_files_that_are_no_such_thing_are_named_by_line(
    page: object, label: object, problem: str, tmp_path: Path
) -> None:
    told = tocsin("score-labels", written(tmp_path / "p.jsonl", page), written(tmp_path / "l.jsonl", label))

    assert told.exit_code == Exit.FAILED
    assert problem in told.output.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "counts.csv:1: it is empty"),
        ("a,b\n1,2\n", "counts.csv:1: the header"),
        ("timestamp,value\n", "no row below"),
    ],
)
def test_a_table_without_header_or_rows_says_so(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(text)

    told = tocsin("backtest", file)

    assert told.exit_code in {Exit.USAGE, Exit.FAILED}
    assert problem in told.output
