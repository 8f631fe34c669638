"""How long `tocsin check` takes on a thousand routes: `make bench-check-routes`, half a minute.

Whole processes, from start to exit, on a file with a thousand topics of as many owners, a route for each and one dead
route, which has to be named. Seconds are the clock's and tell as much of what else the machine does; CPU seconds stand
beside them.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.report import Report

ROUTES: Final = 1_000
RUNS: Final = 5
_REPOSITORY: Final = Path(__file__).parents[2]


class Checked(NamedTuple):
    """One run of `tocsin check`."""

    seconds: float
    cpu_seconds: float
    told: str


def configuration() -> str:
    """A thousand topics, each with a route of its own, and one that an earlier one leaves nothing to."""
    numbers = range(ROUTES)
    topics = [
        f'  - {{id: t{n}, name: Topic {n}, brand: Acme, owner: Team {n}, query: "word{n} AND (a OR b)"}}'
        for n in numbers
    ]
    routes = [f'    - {{matchers: ["owner=Team {n}", "severity=~SEV[12]"], receiver: team-{n % 50}}}' for n in numbers]
    receivers = [f"  - {{name: team-{n}, notifiers: [{{type: log}}]}}" for n in range(50)]
    dead = '    - {matchers: ["owner=Team 1", "severity=SEV1"], receiver: team-0}'
    lines = ["topics:", *topics, "receivers:", *receivers, "route:", "  receiver: team-0", "  routes:", *routes, dead]
    return "\n".join(lines) + "\n"


def check(file: Path) -> Checked:
    """Run it once.

    Raises:
        CalledProcessError: It found the file wrong.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "alerting.cli.main", "check", str(file)]
    done = subprocess.run(command, cwd=_REPOSITORY, check=True, capture_output=True, text=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Checked(seconds, cpu, done.stdout)


def main() -> int:
    """Print the report; 1 where a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tocsin.yaml")
        file.write_text(configuration(), encoding="utf-8")
        check(file)  # reads every module from the disk once
        runs = [check(file) for _ in range(RUNS)]
    notes = [line for line in runs[0].told.splitlines() if " is dead: " in line]
    report = Report("check-routes", seed=None)
    report.add("routes", ROUTES + 1, "routes")
    report.add("dead routes named, of one", len(notes), "routes", goal="== 1")
    report.add("CPU, median", sorted(run.cpu_seconds for run in runs)[RUNS // 2], "s", goal="< 2")
    report.add("wall clock, median", sorted(run.seconds for run in runs)[RUNS // 2], "s", goal="< 2")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
