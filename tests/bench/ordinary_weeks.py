"""Weeks without an event: minute counts of topics of many kinds.

The models know negative binomial counts, a step of the rate and the extremes of their own past. Nothing here is drawn
from those: intensities wander as a log-autoregressive process, mentions come in cascades of delayed reshares or in
clumps of the same minute, rates follow the hours, the days of the week and a slow drift.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Rates = NDArray[np.float64]

DAY_MINUTES: Final = 1440
WEEK_MINUTES: Final = 7 * DAY_MINUTES
_STEP: Final = 5  # minutes in which a wandering rate stays the same


def _steady(rate: Rates, rng: Generator) -> Counts:
    return _whole(rng.poisson(rate))


def _restless(rate: Rates, rng: Generator) -> Counts:
    """The rate of each ten minutes is up or down by a log-normal factor, by itself."""
    sigma = 0.5
    factors = np.exp(rng.normal(-sigma * sigma / 2.0, sigma, len(rate) // 10 + 1))
    return _whole(rng.poisson(rate * np.repeat(factors, 10)[: len(rate)]))


def _wandering(rate: Rates, rng: Generator) -> Counts:
    return _whole(rng.poisson(rate * autoregression(len(rate), rng, minutes=120.0, sigma=0.35)))


def _cascading(rate: Rates, rng: Generator) -> Counts:
    return _reshares(rate, rng, each=1.0, delay_minutes=15.0)


def _clumped(rate: Rates, rng: Generator) -> Counts:
    """Syndicated posts: one to six in the same minute."""
    posts = rng.poisson(rate / 1.75)
    sizes = rng.choice([1, 2, 3, 6], p=[0.65, 0.2, 0.1, 0.05], size=int(posts.sum()))
    return _counted(np.repeat(np.arange(len(rate)), posts), len(rate), sizes)


def _seasonal(rate: Rates, rng: Generator) -> Counts:
    return _whole(rng.poisson(rate * season(len(rate), rng, depth=0.8)))


def _drifting(rate: Rates, rng: Generator) -> Counts:
    return _whole(rng.poisson(rate * _drift(len(rate), rng, per_week=0.2)))


def _everything(rate: Rates, rng: Generator) -> Counts:
    minutes = len(rate)
    rate = rate * season(minutes, rng, depth=0.7) * _drift(minutes, rng, per_week=0.15)
    rate = rate * autoregression(minutes, rng, minutes=180.0, sigma=0.25)
    return _reshares(rate, rng, each=0.6, delay_minutes=20.0)


KINDS: Final[Mapping[str, Callable[[Rates, Generator], Counts]]] = MappingProxyType(
    {
        "steady": _steady,
        "restless": _restless,
        "wandering": _wandering,
        "cascades": _cascading,
        "clumps": _clumped,
        "seasonal": _seasonal,
        "drifting": _drifting,
        "all of it": _everything,
    }
)


def ordinary_weeks(kind: str, per_day: float, weeks: int, rng: Generator) -> Counts:
    """Mentions minute by minute, shape (weeks * 10080,), at `per_day` in the mean."""
    return KINDS[kind](np.full(weeks * WEEK_MINUTES, per_day / DAY_MINUTES), rng)


def ordinary_moods(kind: str, mentions: Counts, share: float, rng: Generator) -> Counts:
    """How many of each minute's mentions are negative, around `share`; of wandering topics the mood wanders too."""
    if kind not in {"wandering", "all of it"}:
        return _whole(rng.binomial(mentions, share))
    odds = share / (1.0 - share) * autoregression(len(mentions), rng, minutes=360.0, sigma=0.3)
    return _whole(rng.binomial(mentions, odds / (1.0 + odds)))


def season(minutes: int, rng: Generator, *, depth: float) -> Rates:
    """Two humps a day, calmer weekends, beginning anywhere in the week; mean 1."""
    at = np.arange(minutes) + rng.integers(0, WEEK_MINUTES)
    hour = (at % DAY_MINUTES) / 60.0
    shape = np.exp(-0.5 * ((hour - 9.5) / 2.5) ** 2) + 0.8 * np.exp(-0.5 * ((hour - 20.0) / 2.0) ** 2) + 0.12
    shape = shape * np.where((at // DAY_MINUTES) % 7 >= 5, 0.6, 1.0)
    return np.asarray((1.0 - depth) + depth * shape / shape.mean(), dtype=np.float64)


def _drift(minutes: int, rng: Generator, *, per_week: float) -> Rates:
    """A random walk of the log rate from day to day; over half a year it may well triple."""
    days = minutes // DAY_MINUTES + 2
    walk = np.cumsum(rng.normal(0.0, per_week / np.sqrt(7.0), days))
    log_rate = np.interp(np.arange(minutes) / DAY_MINUTES, np.arange(days), walk)
    return np.asarray(np.exp(log_rate) / np.exp(log_rate).mean(), dtype=np.float64)


def autoregression(count: int, rng: Generator, *, minutes: float, sigma: float) -> Rates:
    """exp of a stationary autoregressive process with this correlation time; mean 1."""
    keep = np.exp(-_STEP / minutes)
    shocks = rng.normal(0.0, sigma * np.sqrt(1.0 - keep * keep), count // _STEP + 1)
    level = float(rng.normal(0.0, sigma))
    levels = np.empty(len(shocks))
    for index, shock in enumerate(shocks.tolist()):
        level = keep * level + shock
        levels[index] = level
    return np.asarray(np.repeat(np.exp(levels - sigma * sigma / 2.0), _STEP)[:count], dtype=np.float64)


def _reshares(rate: Rates, rng: Generator, *, each: float, delay_minutes: float) -> Counts:
    """Every post is reshared a geometric number of times, `each` in the mean, each after an exponential delay."""
    posts = rng.poisson(rate / (1.0 + each))
    at = np.repeat(np.arange(len(rate)), posts)
    shares = np.repeat(at, rng.geometric(1.0 / (1.0 + each), len(at)) - 1)
    shares = shares + rng.exponential(delay_minutes, len(shares)).astype(np.int64)
    return _whole(posts) + _counted(shares[shares < len(rate)], len(rate), None)


def _counted(at: NDArray[np.int64], minutes: int, weights: NDArray[np.int64] | None) -> Counts:
    return np.bincount(at, weights=weights, minlength=minutes).astype(np.int64)


def _whole(counts: object) -> Counts:
    return np.asarray(counts, dtype=np.int64)
