"""Real brand-volume series with labelled windows, paged as the product would page. `make bench-nab NAB_DIR=folder`.

The folder holds series of the Numenta Anomaly Benchmark, `timestamp,value` every five minutes, `windows.json` with the
labelled windows of each. Each series runs through the backtest with the product's defaults; a row's anomaly score is 1
where a page would have gone out and 0 elsewhere, and the threshold is 0.5: nothing is fitted to the labels.

`NAB_SCORER` may name another scorer to be printed beside our own: a program called with `--data`, a folder of CSV files
`timestamp,value,anomaly_score`, `--labels`, and `--threshold 0.5`.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", IEEE ICMLA 2015.
"""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.backtest import Row, backtest_counts
from streams.settings import DetectSettings, StreamSettings
from tests.bench.report import Report

WEEK_SECONDS: Final = 7 * 86_400
PROBATION_SHARE: Final = 0.15
PROBATION_MOST_ROWS: Final = 750  # 15 % of at most 5,000 rows
FARTHEST: Final = 3.0  # window widths after a window; beyond, a page counts in full against us
SCORER_SECONDS: Final = 300


class Profile(NamedTuple):
    """What a true detection, a false one and a missed window weigh."""

    true: float
    false: float
    missed: float


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {"standard": Profile(1.0, 0.11, 1.0), "reward low FP": Profile(1.0, 0.22, 1.0)}
)


class Labelled(NamedTuple):
    """A series as the product paged it, and its labelled windows as first and last row."""

    name: str
    rows: Sequence[Row]
    windows: Sequence[tuple[int, int]]

    @property
    def probation(self) -> int:
        """Rows at the beginning in which nothing counts."""
        return min(math.floor(PROBATION_SHARE * len(self.rows)), PROBATION_MOST_ROWS)

    @property
    def pages(self) -> list[int]:
        """Rows with a page, after probation."""
        return [index for index, row in enumerate(self.rows) if row.page and index >= self.probation]

    def window_of(self, index: int) -> int | None:
        """Which window the row lies in."""
        return next((n for n, (first, last) in enumerate(self.windows) if first <= index <= last), None)


def main() -> int:
    """The exit code."""
    folder = os.environ.get("NAB_DIR", "")
    if not folder or not (Path(folder) / "windows.json").is_file():
        told = f"{folder}/windows.json is not there" if folder else "NAB_DIR is not set"
        print(f"Left out: {told}. Name the folder: make bench-nab NAB_DIR=path/to/series")
        return 0
    labels = json.loads((Path(folder) / "windows.json").read_text(encoding="utf-8"))
    begun = perf_counter()
    series = [run_series(path, labels) for path in sorted(Path(folder).glob("*.csv"))]
    seconds = perf_counter() - begun
    report = Report("nab", seed=None)
    report.add("series", len(series), "series")
    for one in series:
        report.add(one.name, _described(one), "")
    for name, profile in PROFILES.items():
        report.add(
            f"NAB score, {name}", score(series, profile), "points", goal=">= 80" if name == "standard" else ">= 72"
        )
    _add_counts(report, series)
    report.add("windows a second", sum(len(one.rows) for one in series) / seconds, "1/s")
    other = os.environ.get("NAB_SCORER")
    report.print()
    if other:
        print(_other(other, Path(folder), series))
    return 0


def run_series(
    path: Path, labels: Mapping[str, Sequence[Sequence[str]]], *, pages_per_week: float | None = None
) -> Labelled:
    """The series as the product pages it, with the labelled windows of its name.

    Args:
        pages_per_week: Another budget than the product's.
    """
    settings = None
    if pages_per_week is not None:
        settings = StreamSettings(detect=DetectSettings(pages_per_week=pages_per_week))
    (rows,) = backtest_counts(path, settings=settings).rows.values()
    named = next((windows for key, windows in labels.items() if Path(key).name == path.name), ())
    windows = []
    for begin, end in named:
        first, last = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (begin, end))
        inside = [index for index, row in enumerate(rows) if first <= row.at <= last]
        windows.append((inside[0], inside[-1]))
    return Labelled(path.stem, rows, windows)


def score(series: Sequence[Labelled], profile: Profile) -> float:
    """From what a detector that never speaks gets, 0, to what the perfect one gets, 100."""
    raw, windows = 0.0, 0
    for one in series:
        counted = [window for window in one.windows if window[1] >= one.probation]
        windows += len(counted)
        first: dict[int, float] = {}
        for index in one.pages:
            window = one.window_of(index)
            if window is None:
                raw += profile.false * _outside(one, index)
            elif window not in first:
                begin, end = one.windows[window]
                first[window] = profile.true * _sigmoid((index - end - 1) / (end - begin + 1)) / _sigmoid(-1.0)
        raw += sum(first.values()) - profile.missed * (len(counted) - len(first))
    silent, perfect = -profile.missed * windows, profile.true * windows
    return 100.0 * (raw - silent) / (perfect - silent)


def _outside(one: Labelled, index: int) -> float:
    """What a page outside of all windows counts: the less, the sooner it comes after a window."""
    before = [(begin, end) for begin, end in one.windows if end < index]
    if not before:
        return -1.0
    begin, end = before[-1]
    position = (index - end) / max(end - begin, 1)
    return -1.0 if position > FARTHEST else _sigmoid(position)


def _sigmoid(position: float) -> float:
    """2 / (1 + exp(5 x)) - 1: 1 long before the window's end, 0 at it, -1 long after it."""
    return 2.0 / (1.0 + math.exp(min(5.0 * position, 700.0))) - 1.0


def _found(one: Labelled) -> tuple[int, int, int]:
    """Windows with a page, pages in windows, pages outside."""
    inside = [window for index in one.pages if (window := one.window_of(index)) is not None]
    return len(set(inside)), len(inside), len(one.pages) - len(inside)


def _described(one: Labelled) -> str:
    found, _, outside = _found(one)
    return f"{found} of {len(one.windows)} windows, {outside} pages outside"


def _add_counts(report: Report, series: Sequence[Labelled]) -> None:
    counts = [_found(one) for one in series]
    found, inside, outside = (sum(column) for column in zip(*counts, strict=True))
    windows = sum(len(one.windows) for one in series)
    weeks = sum((one.rows[-1].at - one.rows[one.probation].at).total_seconds() for one in series) / WEEK_SECONDS
    precision, recall = found / max(found + outside, 1), found / max(windows, 1)
    report.add("windows found", found, f"of {windows}")
    report.add("more pages in windows found already", inside - found, "pages")
    report.add("pages outside", outside, "pages")
    report.add("pages outside, per series and week", outside / weeks, "1/week", goal="<= 0.4")
    report.add("F1 of windows and pages", 2 * precision * recall / max(precision + recall, 1e-9), "", goal=">= 0.6")


def _other(program: str, folder: Path, series: Sequence[Labelled]) -> str:
    with tempfile.TemporaryDirectory(prefix="tocsin-nab-") as out:
        for one in series:
            with (Path(out) / f"{one.name}.csv").open("w", encoding="utf-8", newline="") as file:
                table = csv.writer(file)
                table.writerow(("timestamp", "value", "anomaly_score"))
                table.writerows((f"{row.at:%Y-%m-%d %H:%M:%S}", row.value, int(row.page)) for row in one.rows)
        labels = str(folder / "windows.json")
        command = [sys.executable, program, "--data", out, "--labels", labels, "--threshold", "0.5"]
        if (folder / "labels.json").is_file():
            command += ["--points", str(folder / "labels.json")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SCORER_SECONDS, check=False)
    return done.stdout or done.stderr


if __name__ == "__main__":
    sys.exit(main())
