"""Long benchmarks that go on where they were cut short."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

Job = TypeVar("Job")


def resumed(work: Callable[[Job], Any], jobs: Sequence[Job], *, processes: int) -> Iterator[Any]:
    """The outcome of each job as JSON has it, in order, each as soon as it is there.

    Where `TOCSIN_BENCH_OUTCOMES` names a file, outcomes are written down there as they come, and what stands there is
    not done again. Such a file belongs to one benchmark on one state of the code.
    """
    notes = os.environ.get("TOCSIN_BENCH_OUTCOMES")
    path = Path(notes) if notes else None
    lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.is_file() else []
    known = {json.dumps(job): outcome for job, outcome in map(json.loads, lines)}
    left = [job for job in jobs if json.dumps(job) not in known]
    with ExitStack() as opened:
        file = None if path is None else opened.enter_context(path.open("a", encoding="utf-8"))
        pool = opened.enter_context(ProcessPoolExecutor(processes)) if processes > 1 else None
        fresh = iter(pool.map(work, left) if pool else map(work, left))
        for job in jobs:
            key = json.dumps(job)
            if key not in known:
                line = json.dumps([job, next(fresh)])
                known[key] = json.loads(line)[1]
                if file is not None:
                    print(line, file=file, flush=True)
            yield known[key]
