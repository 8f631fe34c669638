import re

import pytest

from alerting.console.page import HERE, STATIC

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
ASSETS = sorted(STATIC.iterdir())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_needs_no_inline_code_no_other_host_and_marks_nothing_safe(template: object) -> None:
    source = template.read_text()  # type: ignore[attr-defined]

    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"https?://|src=\"//|href=\"//", source)
    assert not re.search(r"\|\s*safe\b|autoescape", source)


@pytest.mark.parametrize("asset", ASSETS, ids=lambda path: path.name)
def test_an_asset_asks_no_other_host(asset: object) -> None:
    source = asset.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")  # type: ignore[attr-defined]

    assert not re.search(r"https?://|@import|url\(", source)


def test_the_script_builds_no_code_from_text() -> None:
    source = (STATIC / "live.js").read_text()

    assert not re.search(r"innerHTML\s*=|\beval\b|new Function|document\.write|insertAdjacentHTML", source)
