"""How far it will go: a self-exciting forecast of the final size, from the counts so far. Pure."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from streams.findings import Forecast

FEWEST: Final = 20
_MOST_BINS: Final = 48
_SCALES: Final = (0.04, 0.08, 0.16, 0.32, 0.64)  # of the age so far: how long it takes until somebody answers
_FADES: Final = (0.25, 0.5, 1.0, 2.0, 6.0)  # of the age so far: how soon it tires
_SLOW_SHARE: Final = 0.3
_SLOW_FACTOR: Final = 6.0
_ROUNDS: Final = 12
_HORIZON_AGES: Final = 30
_DISPERSION: Final = 0.02
_MOST_BRANCHING: Final = 1.6
_SPREAD: Final = 0.58
_EXTRA: Final = 0.09
_TAIL: Final = 1.2816  # of the normal distribution: 80 % lie between
_PAST_PEAK: Final = 0.6


class _Fitted(NamedTuple):
    likelihood: float
    remaining: float
    variance: float
    peak: float


def forecast(counts: Sequence[int], seconds: float) -> Forecast | None:
    """The final size of what has brought `counts` so far, one number for each `seconds`, oldest first.

    Everything that was said calls forth more after a while, and ever less as it tires: how long that while is, how soon
    it tires and how much is called forth is what 25 fits find out, weighed by how well each explains what was counted.

    Args:
        counts: From the first mention on, up to now.

    Returns:
        None of fewer than 20 mentions: anything could follow.

    Source:
        Zhao et al., "SEISMIC: a self-exciting point process model for predicting tweet popularity", KDD 2015; Hawkes,
        Biometrika 58(1), 1971. Kernels of two exponentials and averaging over scales are our own.
    """
    so_far = sum(counts)
    if so_far < FEWEST:
        return None
    bins, width = _coarse(counts, seconds)
    age = len(bins)
    fits = [_fit(bins, scale * age, fade * age) for scale in _SCALES for fade in _FADES]
    best = max(fit.likelihood for fit in fits)
    weights = [math.exp(fit.likelihood - best) for fit in fits]
    whole = sum(weights)
    mean = sum(weight * fit.remaining for weight, fit in zip(weights, fits, strict=True)) / whole
    spread = (
        sum(weight * (fit.variance + (fit.remaining - mean) ** 2) for weight, fit in zip(weights, fits, strict=True))
        / whole
    )
    sigma = _SPREAD * math.sqrt(math.log1p(spread / max(mean, 0.5) ** 2) + _EXTRA)
    middle = math.log(max(mean, 0.5)) - 0.3 * min(math.log1p(spread / max(mean, 0.5) ** 2), 1.0)
    peak = sum(weight * fit.peak for weight, fit in zip(weights, fits, strict=True)) / whole
    top = max(_smooth(bins), default=0.0)
    return Forecast(
        so_far=so_far,
        final=so_far + round(math.exp(middle)),
        low=so_far + round(math.exp(middle - _TAIL * sigma)),
        high=so_far + round(math.exp(middle + _TAIL * sigma)),
        doubling=_above(math.log(so_far), middle, sigma),
        to_peak_seconds=round(peak * width) if peak > 0.5 else None,
        past_peak=peak <= 0.5 and _smooth(bins)[-1] < _PAST_PEAK * top,
    )


def _coarse(counts: Sequence[int], seconds: float) -> tuple[list[int], float]:
    """At most 48 bins of equal width; the newest ones are whole."""
    each = max(1, math.ceil(len(counts) / _MOST_BINS))
    first = len(counts) % each
    bins = [sum(counts[:first])] if first else []
    bins += [sum(counts[at : at + each]) for at in range(first, len(counts), each)]
    return bins, each * seconds


def _fit(bins: Sequence[int], scale: float, fade: float) -> _Fitted:
    """The best push and branching of this scale and fade, by expectation maximisation; what would follow from them."""
    first, echo = zip(*_drives(bins, scale, fade), strict=True)
    push, branching = max(sum(bins) * 0.3, 1.0), 0.5
    whole_first, whole_echo = sum(first), sum(echo)
    for _ in range(_ROUNDS):
        by_first = by_echo = 0.0
        for count, one, other in zip(bins, first, echo, strict=True):
            rate = push * one + branching * other
            if count and rate > 0:
                by_first += count * push * one / rate
                by_echo += count * branching * other / rate
        push = by_first / whole_first if whole_first > 0 else 0.0
        branching = min(by_echo / whole_echo, _MOST_BRANCHING) if whole_echo > 0 else 0.0
    likelihood = sum(
        _log_likelihood(count, push * one + branching * other)
        for count, one, other in zip(bins, first, echo, strict=True)
    )
    remaining, peak = _onwards(bins, scale, fade, push, branching)
    calls = min(branching * math.exp(-len(bins) / fade), 0.95)
    return _Fitted(likelihood, remaining, remaining / (1 - calls) ** 2 * 2.0, peak)


def _drives(bins: Sequence[int], scale: float, fade: float) -> Iterator[tuple[float, float]]:
    """For each bin how much the beginning and what was said before call forth, per unit of push and branching."""
    state = _State(scale)
    for at, count in enumerate(bins):
        tired = math.exp(-at / fade)
        yield tired * state.first(at), tired * state.echo(0.5 * count)
        state.pass_bin(count)


class _State:
    """What is still to be called forth, as two exponentials: most soon, some late."""

    def __init__(self, scale: float) -> None:
        self._keeps = (math.exp(-1 / scale), math.exp(-1 / (_SLOW_FACTOR * scale)))
        self._waiting = [0.0, 0.0]

    def first(self, at: int) -> float:
        """The share of the beginning's answers that come in bin `at`."""
        fast, slow = self._keeps
        return (1 - _SLOW_SHARE) * (1 - fast) * fast**at + _SLOW_SHARE * (1 - slow) * slow**at

    def echo(self, fresh: float) -> float:
        """How many answers come in this bin, with `fresh` mentions within it."""
        shares = (1 - _SLOW_SHARE, _SLOW_SHARE)
        return sum(
            share * (1 - keep) * (waiting + fresh)
            for share, keep, waiting in zip(shares, self._keeps, self._waiting, strict=True)
        )

    def pass_bin(self, count: float) -> None:
        """A bin with so many mentions is over."""
        self._waiting = [keep * (waiting + count) for keep, waiting in zip(self._keeps, self._waiting, strict=True)]


def _onwards(bins: Sequence[int], scale: float, fade: float, push: float, branching: float) -> tuple[float, float]:
    """The mean number of mentions still to come, and in how many bins they come fastest."""
    state = _State(scale)
    for count in bins:
        state.pass_bin(count)
    age = len(bins)
    total, fastest, peak, at = 0.0, sum(bins[-3:]) / 3, 0.0, age
    while at < age * _HORIZON_AGES:
        tired = math.exp(-at / fade)
        coming = tired * (push * state.first(at) + branching * state.echo(0.0))
        coming /= max(1 - 0.5 * tired * branching * state.echo(1.0) + 0.5 * tired * branching * state.echo(0.0), 0.2)
        total += coming
        if coming > fastest:
            fastest, peak = coming, float(at - age + 1)
        state.pass_bin(coming)
        at += 1
        if coming < 1e-4 * max(total, 1.0) and at > age + 8:
            break
        if total > 1e3 * sum(bins):
            break
    return total, peak


def _log_likelihood(count: int, rate: float) -> float:
    """Of a negative binomial: counts vary more than by chance alone."""
    rate = max(rate, 1e-3)
    size = 1 / _DISPERSION
    return (
        math.lgamma(count + size)
        - math.lgamma(size)
        - math.lgamma(count + 1)
        + size * math.log(size / (size + rate))
        + count * math.log(rate / (size + rate))
    )


def _smooth(bins: Sequence[int]) -> list[float]:
    """Means of three."""
    return [sum(bins[max(at - 2, 0) : at + 1]) / min(at + 1, 3) for at in range(len(bins))]


def _above(bound: float, middle: float, sigma: float) -> float:
    return 0.5 * math.erfc((bound - middle) / (sigma * math.sqrt(2)))
