"""Rules of the house that no linter knows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerting.reload_plan import RELOADED, RESTARTED
from alerting.settings import Settings
from alerting.settings_file import load_settings

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 300
# Put together here, so that this file obeys the rule too.
INDEX_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "py" + "pi.python.org")
TEXTS = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".xml", ".html", ".css", ".js", ".mako", ".properties", ""}
OURS = ("streams", "alerting", "tests", "docs", "deploy", "locks", ".ci")
REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z,]+\])?==\S+")


def texts() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS)
    for folder in OURS:
        yield from (
            path
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts
        )


def requirements(lock: Path) -> dict[str, int]:
    """How many hashes each requirement of a lock file has."""
    found: dict[str, int] = {}
    name = ""
    for line in lock.read_text(encoding="utf-8").splitlines():
        match = REQUIREMENT.match(line)
        if match:
            name = match.group()
            found[name] = 0
        elif line.strip().startswith("--hash=sha256:"):
            found[name] += 1
        else:
            assert line.strip() == "" or line.lstrip().startswith("#"), f"{lock.name}: what is {line!r}?"
    return found


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in ("streams", "alerting")
        for path in (ROOT / package).rglob("*.py")
    }

    assert len(lengths) > 100
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_nothing_names_a_package_index() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in texts()
        if any(host in path.read_text(encoding="utf-8", errors="replace").lower() for host in INDEX_HOSTS)
    ]

    assert named == []


@pytest.mark.parametrize("name", ["runtime", "demo", "dev"])
class TestEveryLock:
    def test_has_a_hash_for_every_requirement(self, name: str) -> None:
        found = requirements(ROOT / "locks" / f"{name}.txt")

        assert len(found) > 20
        assert [requirement for requirement, hashes in found.items() if hashes == 0] == []

    def test_names_no_address(self, name: str) -> None:
        text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")

        assert "://" not in text
        assert "index-url" not in text
        assert "find-links" not in text


def test_what_runs_is_locked_alike_in_every_lock() -> None:
    runtime, demo, dev = (set(requirements(ROOT / "locks" / f"{name}.txt")) for name in ("runtime", "demo", "dev"))

    assert runtime <= demo
    assert runtime <= dev


def test_every_example_configuration_is_right() -> None:
    examples = sorted((ROOT / "deploy").rglob("tocsin*.yaml"))

    assert examples
    for example in examples:
        settings = load_settings(example, {})
        assert settings.topics, f"{example} watches nothing"
        assert settings.receivers, f"{example} tells nobody"


def test_the_wire_format_is_known_to_the_codec_alone() -> None:
    encoding = re.compile(r"\bmsgspec\.(?:json|msgpack)\b|\bimport json\b")

    knowing = [
        path.name for path in (ROOT / "streams").rglob("*.py") if encoding.search(path.read_text(encoding="utf-8"))
    ]

    assert knowing == ["codec.py"]


def test_every_section_says_whether_a_reload_or_a_restart_changes_it() -> None:
    sections = {key for key in RESTARTED if "." not in key}

    assert sections | RELOADED == set(Settings.model_fields)
    assert sections & RELOADED == set()
