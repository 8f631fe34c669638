"""How far one rise lies behind another one: two noisy views of one hidden course."""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.hearing.curve import Curve

LONGEST: Final = 75

_FINEST: Final = 5  # minutes: calls and posts of one minute are too few to tell anything by themselves
_MOST_BINS: Final = 80
_STEP: Final = 5
_SCALES: Final = (6.0, 15.0, 40.0)  # minutes within which the hidden course changes: a burst, an outage, a slow affair
_PASSED_ON: Final = ((0.0, 1.0), (0.3, 8.0))  # share of the posts that repeat others, and how many minutes after them
_WANDERS: Final = 0.25  # what is usual is off by a quarter from one hour to the next,
_WANDERS_MINUTES: Final = 60.0
_LEVEL: Final = 0.3  # and by more from one day to the next
_FLOOR: Final = 0.02
_SMOOTHED: Final = 2.0  # bins
_KERNEL_MINUTES: Final = 60
_LEAST_POWER: Final = 1e-6
_LEAST_SEEN: Final = 0.05
_LAGS: Final = np.arange(-LONGEST, LONGEST + 1)

Row = NDArray[np.float64]


class _View(NamedTuple):
    """One side: counts above usual, how far chance moves each, and how far what is usual may be off.

    Attributes:
        noise: Variance of each, shape (bins,).
        wander: Covariance of what is usual, shape (bins, bins).
    """

    excess: Row
    noise: Row
    wander: Row

    @property
    def power(self) -> float:
        """Mean square of what is no chance."""
        return max(float(np.mean(self.excess**2 - self.noise)), _LEAST_POWER)

    def up_to(self, bins: int) -> float:
        """Excess of all but the newest so many bins; never less than a twentieth of all."""
        whole = float(self.excess.sum())
        return max(float(self.excess[: len(self.excess) - bins].sum()), _LEAST_SEEN * whole)


def shifts(mentions: Curve, contacts: Curve) -> Row:
    """How likely each number of minutes from -75 to 75 is by which the contacts follow the mentions; sums to 1.

    Both are taken for views of one hidden course, a Gaussian process, each with a height of its own, with chance, and
    with a usual level that wanders by itself for an hour at a time: what moves both sides together counts, what moves
    one of them alone does not. How fast the course changes, and how many of the posts come late because they repeat
    others, is not known and averaged over.

    Args:
        mentions: The same minutes as `contacts`; both are above usual in sum.

    Source:
        Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, 2.2 and 5.4.1 (marginal likelihood).
    """
    minutes = len(mentions.counts)
    width = max(_FINEST, -(-minutes // _MOST_BINS))
    times = np.arange(minutes // width) * width
    apart = times[None, :] - times[:, None]
    said, heard = _view(mentions, width, apart), _view(contacts, width, apart)
    steps = np.arange(-LONGEST, LONGEST + 1, _STEP)
    heights = _heights(said, heard, steps / width)
    whole = np.concatenate([said.excess, heard.excess])
    found = []
    for scale in _SCALES:
        for share, mean in _PASSED_ON:
            course = _Course(scale, share, mean, int(times[-1]) + LONGEST)
            covariance = _together(said, heard, course, heights, apart, steps)
            found.append(_log_likelihood(covariance, whole))
    by_step: Row = np.logaddexp.reduce(np.array(found), axis=0)
    likelihood = _between(steps, by_step, _LAGS)
    chances: Row = np.exp(likelihood - likelihood.max())
    chances /= chances.sum()
    return chances


class _Course:
    """How alike the hidden course is to itself, and to posts of which some come later, at every distance in minutes.

    Attributes:
        own: Course with course; `mixed` posts with the course, so many minutes later; `late` posts with posts.
    """

    def __init__(self, scale: float, share: float, mean: float, furthest: int) -> None:
        self.zero = furthest + _KERNEL_MINUTES
        distances = np.arange(-self.zero, self.zero + 1)
        delays = np.exp(-np.arange(_KERNEL_MINUTES + 1) / mean)
        delays *= share / delays.sum()
        delays[0] += 1 - share
        self.own: Row = np.exp(-0.5 * (distances / scale) ** 2)
        self.mixed: Row = np.convolve(self.own, delays[::-1])[len(delays) - 1 :]
        self.late: Row = np.convolve(self.mixed, delays)[: len(distances)]


def _view(curve: Curve, width: int, apart: NDArray[np.int64]) -> _View:
    counts, usual = (_binned(np.asarray(one, dtype=float), width) for one in (curve.counts, curve.usual))
    usual = usual + _FLOOR * width
    likely = np.maximum(_smoothed(counts), 0.5)
    # neighbours differ by more than chance where people repeat one another
    clumped = max(1.0, float(np.mean(np.diff(counts) ** 2 / (likely[1:] + likely[:-1]))))
    off = _WANDERS**2 * np.exp(-np.abs(apart) / _WANDERS_MINUTES) + _LEVEL**2
    return _View(counts - usual, likely * clumped, np.outer(usual, usual) * off)


def _heights(said: _View, heard: _View, steps: Row) -> tuple[Row, Row]:
    """How high each side stands at each lag: one beside the other as what both have seen of the course so far."""
    ratio = np.array(
        [heard.up_to(max(round(-step), 0)) / said.up_to(max(round(step), 0)) for step in np.asarray(steps, dtype=float)]
    )
    both = math.sqrt(said.power * heard.power)
    return np.sqrt(both / ratio), np.sqrt(both * ratio)


def _together(
    said: _View,
    heard: _View,
    course: _Course,
    heights: tuple[Row, Row],
    apart: NDArray[np.int64],
    steps: NDArray[np.int64],
) -> Row:
    """The covariance of both sides at each lag, shape (lags, 2 bins, 2 bins)."""
    bins, at = len(said.excess), apart + course.zero
    ours, theirs = (height[:, None, None] for height in heights)
    found = np.empty((len(steps), 2 * bins, 2 * bins))
    found[:, :bins, :bins] = ours**2 * course.late[at] + said.wander + np.diag(said.noise)
    found[:, bins:, bins:] = theirs**2 * course.own[at] + heard.wander + np.diag(heard.noise)
    across = ours * theirs * course.mixed[at[None] - steps[:, None, None]]
    found[:, :bins, bins:] = across
    found[:, bins:, :bins] = across.transpose(0, 2, 1)
    return found


def _log_likelihood(covariance: Row, values: Row) -> Row:
    """Of the values under each covariance, but for a constant."""
    root = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(root, np.broadcast_to(values[:, None], (len(root), len(values), 1)))[..., 0]
    likelihood: Row = -0.5 * (whitened**2).sum(axis=1) - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return likelihood


def _binned(minutes: Row, width: int) -> Row:
    """Sums of so many minutes; of the oldest ones those that fill no bin are left out."""
    whole = len(minutes) // width * width
    binned: Row = minutes[len(minutes) - whole :].reshape(-1, width).sum(axis=1)
    return binned


def _smoothed(counts: Row) -> Row:
    reach = int(4 * _SMOOTHED)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHED) ** 2)
    return np.convolve(np.pad(counts, reach, mode="edge"), kernel / kernel.sum(), "valid")


def _between(known: NDArray[np.int64], values: Row, asked: NDArray[np.int64]) -> Row:
    """The natural cubic spline through values at equal distances."""
    step, many = float(known[1] - known[0]), len(known)
    bends = np.zeros(many)
    inner = np.diag(np.full(many - 2, 4.0)) + np.diag(np.ones(many - 3), 1) + np.diag(np.ones(many - 3), -1)
    bends[1:-1] = np.linalg.solve(inner, 6 * np.diff(values, 2) / step**2)
    left = np.clip((asked - known[0]) // int(step), 0, many - 2)
    b = (asked - known[left]) / step
    a = 1 - b
    spline: Row = (
        a * values[left]
        + b * values[left + 1]
        + ((a**3 - a) * bends[left] + (b**3 - b) * bends[left + 1]) * step**2 / 6
    )
    return spline
