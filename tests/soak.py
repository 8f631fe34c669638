"""Every long version of a test, one file after the other, each in a process of its own. `make soak`.

A file that fails stops nobody, and one that hangs is ended after an hour. What the tests print is shown; all that was
logged besides stands in `build/soak`. Files may be named: `make soak SOAK=tests/integration/test_chaos.py`.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

import psutil

from streams.clock import SystemClock

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "build" / "soak"
CLOCK: Final = SystemClock()
_FILE_SECONDS: Final = 3600.0
_GOODBYE_SECONDS: Final = 60.0  # to stop the servers it has started
_LOGGED: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[|\{\"|\s*$")


class Ran(NamedTuple):
    """What became of one test, and what it printed."""

    name: str
    result: str
    seconds: float
    figures: tuple[str, ...]


def long_ones() -> list[Path]:
    """The files that have a long version."""
    return [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "TOCSIN_SOAK" in path.read_text("utf-8")]


def run(path: Path) -> list[Ran]:
    """Run all tests of the file."""
    report, log = FOLDER / f"{path.stem}.xml", FOLDER / f"{path.stem}.log"
    report.unlink(missing_ok=True)
    began = CLOCK.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        f"--junitxml={report}",
        "-o",
        "junit_logging=system-out",
        str(path),
    ]
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "TOCSIN_SOAK": "1"}, stdout=told, stderr=subprocess.STDOUT
        )
        try:
            process.wait(_FILE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as exc:
            _end(process)
            if isinstance(exc, KeyboardInterrupt):
                raise
    ran = list(_read(report)) if report.is_file() else []
    if process.returncode and all(one.result != "FAILED" for one in ran):
        ended = f"it ended with {process.returncode}: {log}"
        ran.append(Ran(path.stem, "NO RESULT", CLOCK.monotonic() - began, (ended,)))
    return ran


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it stop what it has started; what is left after a minute is killed."""
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GOODBYE_SECONDS)
    process.kill()
    process.wait()
    for left in started:
        with suppress(psutil.NoSuchProcess):
            left.kill()


def _read(report: Path) -> Iterator[Ran]:
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  # pytest wrote it
        bad = next((case.find(name) for name in ("failure", "error") if case.find(name) is not None), None)
        skipped = case.find("skipped")
        printed = (case.findtext("system-out") or "").splitlines()
        figures = [line for line in printed if not _LOGGED.match(line) and not line.startswith("----")]
        if bad is not None:
            figures.append((bad.get("message") or "").partition("\n")[0][:300])
        if skipped is not None:
            figures.append(skipped.get("message") or "")
        result = "FAILED" if bad is not None else "passed" if skipped is None else "skipped"
        if name := case.get("name"):
            yield Ran(name, result, float(case.get("time") or 0), tuple(figures))


def main(named: list[str]) -> int:
    """Run the files that are named, or all; 1 where a test failed or a file brought no result."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    paths = [Path(one).resolve() for one in named] or long_ones()
    began, failed = CLOCK.monotonic(), []
    print(f"Files: {len(paths)}, one after the other. Logs: {FOLDER}")
    for number, path in enumerate(paths, 1):
        print(f"\n{path.relative_to(ROOT)} ({number} of {len(paths)}, {CLOCK.now():%H:%M:%S} UTC)", flush=True)
        for one in run(path):
            print(f"  {one.result} in {one.seconds:.0f} s: {one.name}", flush=True)
            for figure in one.figures:
                print(f"      {figure}")
            if one.result not in {"passed", "skipped"}:
                failed.append(one.name)
    print(f"\n{(CLOCK.monotonic() - began) / 60:.0f} minutes; {len(failed)} failed: {', '.join(failed) or 'none'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
