"""From `tocsin serve` to ready, and the memory it then takes, on Apache Kafka with SQLite and ten topics.

Ready is what `/-/ready` says: every role holds its partitions and their state. Seconds are the clock's, so they tell as
much of what else the machine does as of us; CPU seconds up to ready stand beside them. Memory is read after ten idle
seconds: the resident set, and of it what no other process shares.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil

from streams.clock import SystemClock
from streams.log import set_up_logging
from streams.settings import KafkaSettings
from tests.bench import pipeline_load
from tests.bench.report import Report
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import Vendors
from tests.kafka.apache import ApacheKafka
from tests.kafka.jars import ApacheKafkaMissing

STARTS: Final = 5
TOPICS: Final = 10
IDLE_SECONDS: Final = 10.0
MIB: Final = 1024 * 1024
CLOCK: Final = SystemClock()


class Started(NamedTuple):
    """One start."""

    seconds: float
    cpu_seconds: float
    resident: float
    unshared: float


def main() -> int:
    """The exit code."""
    set_up_logging(level="critical")
    try:
        node = ApacheKafka().start()
    except ApacheKafkaMissing as exc:
        print(f"This needs Apache Kafka: {exc}")
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            starts = asyncio.run(measure(KafkaSettings(bootstrap_servers=node.bootstrap_servers), Path(folder)))
    finally:
        node.close()
    report = Report("start-up", seed=None)
    report.add("start to ready, median", statistics.median(one.seconds for one in starts), "s", goal="<= 2.5")
    report.add("start to ready, longest", max(one.seconds for one in starts), "s")
    report.add("CPU up to ready, median", statistics.median(one.cpu_seconds for one in starts), "s")
    report.add("resident when idle, median", statistics.median(one.resident for one in starts), "MiB", goal="<= 150")
    report.add("  of it shared with no other process", statistics.median(one.unshared for one in starts), "MiB")
    report.print()
    return 0


async def measure(kafka: KafkaSettings, folder: Path) -> list[Started]:
    """The first start makes the database and the groups, and is not counted."""
    async with Vendors(CLOCK) as vendors:
        document = vendors.document(kafka, pipeline_load.topics(TOPICS), folder=folder)
        document["api"]["port"] = free_port()
        served = Served(folder, document)
        await served.command("kafka", "init", seconds=60)
        return [await start(served) for _ in range(STARTS + 1)][1:]


async def start(served: Served) -> Started:
    """Start, idle, stop."""
    began = CLOCK.monotonic()
    try:
        await served.start(look_every_seconds=0.02)
        seconds = CLOCK.monotonic() - began
        process = psutil.Process(served.pid)
        spent = process.cpu_times()
        await CLOCK.sleep(IDLE_SECONDS)
        memory = process.memory_full_info()
        return Started(seconds, spent.user + spent.system, memory.rss / MIB, memory.uss / MIB)
    finally:
        await served.stop()


if __name__ == "__main__":
    sys.exit(main())
