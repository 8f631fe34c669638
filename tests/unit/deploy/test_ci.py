"""`.ci/run` leaves nothing out."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / ".ci" / "run"
ASKED = re.compile(r'(?:TOCSIN_REQUIRE_|required\(os\.environ, "|_absent\(")([A-Z]+)')


def test_is_a_script_that_can_run() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True, timeout=10)

    assert os.access(SCRIPT, os.X_OK)


def test_whatever_tests_can_require_is_required() -> None:
    asked = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__)
        for name in ASKED.findall(path.read_text(encoding="utf-8"))
    }
    exported = set(re.findall(r"TOCSIN_REQUIRE_([A-Z]+)=1", SCRIPT.read_text(encoding="utf-8")))

    assert {"KAFKA", "POSTGRES", "BROWSER", "PROMTOOL"} <= asked
    assert exported == asked


def test_ends_with_the_check_that_everybody_runs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    check = makefile.split("\ncheck:", 1)[1].split("\n\n", 1)[0]

    assert SCRIPT.read_text(encoding="utf-8").rstrip().endswith("\nmake check")
    assert all(step in check for step in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"))
