"""The command line as a whole: what it says about itself and how it ends."""

import asyncio
import errno
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from alerting.cli.exits import Exit, explained
from alerting.cli.main import app
from alerting.fakes.webhook import FakeWebhook
from streams.clock import SystemClock

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "deploy" / "examples" / "tocsin.yaml"
WRONG = """\
kafka:
  partitions: 0
  bootstrap_server: localhost:9092
topics:
  - id: refunds
    name: Refunds
    query: refund AND (
receivers:
  - name: comms
    notifiers: [{type: pigeon}]
route:
  receiver: nobody
"""


def run(*arguments: str, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), env=environ)


def every_command() -> Iterator[list[str]]:
    root: Any = get_command(app)
    yield []
    for name, command in root.commands.items():
        yield [name]
        yield from ([name, inner] for inner in getattr(command, "commands", ()))


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_helps(words: list[str]) -> None:
    result = run(*words, "--help")

    assert result.exit_code == Exit.DONE
    assert "Usage:" in result.stdout


def test_help_also_answers_to_its_short_name() -> None:
    assert run("-h").exit_code == Exit.DONE


def test_the_commands_are_those_that_were_promised() -> None:
    root: Any = get_command(app)

    assert set(root.commands) == {
        "alert",
        "audit",
        "backtest",
        "cases",
        "contacts",
        "check",
        "dead-letters",
        "demo",
        "detect",
        "doctor",
        "drafts",
        "drill",
        "erase",
        "explain",
        "feedback",
        "feeds",
        "history",
        "holds",
        "incidents",
        "kafka",
        "keys",
        "labels",
        "notices",
        "on-call",
        "produce",
        "reload",
        "replay-decisions",
        "report",
        "routes",
        "score",
        "score-labels",
        "serve",
        "silences",
        "simulate",
        "topics",
    }
    assert set(root.commands["incidents"].commands) == {
        *("list", "show", "ack", "resolve"),
        *("assign", "comment", "snooze", "pass", "hand-over", "state", "merge", "split", "review"),
    }
    assert {"init", "check"} <= set(root.commands["kafka"].commands)


def test_tells_its_version() -> None:
    result = run("--version")

    assert result.exit_code == Exit.DONE
    assert result.stdout.startswith("tocsin ")


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["check"],
        ["drill"],
        ["produce", "--rate", "many", "x.jsonl"],
        ["produce", "--rate", "2", "--pace", "2", "x.jsonl"],
        ["incidents", "list", "--state", "bogus"],
        ["incidents", "list", "--severity", "SEV9"],
        ["history", "load", "x.csv", "--topic", "bogus"],
    ],
    ids=" ".join,
)
def test_a_wrong_use_exits_2(words: list[str]) -> None:
    assert run(*words).exit_code == Exit.USAGE


class TestCheck:
    def test_the_example_is_right(self) -> None:
        result = run("check", str(EXAMPLE))

        assert result.exit_code == Exit.DONE
        assert result.stdout.startswith(f"{EXAMPLE}: right (2 topics, 4 receivers, Kafka at localhost:9092)")

    def test_tells_every_problem_with_its_line_and_exits_3(self, tmp_path: Path) -> None:
        file = tmp_path / "tocsin.yaml"
        file.write_text(WRONG, encoding="utf-8")

        result = run("check", str(file))

        assert result.exit_code == Exit.CONFIG
        told = [line for line in result.stderr.splitlines() if line.startswith(f"{file}:")]
        for start in (
            f"{file}:2: kafka.partitions: 0 is not allowed",
            f"{file}:3: kafka.bootstrap_server: there is no such setting; did you mean bootstrap_servers?",
            f"{file}:7: topics.0.query: ",
            f"{file}:10: receivers.0.notifiers.0",
            f"{file}:12: route.receiver: there is no receiver 'nobody'; known are comms",
        ):
            assert any(line.startswith(start) for line in told), start
        assert f"the configuration has {len(told)} problems" in result.stderr

    def test_a_file_that_is_not_there_exits_3(self, tmp_path: Path) -> None:
        result = run("check", str(tmp_path / "nowhere.yaml"))

        assert result.exit_code == Exit.CONFIG
        assert "nowhere.yaml: cannot be read" in result.stderr

    def test_variables_have_the_last_word(self) -> None:
        wrong = run("check", str(EXAMPLE), environ={"TOCSIN__KAFKA__PARTITIONS": "0"})
        right = run("check", str(EXAMPLE), environ={"TOCSIN__KAFKA__BOOTSTRAP_SERVERS": "kafka:1"})

        assert wrong.exit_code == Exit.CONFIG
        assert "TOCSIN__KAFKA__PARTITIONS" in wrong.stderr
        assert "Kafka at kafka:1" in right.stdout

    def test_says_what_a_thin_configuration_means(self, tmp_path: Path) -> None:
        file = tmp_path / "empty.yaml"
        file.write_text("", encoding="utf-8")

        result = run("check", str(file))

        assert result.exit_code == Exit.DONE
        assert result.stdout.count("note: ") == 3  # no topics, no receivers, no keys

    def test_notes_secrets_that_cannot_be_read_here_and_ports_that_meet(self, tmp_path: Path) -> None:
        file = tmp_path / "tocsin.yaml"
        file.write_text(
            f"receivers: [{{name: r, notifiers: [{{type: slack, channel: c, token_file: {tmp_path}/gone}}]}}]\n"
            "route: {receiver: r}\nroles: {score_port: 8080}\n"
            f"inbound: {{cases: {{secret_files: [{tmp_path}/theirs]}}}}\n"
            f"hooks: {{posts: {{url: 'https://posts.example.com', secret_file: {tmp_path}/ours}}}}\n"
            f"schedules: [{{name: shifts, calendar: {{url_file: {tmp_path}/calendar}}}},"
            f" {{name: nights, pagerduty: {{schedule: PABC, token_file: {tmp_path}/token}}}}]\n",
            encoding="utf-8",
        )

        result = run("check", "--no-fetch", str(file))

        assert result.exit_code == Exit.DONE
        assert f"note: receivers[r].notifiers[0].token_file {tmp_path}/gone cannot be read here" in result.stdout
        assert f"note: schedules[shifts].calendar.url_file {tmp_path}/calendar cannot be read here" in result.stdout
        assert f"note: schedules[nights].pagerduty.token_file {tmp_path}/token cannot be read here" in result.stdout
        assert f"note: inbound.cases.secret_files[0] {tmp_path}/theirs cannot be read here" in result.stdout
        assert f"note: hooks.posts.secret_file {tmp_path}/ours cannot be read here" in result.stdout
        assert "roles.score_port and roles.detect_port are not all different" in result.stdout


@pytest.mark.parametrize(
    "words",
    [["serve"], ["kafka", "acls"], ["drill", "x", "--direct"], ["backtest", "x.csv"], ["history", "load", "x.jsonl"]],
)
def test_every_command_that_reads_the_configuration_refuses_a_wrong_one(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(WRONG, encoding="utf-8")

    assert run(*words, "--config", str(file)).exit_code == Exit.CONFIG
    assert run(*words, environ={"TOCSIN_CONFIG": str(file)}).exit_code == Exit.CONFIG


class TestDrill:
    CONFIG = "receivers: [{name: night, notifiers: [{type: log}]}]\nroute: {receiver: night}\n"

    def test_an_unknown_receiver_exits_2_and_names_the_known(self, tmp_path: Path) -> None:
        file = tmp_path / "tocsin.yaml"
        file.write_text(self.CONFIG, encoding="utf-8")

        result = run("drill", "day", "--direct", "--config", str(file))

        assert result.exit_code == Exit.USAGE
        assert "there is no receiver 'day'; known are night" in result.stderr

    def test_says_for_each_notifier_what_became_of_it(self, tmp_path: Path) -> None:
        file = tmp_path / "tocsin.yaml"
        file.write_text(self.CONFIG, encoding="utf-8")

        result = run("drill", "night", "--direct", "--config", str(file))

        assert result.exit_code == Exit.DONE
        assert any(line.startswith("log ") and ": taken (" in line for line in result.stdout.splitlines())

    def test_a_notifier_that_does_not_take_it_exits_5(self, tmp_path: Path, closed_port: int) -> None:
        file = tmp_path / "tocsin.yaml"
        hook = f"{{type: webhook, url: 'http://127.0.0.1:{closed_port}/', secret: {'s' * 32}}}"
        file.write_text(f"receivers: [{{name: night, notifiers: [{hook}]}}]\nroute: {{receiver: night}}\n", "utf-8")

        result = run("drill", "night", "--direct", "--config", str(file))

        assert result.exit_code == Exit.REFUSED
        assert "s" * 32 not in result.output

    def test_without_a_running_tocsin_exits_4_and_names_the_way_that_needs_none(self, closed_port: int) -> None:
        result = run("drill", "night", "--url", f"http://127.0.0.1:{closed_port}")

        assert result.exit_code == Exit.UNREACHABLE
        assert f"no Tocsin answers at http://127.0.0.1:{closed_port}" in result.stderr
        assert "`--direct` tries the notifiers without one" in result.stderr

    async def test_tells_the_time_of_each_hop(self, tmp_path: Path) -> None:
        async with FakeWebhook(SystemClock(), secret="s" * 32) as vendor:
            file = tmp_path / "tocsin.yaml"
            hook = f"{{type: webhook, url: '{vendor.url}', secret: {'s' * 32}}}"
            file.write_text(
                f"receivers: [{{name: night, notifiers: [{hook}]}}]\nroute: {{receiver: night}}\n"
                "delivery: {allow_networks: [127.0.0.0/8]}\n",
                encoding="utf-8",
            )

            result = await asyncio.to_thread(run, "drill", "night", "--direct", "--config", str(file))

        assert result.exit_code == Exit.DONE
        assert re.search(r"^  connected \d+ ms, answered \d+ ms$", result.stdout, re.MULTILINE)


def test_a_demo_on_a_taken_port_says_so_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = run("demo", "--port", str(port))

    assert result.exit_code == Exit.FAILED
    assert (
        result.stderr == f"tocsin: port {port} is taken by another process; name a free one with --port, or 0 for any\n"
    )


def test_a_reader_that_has_had_enough_hears_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BrokenPipeError), explained():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    assert capfd.readouterr().err == ""


def test_an_unreachable_kafka_exits_4(tmp_path: Path, closed_port: int) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(f"kafka: {{bootstrap_servers: '127.0.0.1:{closed_port}', request_timeout_seconds: 1}}\n", "utf-8")

    result = run("kafka", "check", "--config", str(file))

    assert result.exit_code == Exit.UNREACHABLE
    assert f"127.0.0.1:{closed_port}" in result.stderr


def test_the_acls_are_printed_for_the_principals_that_were_named() -> None:
    result = run("kafka", "acls", "--config", str(EXAMPLE), "--principal", "User:bell-{role}")

    assert result.exit_code == Exit.DONE
    assert {f"User:bell-{role}" for role in ("score", "detect", "alert")} <= set(result.stdout.split())


@pytest.mark.parametrize("words", [["topics"], ["incidents", "list"], ["incidents", "ack", "inc_1"]])
def test_an_api_that_does_not_answer_exits_4(words: list[str], closed_port: int) -> None:
    result = run(*words, "--url", f"http://127.0.0.1:{closed_port}")

    assert result.exit_code == Exit.UNREACHABLE
    assert f"no Tocsin answers at http://127.0.0.1:{closed_port}" in result.stderr
