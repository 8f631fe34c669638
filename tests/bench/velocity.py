"""Should velocity and acceleration of the mood decide? `make bench-velocity`, some seconds.

The mood of a topic turns from 20 to 45 % negative at flat volume, at once or over three hours. Velocity is the mean
polarity of the last half hour less that of the one before, acceleration how velocity itself has changed since, each in
its standard error, each minute; the CUSUM is the one that decides in the product. Each has the level that chance passes
about once a week on that topic, found in quiet weeks of its own. Printed is how many turns each finds within six hours.
"""

import math
import sys
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.detectors.souring import ODDS
from tests.bench.report import Report

SEED: Final = 1
USUAL: Final = 0.2
TURNED: Final = 0.45
HALF_HOUR: Final = 30
HOURS: Final = 6
RAMP_MINUTES: Final = 180
QUIET_WEEKS: Final = 40
TURNS: Final = 400
WEEK_MINUTES: Final = 7 * 24 * 60
PER_HOUR: Final = (20, 60, 200, 600)
FEWEST: Final = 2

Floats = NDArray[np.float64]


def main() -> None:
    """Every rate, at once and slowly."""
    report = Report("velocity", seed=SEED)
    for per_hour in PER_HOUR:
        rng = np.random.default_rng([SEED, per_hour])
        levels = [_once_a_week(path) for path in _paths(rng, per_hour, np.full(QUIET_WEEKS * WEEK_MINUTES, USUAL))]
        for ramp in (1, RAMP_MINUTES):
            risen = np.clip(np.arange(HOURS * 60) / ramp, 0.0, 1.0)
            share = np.concatenate([np.full(4 * HALF_HOUR, USUAL), USUAL + (TURNED - USUAL) * risen])
            found = np.zeros(3)
            for _ in range(TURNS):
                paths = _paths(rng, per_hour, share)
                found += [(path[4 * HALF_HOUR :] >= level).any() for path, level in zip(paths, levels, strict=True)]
            how = "at once" if ramp == 1 else "over three hours"
            for name, share_found in zip(("velocity", "acceleration", "CUSUM"), found / TURNS, strict=True):
                report.add(f"{per_hour} an hour, turned {how}: found by {name}", float(share_found), "share")
    report.print()


def _paths(rng: np.random.Generator, per_hour: float, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Velocity and acceleration in standard errors, and the CUSUM's nats, by minute."""
    scored = rng.poisson(per_hour / 60.0, len(share))
    negative = rng.binomial(scored, share)
    seen, bad = (np.convolve(row, np.ones(HALF_HOUR))[: len(share)] for row in (scored, negative))
    mean = bad / np.maximum(seen, 1.0)
    error = np.where(seen < FEWEST, np.inf, np.maximum(mean * (1.0 - mean), 0.04) / np.maximum(seen, 1.0))
    now, before, earlier = (np.roll(mean, HALF_HOUR * back) for back in range(3))
    e_now, e_before, e_earlier = (np.roll(error, HALF_HOUR * back) for back in range(3))
    velocity = (now - before) / np.sqrt(e_now + e_before)
    acceleration = (now - 2.0 * before + earlier) / np.sqrt(e_now + 4.0 * e_before + e_earlier)
    worse = ODDS * USUAL / (1.0 - USUAL + ODDS * USUAL)
    steps = negative * math.log(worse / USUAL) + (scored - negative) * math.log((1.0 - worse) / (1.0 - USUAL))
    walk = np.cumsum(steps)
    nats = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
    velocity[: 3 * HALF_HOUR] = acceleration[: 3 * HALF_HOUR] = 0.0
    return velocity, acceleration, nats


def _once_a_week(path: Floats) -> float:
    """The level that separate half days pass as often as there are weeks."""
    highest = np.sort(path[: len(path) // 720 * 720].reshape(-1, 720).max(axis=1))
    return float(highest[-(len(path) // WEEK_MINUTES)])


if __name__ == "__main__":
    main()
