"""The documentation as a site, built strictly."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.integration

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECONDS = 120.0


class Calls(HTMLParser):
    """Everything that a page loads when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what a browser would fetch by itself."""
        named = dict(attrs)
        if tag in {"script", "img", "iframe"}:
            self.loaded.append(named.get("src") or "")
        if tag == "link" and named.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loaded.append(named.get("href") or "")


def build(target: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make docs` does."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(target)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = build(tmp_path)

    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    pages = list(tmp_path.rglob("*.html"))
    assert {tmp_path / "index.html", tmp_path / "tutorial.html", tmp_path / "reference/cli.html"} <= set(pages)
    for page in pages:
        calls = Calls()
        calls.feed(page.read_text(encoding="utf-8"))
        for address in filter(None, calls.loaded):
            parts = urlsplit(address)
            assert not parts.netloc, f"{page.name} loads {address}"
            assert parts.scheme == "data" or (page.parent / unquote(parts.path)).exists(), f"{page.name}: {address}"
