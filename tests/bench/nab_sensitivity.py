"""How much the score on labelled series hangs on each parameter. `make bench-nab-sensitivity NAB_DIR=folder`.

Each parameter is set to a smaller and a larger value while the others stay as they are, and all series run anew: a
plateau means that nothing was fitted. No value was chosen by this; what each was chosen by says the reference page.
`NAB_PARAMETERS`, names with commas between them, takes some of them only; a pass over five series takes half a minute
of one core, and each is printed as it ends. With `TOCSIN_BENCH_OUTCOMES`, a file, a run that was cut short goes on
where it was.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.nab import PROFILES, run_series, score
from tests.bench.report import Report
from tests.bench.resumed import resumed

PLATEAU: Final = 8.0  # points: less is one labelled window more or less


class Parameter(NamedTuple):
    """A constant of a module, and what it is set to instead."""

    name: str
    module: str
    constant: str
    values: tuple[Any, ...]


PARAMETERS: Final = (
    Parameter("half-life of the baseline, blocks", "rate", "_HALF_LIFE_BLOCKS", (1008, 4032)),
    Parameter("clip of a count, times the mean", "rate", "_CLIP_FACTOR", (3.0, 10.0)),
    Parameter("room above the clip, mentions", "rate", "_CLIP_ROOM", (1.0, 6.0)),
    Parameter("blocks that are kept", "block_maxima", "_KEPT_BLOCKS", (28, 112)),
    Parameter("clip of a block, scales", "block_maxima", "_CLIP_SCALES", (3.0, 8.0)),
    Parameter("weight of the prior scale, blocks", "block_maxima", "_SCALE_WEIGHT", (1.0, 6.0)),
    Parameter("weight of the prior place, blocks", "block_maxima", "_PLACE_WEIGHT", (1.0, 4.0)),
    Parameter("most evidence remembered, nats", "episodes", "_MOST_REMEMBERED", (6.0, 24.0)),
    Parameter("memory of an event, seconds", "episodes", "_MEMORY_SECONDS", (86_400, 4 * 86_400)),
    Parameter("share of it that a new event needs", "episodes", "_MEMORY_SHARE", (0.25, 0.75)),
    Parameter("evidence an open episode lives on", "lasting", "_STAYS_BELOW", (2.0, 8.0)),
    Parameter("standard errors of a busy hour", "window_stand", "_SURELY", (2.0, 4.0)),
    Parameter("caution of a young window's scale, times", "window_scores", "_CAUTION", (1.0, 2.0)),
    Parameter("odds of windows, times", "window_scores", "TOGETHER", (1.0, 2.0)),
    Parameter("odds of the day, times", "busy_day", "TOGETHER", (1.0, 2.0)),
    Parameter("margin of a young topic", "volume", "_YOUNG_MARGIN", (0.25, 1.0)),
    Parameter("record that a season needs, nats", "season", "_ON_NATS", (5.0, 20.0)),
    Parameter("pages a week", "", "pages_per_week", (0.125, 0.5)),
)


Job = tuple[str, Parameter | None, Any]


class Passed(NamedTuple):
    """The scores of one pass: standard, and reward low FP."""

    standard: float
    low_fp: float


def main() -> int:
    """The exit code."""
    folder = os.environ.get("NAB_DIR", "")
    if not folder or not (Path(folder) / "windows.json").is_file():
        told = f"{folder}/windows.json is not there" if folder else "NAB_DIR is not set"
        print(f"Left out: {told}. Name the folder: make bench-nab-sensitivity NAB_DIR=path/to/series")
        return 0
    wanted = {name.strip() for name in os.environ.get("NAB_PARAMETERS", "").split(",") if name.strip()}
    chosen = [one for one in PARAMETERS if not wanted or one.constant in wanted]
    jobs: list[Job] = [(folder, None, None)]
    jobs += [(folder, one, value) for one in chosen for value in one.values]
    processes = int(os.environ.get("TOCSIN_BENCH_PROCESSES", str(os.cpu_count() or 1)))
    passes: list[Passed] = []
    for job, found in zip(jobs, resumed(_pass, jobs, processes=processes), strict=True):
        passes.append(Passed(*found))
        print(f"{_named(job)}: {_told(passes[-1])}", flush=True)
    base = passes[0]
    report = Report("nab-sensitivity", seed=None)
    apart = []
    for job, one in zip(jobs, passes, strict=True):
        report.add(_named(job), _told(one), "standard / low FP")
        if one is not base:
            apart.append(max(abs(one.standard - base.standard), abs(one.low_fp - base.low_fp)))
    if apart:
        report.add("values that move a score by less than a labelled window", _small(apart), "share")
        report.add("the most that one value moves a score", max(apart), "points")
    report.print()
    return 0


def _small(apart: Sequence[float]) -> float:
    return sum(points < PLATEAU for points in apart) / len(apart)


def _told(found: Passed) -> str:
    return f"{found.standard:.1f} / {found.low_fp:.1f}"


def _named(job: Job) -> str:
    _, one, value = job
    return "as it is" if one is None else f"{one.name} ({one.constant}) at {value:g}"


def _pass(job: Job) -> Passed:
    folder, one, value = job
    labels: Mapping[str, Sequence[Sequence[str]]] = json.loads((Path(folder) / "windows.json").read_text("utf-8"))
    budget = value if one is not None and not one.module else None
    with _set(one, value):
        series = [run_series(path, labels, pages_per_week=budget) for path in sorted(Path(folder).glob("*.csv"))]
    return Passed(*(score(series, profile) for profile in PROFILES.values()))


def module_of(one: Parameter) -> ModuleType:
    """Where the constant stands."""
    return importlib.import_module("streams.budget" if one.module == "episodes" else f"streams.detectors.{one.module}")


@contextmanager
def _set(one: Parameter | None, value: object) -> Iterator[None]:
    """The constant at another value, in this process and pass."""
    if one is None or not one.module:
        yield
        return
    module = module_of(one)
    before = getattr(module, one.constant)
    setattr(module, one.constant, value)
    try:
        yield
    finally:
        setattr(module, one.constant, before)


if __name__ == "__main__":
    sys.exit(main())
