"""`tocsin simulate` and `tocsin backtest`: files in, files out."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerting.cli.exits import Exit
from alerting.cli.main import app
from streams import codec
from streams.mention import Mention
from streams.sources.files import FileSource
from tests.fakes.streams_of_counts import minutes

START = datetime(2026, 1, 5, tzinfo=UTC)
BURST = range(400, 406)
ROWS = 500
CONFIG = """\
topics:
  - {id: refunds, name: Refunds, query: 'arvella AND refund*'}
"""


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Five-minute counts of a topic with about 20 mentions each, and half an hour of twelve times as many."""
    path = tmp_path / "refunds.csv"
    lines = ["timestamp,value"]
    for row, slot in enumerate(minutes(21, ROWS, 20.0, dispersion=0.05)):
        at = START + timedelta(minutes=5 * row)
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{slot.tally.mentions * (12 if row in BURST else 1)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestSimulate:
    WORDS = ("--seconds", "120", "--crisis-after", "60", "--start", "2026-01-05T00:00:00", "--seed", "3")

    def test_writes_mentions_that_can_be_read_and_labels_beside_them(self, tmp_path: Path) -> None:
        output = tmp_path / "day.jsonl"

        result = CliRunner().invoke(app, ["simulate", str(output), *self.WORDS])

        assert result.exit_code == Exit.DONE
        mentions = [mention for mention in FileSource(output).read() if isinstance(mention, Mention)]
        assert len(mentions) == len(output.read_bytes().splitlines()) > 100
        assert all(START <= mention.published_at < START + timedelta(seconds=120) for mention in mentions)
        labels = json.loads((tmp_path / "day.jsonl.labels.json").read_text(encoding="utf-8"))
        assert any(label["topic"] == "refunds" and label["factor"] > 1 for label in labels)
        assert f"{len(mentions)} mentions in {output}, {len(labels)} labels in" in result.stdout

    def test_the_same_seed_writes_the_same(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
        for output in (first, second):
            CliRunner().invoke(app, ["simulate", str(output), *self.WORDS])

        assert first.read_bytes() == second.read_bytes()

    def test_without_a_file_the_mentions_go_to_standard_output(self) -> None:
        result = CliRunner().invoke(app, ["simulate", *self.WORDS])

        assert result.exit_code == Exit.DONE
        for line in result.stdout_bytes.splitlines():
            codec.decode_mention(line)


class TestBacktest:
    def test_tells_the_page_that_a_burst_in_counts_would_have_sent(self, counts: Path) -> None:
        result = CliRunner().invoke(app, ["backtest", str(counts), "--json"])

        assert result.exit_code == Exit.DONE
        (page,) = json.loads(result.stdout)
        assert page["topic"] == "refunds"
        assert page["observed"] > page["expected"]
        begun = START + timedelta(minutes=5 * BURST.start)
        assert begun <= datetime.fromisoformat(page["at"]) <= begun + timedelta(minutes=10)

    def test_sums_up_for_people(self, counts: Path) -> None:
        result = CliRunner().invoke(app, ["backtest", str(counts)])

        assert result.stdout.splitlines()[-1].endswith(" mentions, 1 page")

    def test_writes_a_row_for_every_window(self, counts: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"

        CliRunner().invoke(app, ["backtest", str(counts), "--out", str(out)])

        with (out / "refunds.csv").open(encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        assert list(rows[0]) == ["timestamp", "value", "expected", "low", "high", "score", "page"]
        assert len(rows) == ROWS
        assert (rows[0]["timestamp"], rows[0]["expected"], rows[0]["page"]) == ("2026-01-05 00:00:00", "", "0")
        assert [number for number, row in enumerate(rows) if row["page"] == "1"] == [BURST.start]

    def test_writes_a_report_for_people(self, counts: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"

        CliRunner().invoke(app, ["backtest", str(counts), "--out", str(out)])

        report = (out / "report.html").read_text(encoding="utf-8")
        assert "1 page in 1 topic" in report
        assert '<a href="refunds.csv">' in report

    def test_a_table_is_named_as_the_file_was_gzipped_or_not_and_none_is_lost(
        self, counts: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "zipped" / "Refunds.csv.gz"
        other.parent.mkdir()
        other.write_bytes(gzip.compress(counts.read_bytes()))
        out = tmp_path / "out"

        result = CliRunner().invoke(app, ["backtest", str(counts), str(other), "--out", str(out)])

        assert result.exit_code == Exit.DONE
        assert sorted(file.name for file in out.glob("*.csv")) == ["Refunds-2.csv", "refunds.csv"]
        assert (out / "refunds.csv").read_bytes() == (out / "Refunds-2.csv").read_bytes()

    def test_what_is_read_is_never_written_over(self, counts: Path) -> None:
        before = counts.read_bytes()

        result = CliRunner().invoke(app, ["backtest", str(counts), "--out", str(counts.parent)])

        assert result.exit_code == Exit.USAGE
        assert "name another folder" in result.stderr
        assert counts.read_bytes() == before

    def test_shows_no_progress_where_nobody_looks(self, counts: Path) -> None:
        result = CliRunner().invoke(app, ["backtest", str(counts), "--json"])

        assert result.stderr == ""

    def test_mentions_are_matched_to_the_topics_of_the_configuration(self, tmp_path: Path) -> None:
        config, mentions = tmp_path / "tocsin.yaml", tmp_path / "day.jsonl"
        config.write_text(CONFIG, encoding="utf-8")
        CliRunner().invoke(app, ["simulate", str(mentions), *TestSimulate.WORDS])

        result = CliRunner().invoke(app, ["backtest", str(mentions), "--config", str(config)])

        assert result.exit_code == Exit.DONE
        assert result.stdout.startswith("No page.")  # a minute of past is no past to judge by

    def test_mentions_without_topics_are_a_wrong_use(self, tmp_path: Path) -> None:
        mentions = tmp_path / "day.jsonl"
        mentions.write_bytes(b"")
        empty = tmp_path / "empty.yaml"
        empty.write_text("", encoding="utf-8")

        result = CliRunner().invoke(app, ["backtest", str(mentions), "--config", str(empty)])

        assert result.exit_code == Exit.USAGE
        assert "name a configuration with --config" in result.stderr

    def test_counts_that_cannot_be_read_are_no_matter_of_the_configuration(self, tmp_path: Path) -> None:
        file = tmp_path / "refunds.csv"
        file.write_text("timestamp,value\nyesterday,3\n", encoding="utf-8")

        result = CliRunner().invoke(app, ["backtest", str(file)])

        assert result.exit_code == Exit.FAILED
        assert f"{file}:2: timestamp is 'yesterday'" in result.stderr
        assert "configuration" not in result.stderr

    def test_a_file_that_is_not_there_is_a_wrong_use(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(app, ["backtest", str(tmp_path / "nowhere.csv")])

        assert result.exit_code == Exit.USAGE
        assert "nowhere.csv" in result.stderr


class TestHistory:
    def test_says_what_it_could_not_read(self, tmp_path: Path) -> None:
        config, past = tmp_path / "tocsin.yaml", tmp_path / "past.jsonl"
        config.write_text(CONFIG + "kafka: {bootstrap_servers: memory}\n", encoding="utf-8")
        past.write_text('{"id": "1"}\nno json\n', encoding="utf-8")

        result = CliRunner().invoke(app, ["history", "load", str(past), "--config", str(config)])

        assert result.exit_code == Exit.DONE
        assert "past.jsonl:1: " in result.stderr
        assert "past.jsonl:2: " in result.stderr
        assert "2 unreadable mentions are left out" in result.stderr
        assert result.stdout.startswith("0 counted minutes loaded")


class TestProduce:
    @pytest.mark.parametrize(
        ("lines", "code"),
        [("no json\n", Exit.FAILED), ("", Exit.DONE)],
        ids=["nothing but unreadable lines", "an empty file"],
    )
    def test_fails_where_nothing_in_the_file_is_a_mention(self, lines: str, code: Exit, tmp_path: Path) -> None:
        config, file = tmp_path / "tocsin.yaml", tmp_path / "day.jsonl"
        config.write_text("kafka: {bootstrap_servers: memory}\n", encoding="utf-8")
        file.write_text(lines, encoding="utf-8")

        result = CliRunner().invoke(app, ["produce", str(file), "--config", str(config)])

        assert result.exit_code == code
        assert ("nothing in" in result.stderr) == (code is Exit.FAILED)
