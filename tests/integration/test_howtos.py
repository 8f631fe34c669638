"""Who follows a how-to to the letter ends with a contract suite that passes."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("streams", "alerting", "tests", "pyproject.toml")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SECONDS = 110.0
FEWEST = 5  # tests of one notifier, detector or source


def follow(page: Path, house: Path) -> None:
    """Do what the page shows: Python blocks that begin with a path are files, diff blocks are changes."""
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        first, _, rest = text.partition("\n")
        if language == "python" and first.startswith("# "):
            path = house / first.removeprefix("# ")
            assert not path.exists()
            path.write_text(rest, encoding="utf-8")
        elif language == "diff":
            path = house / first.removeprefix("@@ ")
            path.write_text(changed(path.read_text(encoding="utf-8"), rest), encoding="utf-8")


def changed(text: str, diff: str) -> str:
    """The text with every hunk applied; each must fit in exactly one place."""
    for hunk in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] in " -")
        after = "".join(line[1:] or "\n" for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"does not fit in one place: {before}"
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize(
    ("page", "suite", "ours"),
    [
        ("add-a-notifier.md", "test_every_notifier.py", "bell or table"),
        ("add-a-detector.md", "test_every_detector.py", ""),
        ("add-a-source.md", "test_every_source.py", "stars or table"),
    ],
)
async def test_following_it_passes_the_contract_suite(page: str, suite: str, ours: str, tmp_path: Path) -> None:
    """Of the suite what concerns the new one; the others passed without it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    follow(ROOT / "docs" / "howto" / page, tmp_path)

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"tests/contract/{suite}", "-k", ours),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTEST_ADDOPTS": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate()

    assert process.returncode == 0, told.decode()
    passed = re.search(r"(\d+) passed", told.decode())
    assert passed is not None
    assert int(passed[1]) >= FEWEST
