"""The fixture that finds Apache Kafka says what is missing instead of failing somewhere."""

from pathlib import Path

import pytest

from tests.kafka.jars import ApacheKafkaMissing, kafka_jars


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))
    return folder


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


JAVA_17 = """echo 'openjdk version "17.0.15" 2025-04-15' >&2"""


def test_no_java(tools: Path) -> None:
    assert list(tools.iterdir()) == []

    with pytest.raises(ApacheKafkaMissing, match="Java is not installed"):
        kafka_jars()


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "16"])
def test_java_too_old(tools: Path, version: str) -> None:
    install(tools, "java", f"""echo 'openjdk version "{version}"' >&2""")

    with pytest.raises(ApacheKafkaMissing, match="Java 17 or newer"):
        kafka_jars()


def test_no_maven(tools: Path) -> None:
    install(tools, "java", JAVA_17)

    with pytest.raises(ApacheKafkaMissing, match="Maven"):
        kafka_jars()


def test_a_repository_out_of_reach_counts_as_not_there(tools: Path, tmp_path: Path) -> None:
    install(tools, "java", JAVA_17)
    install(tools, "mvn", "echo 'cannot transfer artifact'; exit 1")

    with pytest.raises(ApacheKafkaMissing, match="cannot transfer artifact"):
        kafka_jars()

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_repository_that_never_answers_counts_as_not_there(tools: Path) -> None:
    install(tools, "java", JAVA_17)
    install(tools, "mvn", "while :; do :; done")

    with pytest.raises(ApacheKafkaMissing, match=r"within 0\.1 seconds"):
        kafka_jars(seconds=0.1)


def test_what_was_fetched_once_is_used_again(tools: Path) -> None:
    install(tools, "java", JAVA_17)
    install(tools, "mvn", "exit 0")
    first = kafka_jars()
    (tools / "mvn").unlink()

    assert kafka_jars() == first
