"""What can be said about the image without building it."""

import fnmatch
import json
import re
import shlex
from pathlib import Path

import yaml

from alerting.settings import ApiSettings, RoleSettings
from streams.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[3]


def instructions() -> list[tuple[str, str]]:
    """Every instruction with its arguments, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for instruction in instructions():
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def of(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [arguments for instruction, arguments in stage if instruction == name]


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path into the build; the last pattern that matches decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        tried = parts if "**/" in pattern else above
        if any(fnmatch.fnmatchcase(part, bare) for part in tried):
            sent = pattern.startswith("!")
    return sent


def test_builds_in_one_stage_and_runs_in_another() -> None:
    build, run = stages()

    assert of(build, "FROM")[0].endswith(" AS build")
    assert of(run, "COPY") == ["--from=build /opt/tocsin /opt/tocsin"]
    assert not any("pip" in command for command in of(run, "RUN"))


def test_runs_as_somebody_without_rights() -> None:
    run = stages()[-1]
    order = [instruction for instruction, _ in run]

    (user,) = of(run, "USER")

    assert user == "10001"
    assert any(
        "useradd --system --uid 10001 --home-dir /var/lib/tocsin --create-home tocsin" in c for c in of(run, "RUN")
    )
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert of(run, "WORKDIR") == ["/var/lib/tocsin"]


def test_installs_only_what_the_lock_has_hashes_for() -> None:
    installs = [command for command in of(stages()[0], "RUN") if "pip install" in command]

    assert len(installs) == 2
    assert "--require-hashes -r locks/runtime.txt" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]


def test_copies_what_exists_and_what_the_build_is_sent() -> None:
    copied = [source for arguments in of(stages()[0], "COPY") for source in shlex.split(arguments)[:-1]]

    assert {"streams", "alerting", "pyproject.toml"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists()
        assert is_sent(source)
        assert is_sent(f"{source}/app.py") or (ROOT / source).is_file()


def test_the_build_is_sent_nothing_private_and_nothing_large() -> None:
    for path in (".git/config", ".venv/bin/python", "deploy/secrets/slack_token", "tocsin.db", "tests/conftest.py"):
        assert not is_sent(path)
    assert not is_sent("streams/__pycache__/app.cpython-313.pyc")


def test_what_the_package_is_made_of_is_copied() -> None:
    copied = {source for arguments in of(stages()[0], "COPY") for source in shlex.split(arguments)[:-1]}
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    readme = re.search(r'^readme = "(.+)"', text, re.MULTILINE)
    licences = re.search(r'^license-files = \["(.+)"\]', text, re.MULTILINE)

    assert readme is not None
    assert licences is not None
    assert {readme[1], licences[1]} <= copied


def test_asks_for_health_where_serve_answers_and_lets_the_roles_say_otherwise() -> None:
    (check,) = of(stages()[-1], "HEALTHCHECK")
    command = json.loads(check.split(" CMD ", 1)[1])

    assert f"http://127.0.0.1:{ApiSettings().port}/-/healthy" in command[-1]
    assert "TOCSIN_HEALTH_URL" in command[-1]
    compile(command[-1], "healthcheck", "exec")


def test_exposes_the_ports_that_the_settings_name() -> None:
    roles = RoleSettings()
    (exposed,) = of(stages()[-1], "EXPOSE")

    assert [int(port) for port in exposed.split()] == [ApiSettings().port, roles.score_port, roles.detect_port]


def test_the_image_runs_the_service_unless_told_otherwise() -> None:
    run = stages()[-1]

    assert json.loads(of(run, "ENTRYPOINT")[0]) == ["tocsin"]
    assert json.loads(of(run, "CMD")[0]) == ["serve"]


def test_the_example_runs_on_a_kafka_of_one_node() -> None:
    example = yaml.safe_load((ROOT / "deploy/examples/tocsin.yaml").read_text(encoding="utf-8"))

    assert example["kafka"].get("replication", KafkaSettings().replication) == 1
