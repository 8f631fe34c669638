"""From a chart to the picture that Slack gets: milliseconds, each drawn in a process of its own, one after the other.

The chart is three hours of minutes with an expected band, an onset, a page and an end. The first picture, which finds
nothing in the machine's caches, is not counted. CPU is that of the drawing process, start included.
"""

import asyncio
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from alerting.charts import svg
from alerting.charts.build import incident_chart, incident_span
from alerting.incidents.model import IncidentState
from alerting.painter import Painter
from tests.bench.report import Report
from tests.fakes.clock import START
from tests.fakes.storyboard import curve_of, incident_at

PICTURES: Final = 60


async def measured() -> tuple[list[float], float, int]:
    """Milliseconds of each picture, CPU milliseconds of one, and its bytes."""
    incident = incident_at(START, state=IncidentState.RESOLVED, minutes=90)
    start, end = incident_span(incident, START)
    drawing = svg.render(
        incident_chart(incident, curve_of(START, usual=40), start=start, end=end), width=1160, height=300
    )
    painter = Painter()
    picture = await painter.png(drawing)
    if picture is None:
        raise SystemExit("no picture was drawn; is resvg-py installed?")
    took: list[float] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(PICTURES):
        began = time.perf_counter()
        await painter.png(drawing)
        took.append((time.perf_counter() - began) * 1e3)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, cpu * 1e3 / PICTURES, len(picture)


def main() -> int:
    """Draw and print; 1 where a goal is missed."""
    took, cpu, size = asyncio.run(measured())
    report = Report("png", seed=None)
    report.add("a picture, median", statistics.median(took), "ms")
    report.add("a picture, 95th percentile", statistics.quantiles(took, n=20)[-1], "ms", goal="<= 150")
    report.add("CPU of a picture", cpu, "ms")
    report.add("size of a picture", size, "bytes")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
