"""The documentation says what the code does."""

import re
import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.main import get_command

from alerting.cli.main import app
from alerting.contact_reading import read_contact
from alerting.metrics import AlertingMetrics
from alerting.settings_file import load_settings
from streams import codec
from streams.metrics import StreamMetrics

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
    + list((ROOT / "docs").rglob("*.md"))
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"(?<![\w./-])tocsin ((?:[a-z]+(?:-[a-z]+)*)(?: [a-z]+(?:-[a-z]+)*)?)")
TARGET = re.compile(r"(?<![\w-])make ([a-z][a-z-]+)")

every_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


@cache
def generated() -> dict[str, str]:
    made: dict[str, str] = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
    return made


@cache
def commands() -> tuple[frozenset[str], frozenset[str]]:
    """Commands that take no second word, and those that do with it."""
    root: Any = get_command(app)
    groups = {name for name, command in root.commands.items() if hasattr(command, "commands")}
    inner = {f"{group} {name}" for group in groups for name in root.commands[group].commands}
    return frozenset(set(root.commands) - groups), frozenset(inner)


def links(page: Path) -> list[str]:
    """Where the links of a page lead, except those to other sites and within the page."""
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [target for target in LINK.findall(prose) if "://" not in target and not target.startswith(("#", "mailto:"))]


def blocks(page: Path, *languages: str) -> Iterator[str]:
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language in languages:
            yield text


def quoted(page: Path) -> str:
    """Everything on a page that stands as code."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*blocks(page, "", "sh", "text"), *re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))])


@pytest.mark.parametrize("name", ["cli.md", "configuration.md", "kafka-topics.md", "metrics.md", "queries.md"])
def test_a_generated_page_is_as_the_code_would_write_it(name: str) -> None:
    committed = (REFERENCE / name).read_text(encoding="utf-8")

    assert committed == generated()[name], "run: python docs/generate.py"


def test_every_metric_is_documented() -> None:
    registry = CollectorRegistry()
    StreamMetrics(registry)
    AlertingMetrics(registry)
    page = (REFERENCE / "metrics.md").read_text(encoding="utf-8")

    families = [family.name for family in registry.collect()]

    assert len(families) > 30
    assert [name for name in families if f"`{name}`" not in page and f"`{name}_total`" not in page] == []


def test_metrics_are_declared_in_their_files_only() -> None:
    declaring = re.compile(r"\b(?:Counter|Gauge|Histogram|Summary|Info|Enum)\(\s*\n?\s*\"tocsin_")

    found = {
        str(path.relative_to(ROOT))
        for package in ("streams", "alerting")
        for path in (ROOT / package).rglob("*.py")
        if declaring.search(path.read_text(encoding="utf-8"))
    }

    assert found == {"streams/metrics.py", "alerting/metrics.py", "alerting/world_metrics.py"}


@every_page
class TestEveryPage:
    def test_links_lead_somewhere(self, page: Path) -> None:
        for target in links(page):
            path = (page.parent / target.split("#")[0]).resolve()
            assert path.exists(), f"{target} is not there"

    def test_commands_exist(self, page: Path) -> None:
        single, double = commands()

        for found in COMMAND.findall(quoted(page)):
            first = found.split()[0]
            known = first in single or found in double or any(name.startswith(f"{first} ") for name in double)
            assert known, f"there is no `tocsin {found}`"
            if first not in single and " " in found:
                assert found in double, f"there is no `tocsin {found}`"

    def test_make_targets_exist(self, page: Path) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

        for target in TARGET.findall(quoted(page)):
            bench = target.removeprefix("bench-").replace("-", "_")
            is_bench = target.startswith("bench-") and (ROOT / "tests" / "bench" / f"{bench}.py").exists()
            assert is_bench or re.search(rf"^{target}:", makefile, re.MULTILINE), f"there is no `make {target}`"

    def test_configurations_are_right(self, page: Path, tmp_path: Path) -> None:
        for number, text in enumerate(blocks(page, "yaml")):
            if not isinstance(yaml.safe_load(text), dict):
                continue
            file = tmp_path / f"{number}.yaml"
            file.write_text(text, encoding="utf-8")

            load_settings(file, {})

    def test_mentions_can_be_read(self, page: Path) -> None:
        for text in blocks(page, "json"):
            assert codec.decode_mention(text.encode()).key

    def test_contacts_can_be_read(self, page: Path) -> None:
        for text in blocks(page, "jsonl"):
            for line in text.splitlines():
                assert read_contact(line.encode(), datetime(2026, 1, 6, tzinfo=UTC)).reason


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))

    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert f"[{title}]({path.name})" in index


def test_every_page_of_the_documentation_is_reachable_from_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    seen: set[Path] = set()
    waiting = [index]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        waiting += [(page.parent / target.split("#")[0]).resolve() for target in links(page)]

    seen.add(ROOT / "docs" / "index.md")  # the same index, as the site's first page
    assert [page for page in (ROOT / "docs").rglob("*.md") if page.resolve() not in seen] == []
