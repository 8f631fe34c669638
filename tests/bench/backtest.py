"""How fast a recorded past is decided on, by the run that `tocsin backtest` makes. `make bench-backtest`.

A topic-window is one minute of one topic that is scored, decided on and learned; a row of five minutes is five windows.
Levels are a topic rarely spoken of and a busy one, steady: what ordinary weeks cost. Measured is CPU time of one
process, reading the file included, of a run that tells its pages; `--out` also wants every row's score, and a run for
each of its budgets on top.

The goal is far from what is measured: what decides is the very code that runs live, in Python, and most of a window's
time goes into scoring it at several scales and learning from it.
"""

import csv
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.backtest import backtest_counts
from tests.bench.report import Report
from tests.fakes.streams_of_counts import START, negative_binomial

SEED: Final = 20_260_105
WINDOWS: Final = 20_160  # two weeks of minutes
CASES: Final = (  # name, minutes a row, mentions a minute, sentiment columns
    ("rare, a row a minute", 1, 0.1, False),
    ("busy, a row a minute", 1, 20.0, False),
    ("busy, a row every five minutes", 5, 20.0, False),
    ("busy, a row every five minutes, with sentiment", 5, 20.0, True),
)


def write(path: Path, *, step: int, per_minute: float, sentiment: bool) -> None:
    """A counts file of steady overdispersed counts."""
    random_ = random.Random(SEED)  # noqa: S311 - numbers for a benchmark
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("timestamp", "value", *(("negative", "positive") if sentiment else ())))
        for row in range(WINDOWS // step):
            at = datetime.fromtimestamp(START, UTC) + timedelta(minutes=step * row)
            value = negative_binomial(random_, per_minute * step, 0.05)
            moods = (value // 5, value // 4) if sentiment else ()
            table.writerow((at.strftime("%Y-%m-%d %H:%M:%S"), value, *moods))


def main() -> None:
    """Every case once."""
    report = Report("backtest", seed=SEED)
    windows, seconds = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, step, per_minute, sentiment in CASES:
            path = Path(folder) / "topic.csv"
            write(path, step=step, per_minute=per_minute, sentiment=sentiment)
            spent, scored = (_spent(path, with_rows=with_rows) for with_rows in (False, True))
            report.add(name, WINDOWS / spent, "topic-windows/s per core")
            report.add(f"{name}, every row scored", WINDOWS / scored, "topic-windows/s per core")
            windows, seconds = windows + WINDOWS, seconds + spent
    report.add("all", windows / seconds, "topic-windows/s per core", goal=">= 100000")
    report.print()


def _spent(path: Path, *, with_rows: bool) -> float:
    begun = process_time()
    backtest_counts(path, with_rows=with_rows)
    return process_time() - begun


if __name__ == "__main__":
    main()
