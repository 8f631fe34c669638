"""`tocsin backtest` where somebody looks on: progress on standard error, the result alone on standard output."""

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.integration

TOCSIN: Final = Path(sys.executable).with_name("tocsin")
START: Final = datetime(2026, 1, 5, tzinfo=UTC)


def test_progress_is_on_standard_error_and_a_name_has_no_power_over_the_terminal(tmp_path: Path) -> None:
    counts = tmp_path / "[red]\x1b]0;owned\x07.csv"
    rows = [f"{START + row * timedelta(minutes=5):%Y-%m-%d %H:%M:%S},20" for row in range(600)]
    counts.write_text("\n".join(["timestamp,value", *rows]), encoding="utf-8")
    ours, theirs = pty.openpty()

    with subprocess.Popen(
        [TOCSIN, "backtest", counts, "--json"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        cwd=tmp_path,
    ) as process:
        os.close(theirs)
        shown = _all_of(ours)
        told = process.communicate()[0]

    assert process.returncode == 0
    assert json.loads(told) == []
    assert "500/600" in shown
    assert "[red]" in shown
    assert "\x1b]0;" not in shown


def _all_of(terminal: int) -> str:
    shown = b""
    try:
        while chunk := os.read(terminal, 65_536):
            shown += chunk
    except OSError:
        pass  # a terminal that nobody writes to any more reads as an error on Linux
    finally:
        os.close(terminal)
    return shown.decode(errors="replace")
