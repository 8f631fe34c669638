"""How long people wait for the list of active incidents, and for the console's first page, at 100 requests a second.

Ten thousand incidents with all that explains them lie in the database, two hundred of them open. Requests begin when
they are due, whether or not earlier ones were answered, so a server that falls behind is seen to. The server is a
process of its own with everything behind it that the alert role has; it and whoever asks share the machine.
"""

import asyncio
import math
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp
import psutil

from streams.clock import SystemClock
from tests.bench.report import Report
from tests.fakes.api_house import KEY
from tests.postgres.server import Postgres

PER_SECOND: Final = 100
SECONDS: Final = 20
WARM_UP: Final = 50
GOAL: Final = "<= 50"
CLOCK: Final = SystemClock()
PATHS: Final = {"active incidents": "/api/v1/incidents", "the console's first page": "/"}
ROOT: Final = Path(__file__).parents[2]


class Waited(NamedTuple):
    """What it took: milliseconds at the median and the 99th percentile, and the server's CPU for one request."""

    p50: float
    p99: float
    cpu: float
    bytes: int


@asynccontextmanager
async def server(database: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """An API on ten thousand incidents: its address and its process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.api_server", database),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        yield address, psutil.Process(process.pid)
    finally:
        process.stdin.close()
        await process.wait()


async def waited(session: aiohttp.ClientSession, path: str, process: psutil.Process) -> Waited:
    """Ask for it at a steady rate."""
    sizes: list[int] = []

    async def once() -> None:
        async with session.get(path) as answer:
            body = await answer.read()
            assert answer.status == 200, (answer.status, body[:200])
            sizes.append(len(body))

    for _ in range(WARM_UP):
        await once()
    milliseconds: list[float] = []

    async def timed(due: float) -> None:
        await once()
        milliseconds.append((CLOCK.monotonic() - due) * 1000)

    before = process.cpu_times()
    began = CLOCK.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(PER_SECOND * SECONDS):
            due = began + number / PER_SECOND
            await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))
            group.create_task(timed(due))
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    ranked = sorted(milliseconds)
    return Waited(
        p50=ranked[len(ranked) // 2],
        p99=ranked[math.ceil(0.99 * len(ranked)) - 1],
        cpu=spent * 1000 / len(ranked),
        bytes=sizes[-1],
    )


async def measure(report: Report, name: str, database: str) -> None:
    """Everything on one database."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with server(database) as (address, process), aiohttp.ClientSession(address, headers=headers) as session:
        for what, path in PATHS.items():
            report_waited(report, f"{what}, {name}", await waited(session, path, process))


def report_waited(report: Report, name: str, found: Waited) -> None:
    """One path's figures."""
    report.add(f"{name}, p99", found.p99, "ms", goal=GOAL)
    report.add(f"{name}, p50", found.p50, "ms")
    report.add(f"{name}, CPU of the server", found.cpu, "ms a request")
    report.add(f"{name}, size", found.bytes / 1024, "KiB")


async def main() -> None:
    """Both databases, and what they took."""
    report = Report("api", seed=None)
    with tempfile.TemporaryDirectory() as folder:
        await measure(report, "SQLite", f"sqlite:///{folder}/tocsin.db")
    postgres = Postgres()
    try:
        postgres.start()
        await measure(report, "Postgres", postgres.url)
    finally:
        postgres.close()
    report.print()


if __name__ == "__main__":
    asyncio.run(main())
