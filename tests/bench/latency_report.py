"""What the latency benchmark measured, and how it is shown."""

import statistics
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tests.bench import latency_load
from tests.bench.report import Report

STAGES: Final = ("accepted to counted", "counted to detected", "detected to opened", "opened to received")


class Page(NamedTuple):
    """The first page of one incident at one vendor. Times are seconds since 1970.

    Attributes:
        accepted: When the broker took the mention that made the score cross.
        counted: When the partial count with it was written.
        detected: When the detection was written.
        opened: When the incident was opened.
        received: When the vendor had the page.
    """

    accepted: float
    counted: float | None
    detected: float | None
    opened: float
    received: float

    @property
    def seconds(self) -> float:
        """What is promised."""
        return self.received - self.accepted


class Measured(NamedTuple):
    """What one run showed; `decided` is the time from a burst's begin to the acceptance of the mention that decided."""

    pages: list[Page]
    decided: list[float]
    missed: list[str]
    unasked: int
    history: int
    history_seconds: float
    mentions: int
    rate: float
    cpu_seconds: float
    commits: dict[str, float]


def show(measured: Measured, *, seed: int, bursts: int, load: tuple[float, float]) -> None:
    """Print it, every goal beside its figure.

    Args:
        load: The machine's load average before and after.
    """
    report = Report("latency", seed=seed)
    seconds = [page.seconds for page in measured.pages]
    decided = measured.decided
    report.add("bursts", bursts, "bursts")
    report.add("bursts without an incident", len(measured.missed), "bursts", goal="== 0")
    report.add("incidents of topics without a burst", measured.unasked, "incidents")
    report.add("first pages", len(seconds), "pages", goal=f">= {2 * (bursts - len(measured.missed))}")
    report.add("acceptance to receipt, p50", _quantile(seconds, 0.5), "s", goal="<= 0.7")
    report.add("acceptance to receipt, p99", _quantile(seconds, 0.99), "s", goal="<= 2")
    report.add("acceptance to receipt, worst", max(seconds, default=None), "s")
    for number, stage in enumerate(STAGES):
        spans = [span for page in measured.pages if (span := _span(page, number)) is not None]
        for share in (0.5, 0.99):
            report.add(f"  {stage}, p{share * 100:.0f}", _quantile(spans, share), "s")
    report.add("burst's begin to the deciding mention, p50", _quantile(decided, 0.5), "s")
    report.add("burst's begin to the deciding mention, worst", max(decided, default=None), "s")
    for role, mean in measured.commits.items():
        report.add(f"commit of {role}, mean", mean * 1000, "ms")
    report.add("mentions read", measured.rate, "mentions/s", goal=f">= {0.95 * latency_load.PER_SECOND:g}")
    report.add("CPU of the process", 1e6 * measured.cpu_seconds / max(measured.mentions, 1), "us/mention")
    report.add("history", measured.history, "counted minutes")
    report.add("history took", measured.history_seconds, "s")
    report.add("load average of the machine, before", load[0], "")
    report.add("load average of the machine, after", load[1], "")
    report.print()


def _span(page: Page, number: int) -> float | None:
    moments: tuple[Any, ...] = (page.accepted, page.counted, page.detected, page.opened, page.received)
    begin, end = moments[number], moments[number + 1]
    return None if begin is None or end is None else end - begin


def _quantile(values: Sequence[float], share: float) -> float | None:
    """With linear interpolation between the neighbours; None of nothing."""
    if len(values) < 2:
        return values[0] if values else None
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]
