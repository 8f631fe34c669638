"""`tocsin backtest` on what people give it: each file is read as meant, or refused in a sentence."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerting.cli.exits import Exit
from alerting.cli.main import app

COUNTS = "timestamp,value\n2026-01-05 00:00:00,7\n2026-01-05 00:05:00,9\n"
CONFIG = """
topics: [{id: refunds, name: Refunds, query: refund}]
receivers: [{name: comms, notifiers: [{type: log}]}]
route: {receiver: comms}
"""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tocsin(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "250"})


def backtest(*words: object) -> Result:
    return tocsin("backtest", *words)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_files_of_one_name_are_two_topics_and_leave_two_tables(tmp_path: Path) -> None:
    files = [written(tmp_path / folder / "acme.csv", COUNTS) for folder in ("2025", "2026")]

    result = backtest(*files, "--out", tmp_path / "report")

    assert result.exit_code == Exit.DONE, result.output
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"acme.csv", "acme-2.csv", "report.html"}
    assert ">acme-2</h2>" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_a_table_has_line_ends_that_every_tool_of_its_system_knows(tmp_path: Path) -> None:
    backtest(written(tmp_path / "acme.csv", COUNTS), "--out", tmp_path / "report")

    lines = (tmp_path / "report" / "acme.csv").read_bytes().split(b"\n")
    assert lines[0] == b"timestamp,value,expected,low,high,score,page"
    assert lines[1].startswith(b"2026-01-05 00:00:00,7,")
    assert lines[1].endswith(b",0")


def test_a_folder_that_cannot_be_is_told_before_anything_is_run(tmp_path: Path) -> None:
    broken = written(tmp_path / "broken.csv", "timestamp,value\nyesterday,3\n")

    result = backtest(broken, "--out", written(tmp_path / "taken", ""))

    assert result.exit_code == Exit.FAILED
    assert "File exists" in result.output
    assert "yesterday" not in result.output


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    result = backtest(written(tmp_path / "acme.csv", ""))

    assert result.exit_code == Exit.USAGE
    assert "acme.csv:1: it is empty; " in result.output


def test_where_nothing_could_be_read_it_has_failed(tmp_path: Path) -> None:
    mentions = written(tmp_path / "mentions.jsonl", "no JSON\n" * 25)

    result = backtest(mentions, "--config", written(tmp_path / "c.yaml", CONFIG))

    assert result.exit_code == Exit.FAILED
    assert result.output.count("not JSON") == 20
    assert "left out because unreadable: 25 mentions" in result.output


def test_one_bad_line_among_good_ones_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    good = {"id": "1", "platform": "x", "published_at": "2026-01-05T00:00:00Z", "text": "refund"}
    mentions = written(tmp_path / "mentions.jsonl", f"{json.dumps(good)}\nno JSON\n")

    result = backtest(mentions, "--config", written(tmp_path / "c.yaml", CONFIG))

    assert result.exit_code == Exit.DONE, result.output
    assert "left out because unreadable: 1 mention\n" in result.output
    assert "1 mentions, 0 pages" in result.output


def test_one_date_in_the_future_is_told_and_costs_no_page(tmp_path: Path) -> None:
    at = [datetime(2024, 1, 5, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(600)]
    at += [at[-1] + timedelta(seconds=second) for second in range(300)]  # one a minute, then one a second
    at.insert(300, datetime(9000, 1, 1, tzinfo=UTC))
    lines = [
        json.dumps({"id": str(number), "platform": "x", "published_at": moment.isoformat(), "text": "refund"})
        for number, moment in enumerate(at)
    ]
    mentions = written(tmp_path / "mentions.jsonl", "\n".join(lines))

    result = backtest(mentions, "--config", written(tmp_path / "c.yaml", CONFIG), "--json")

    assert "topic refunds: dated in the future, up to 9000-01-01 00:00 UTC" in result.stderr
    (page,) = json.loads(result.stdout)
    assert page["at"].startswith("2024-01-05T09:59")  # the burst begins in minute 599


def test_history_that_goes_on_into_the_future_is_told(tmp_path: Path) -> None:
    config = written(tmp_path / "c.yaml", f"{CONFIG}kafka: {{bootstrap_servers: memory}}\n")
    ahead = written(tmp_path / "ahead.csv", "timestamp,value\n2024-01-05,7\n9000-01-01,9\n")
    mention = {"id": "1", "platform": "x", "published_at": "9000-01-01T00:00:00Z", "text": "refund"}
    mentions = written(tmp_path / "mentions.jsonl", json.dumps(mention))

    counts = tocsin("history", "load", "--topic", "refunds", ahead, "--config", config)
    told = tocsin("history", "load", mentions, "--config", config)

    assert counts.exit_code == Exit.FAILED
    assert "the last row is dated 9000-01-01 00:00 UTC, in the future" in counts.stderr
    assert "1 mention left out: dated in the future" in told.stderr
