"""How far will a post go? `make bench-virality`: forecasts at one hour, beside two that count alone.

Cascades of agents: everybody who passes a post on shows it to followers, a heavy-tailed number of whom a share looks at
it after a log-normal while and may pass it on. How willing they are is drawn anew at random moments, tires with a power
of time, and jumps where press picks it up. No kernel, no branching ratio and no exponential of the forecast is in it.
The two that count alone learn their constants on cascades of other seeds: final = c times the count at one hour, and
ln final = a + b ln count (Szabo and Huberman, "Predicting the popularity of online content", CACM 53(8), 2010).
Beside all stands somebody who knows how the cascade works but not its future (`virality_oracle`).
"""

import heapq
import math
import os
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.evidence.forecast import forecast
from tests.bench.report import Report
from tests.bench.virality_oracle import FOLLOWERS, LOOKING, Course, remaining

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
CASCADES: Final = int(os.environ.get("TOCSIN_BENCH_CASCADES", "400"))
HOUR_MINUTES: Final = 60.0
END_MINUTES: Final = 48 * 60.0
FEWEST: Final = 50
MOST: Final = 20_000
TIRES, POWER = 140.0, 1.4  # the middle of what is drawn


class Cascade(NamedTuple):
    """What was seen in the first hour, minute by minute, and how many it were in the end.

    Attributes:
        shown: Who showed it to followers in the first hour: the minute, and how many; the author first.
    """

    minutes: list[int]
    final: int
    course: Course
    shown: tuple[tuple[float, int], ...]

    @property
    def seen(self) -> int:
        """After one hour."""
        return sum(self.minutes)


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    known = cascades("learn", 200)
    judged = cascades("judge", CASCADES)
    ratio = statistics.median(one.final / one.seen for one in known)
    slope, intercept = line([math.log(one.seen) for one in known], [math.log(one.final) for one in known])
    told = [forecast(one.minutes, 60.0) for one in judged]
    pairs = [(one, found) for one, found in zip(judged, told, strict=True) if found is not None]
    doubled = [one.final >= 2 * one.seen for one, _ in pairs]
    report = Report("virality", seed=SEED)
    report.add("cascades", len(pairs), f"of {len(judged)}")
    report.add("doubled after the first hour", sum(doubled) / len(doubled), "share")
    report.add(
        "median error at one hour",
        median_error([(one, float(found.final)) for one, found in pairs]),
        "share of the final size",
        goal="<= 0.15",
    )
    report.add(
        "  constant ratio", median_error([(one, one.seen * ratio) for one, _ in pairs]), "share of the final size"
    )
    szabo = [(one, math.exp(intercept + slope * math.log(one.seen))) for one, _ in pairs]
    report.add("  log-linear, Szabo and Huberman", median_error(szabo), "share of the final size")
    covered = sum(found.low <= one.final <= found.high for one, found in pairs) / len(pairs)
    report.add("80 % interval covers, at least", covered, "share", goal=">= 0.75")
    report.add("80 % interval covers, at most", covered, "share", goal="<= 0.85")
    report.add("doubling, AUC", area([found.doubling for _, found in pairs], doubled), "", goal=">= 0.88")
    known_course = [remaining(one.course, one.shown, HOUR_MINUTES) / one.seen for one, _ in pairs]
    report.add("  by somebody who knows how the cascade works, AUC", area(known_course, doubled), "")
    typical = [
        remaining(one.course._replace(tires=TIRES, power=POWER), one.shown, HOUR_MINUTES) / one.seen for one, _ in pairs
    ]
    report.add("  by the same who knows all but how soon it tires, AUC", area(typical, doubled), "")
    report.add("  standard error of an AUC of 0.88 from so many", area_error(0.88, doubled), "")
    report.add(
        "  and the median error of who knows it all",
        median_error([(one, one.seen * (1 + more)) for (one, _), more in zip(pairs, known_course, strict=True)]),
        "share of the final size",
    )
    report.add("  by the count alone, AUC", area([-float(one.seen) for one, _ in pairs], doubled), "")
    report.print()
    return int(report.missed)


def median_error(pairs: Sequence[tuple[Cascade, float]]) -> float:
    """Of the final size."""
    return statistics.median(abs(told - one.final) / one.final for one, told in pairs)


def line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    """Slope and intercept of least squares."""
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
    return slope, y - slope * x


def area(scores: Sequence[float], truth: Sequence[bool]) -> float | None:
    """Chance that one that is true has the higher score."""
    yes = [score for score, true in zip(scores, truth, strict=True) if true]
    no = [score for score, true in zip(scores, truth, strict=True) if not true]
    if not yes or not no:
        return None
    return sum((a > b) + 0.5 * (a == b) for a in yes for b in no) / (len(yes) * len(no))


def area_error(area: float, truth: Sequence[bool]) -> float:
    """Standard error of such an area.

    Source:
        Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143(1), 1982.
    """
    yes, no = sum(truth), len(truth) - sum(truth)
    both_yes, both_no = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (yes - 1) * (both_yes - area**2) + (no - 1) * (both_no - area**2)
    return math.sqrt(spread / max(yes * no, 1))


def cascades(name: str, many: int) -> list[Cascade]:
    """So many that had at least 50 after one hour."""
    found: list[Cascade] = []
    number = 0
    while len(found) < many:
        one = cascade(random.Random(f"virality {SEED} {name} {number}"))  # noqa: S311 - a simulation
        number += 1
        if one is not None and one.seen >= FEWEST:
            found.append(one)
    return found


def cascade(random_: random.Random) -> Cascade | None:
    """One post and all who passed it on within two days; None where it outgrew the simulation."""
    delay, width = random_.uniform(5.0, 40.0), random_.uniform(0.6, 1.1)
    course = drawn(random_, delay, width)
    waiting: list[tuple[float, int]] = []
    author = int(random_.lognormvariate(8.8, 0.9))
    show(random_, waiting, 0.0, author, course)
    times: list[float] = []
    seen = [(0.0, author)]
    while waiting:
        moment, followers = heapq.heappop(waiting)
        if moment > END_MINUTES:
            break
        if random_.random() < course.willing(moment):
            times.append(moment)
            if moment < HOUR_MINUTES:
                seen.append((moment, followers))
            if len(times) > MOST:
                return None
            show(random_, waiting, moment, followers, course)
    minutes = [0] * int(HOUR_MINUTES)
    for moment, _ in seen[1:]:
        minutes[int(moment)] += 1
    return Cascade(minutes, len(times), course, tuple(seen))


def drawn(random_: random.Random, delay: float, width: float) -> Course:
    """The chance that somebody who sees it passes it on: it steps, tires and may be picked up."""
    base = random_.uniform(0.02, 0.06)
    tires, power = random_.uniform(30, 250), random_.uniform(0.8, 2.0)
    steps = tuple(sorted(random_.uniform(0, 240) for _ in range(4)))
    heights = tuple(random_.lognormvariate(0, 0.2) for _ in range(5))
    pickup = random_.uniform(20, 400) if random_.random() < 0.15 else None
    return Course(delay, width, base, tires, power, steps, heights, pickup)


def show(
    random_: random.Random, waiting: list[tuple[float, int]], moment: float, followers: int, course: Course
) -> None:
    """Some of the followers look at it, each after a while of their own, with followers of their own."""
    looks = sum(random_.random() < LOOKING for _ in range(min(followers, 60_000)))
    for _ in range(looks):
        later = moment + random_.lognormvariate(math.log(course.delay), course.width)
        heapq.heappush(waiting, (later, int(random_.lognormvariate(*FOLLOWERS))))


if __name__ == "__main__":
    sys.exit(main())
