"""What a look of the auditor costs: `make bench-auditor`, a minute.

It asks of every open incident who should have been told. Ten times as many incidents that are over must not cost more;
ten times as many open ones may cost ten times as much. SQLite in a file, two messages an incident; CPU seconds of this
process.
"""

import asyncio
import logging
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from alerting.auditor import Auditor
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import IncidentState
from alerting.incidents.sql.store import SqlStore, open_store
from alerting.metrics import AlertingMetrics
from alerting.receivers import Receivers
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes
from alerting.settings import DatabaseSettings
from tests.bench.report import Report
from tests.fakes.clock import START, FakeClock
from tests.fakes.notifier import ScriptedNotifier
from tests.fakes.stored import delivery, incident

LOOKS: Final = 20
FEW_OPEN: Final = 50
MANY_OPEN: Final = 500
FEW_OVER: Final = 1_000
MANY_OVER: Final = 10_000
_AT_ONCE: Final = 500


async def fill(store: SqlStore, first: int, count: int, state: IncidentState) -> None:
    """Incidents in one state, each with two messages that arrived."""
    for begin in range(first, first + count, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, first + count))
        async with store.begin() as unit:
            for number in numbers:
                one = msgspec.structs.replace(incident(number, state=state), receivers=("comms",))
                await unit.save(one, [], expected_revision=None)
                told = (delivery(f"{one.id}-{channel}", one, notifier=channel) for channel in ("slack", "email"))
                await unit.enqueue([msgspec.structs.replace(each, state=DeliveryState.SENT) for each in told])


async def look(store: SqlStore, clock: FakeClock) -> float:
    """CPU milliseconds of one look, the least of some."""
    receivers, metrics = Receivers({"comms": [ScriptedNotifier()]}), AlertingMetrics(CollectorRegistry())
    routes = Routes(RouteSettings(receiver="comms"))
    auditor = Auditor(store, routes, receivers, clock, metrics, grace_seconds=90)
    spent = []
    for _ in range(LOOKS):
        began = time.process_time()
        await auditor.look()
        spent.append(time.process_time() - began)
    return 1_000 * min(spent)


async def measure() -> tuple[float, float, float]:
    """With few open and few over, with few open and many over, with many open and many over."""
    clock = FakeClock(START + timedelta(days=1))
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(DatabaseSettings(url=f"sqlite:///{folder}/tocsin.db"), clock)
        try:
            await fill(store, 0, FEW_OPEN, IncidentState.TRIGGERED)
            await fill(store, 100_000, FEW_OVER, IncidentState.RESOLVED)
            small = await look(store, clock)
            await fill(store, 200_000, MANY_OVER - FEW_OVER, IncidentState.RESOLVED)
            long_past = await look(store, clock)
            await fill(store, FEW_OPEN, MANY_OPEN - FEW_OPEN, IncidentState.TRIGGERED)
            much_open = await look(store, clock)
        finally:
            await store.close()
    return small, long_past, much_open


def main() -> int:
    """Print the report; 1 where a goal is missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    small, long_past, much_open = asyncio.run(measure())
    report = Report("auditor", seed=None)
    report.add(f"a look, {FEW_OPEN} open, {FEW_OVER} over", small, "ms CPU")
    report.add(f"a look, {FEW_OPEN} open, {MANY_OVER} over", long_past, "ms CPU")
    report.add(f"a look, {MANY_OPEN} open, {MANY_OVER} over", much_open, "ms CPU")
    report.add("ten times as many over: times the cost", long_past / small, "", goal="<= 1.5")
    report.add("ten times as many open: times the cost", much_open / long_past, "", goal="<= 15")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
