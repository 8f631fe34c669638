"""Who leads by how many minutes: posts or calls."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerting.hearing.curve import Curve
from alerting.hearing.shift import LONGEST, shifts

LEAST_GAIN: Final = 8.0
LEAST_LIKENESS: Final = 0.7

_SIZE: Final = 15.0  # of the negative binomial: counts of a minute vary by a quarter beyond chance
_SMOOTHED: Final = 2.5
_ROUNDS: Final = 6
_AT_THE_END: Final = 5
_STIFFNESS: Final = 4.0
_FEWEST: Final = 20.0
_FLOOR: Final = 0.02
_UNLIKE: Final = 3.0  # nats: that both rise alike is likelier than any one way in which they do not
# How sharp one side is beside the other: what is passed on comes after what it repeats, and nobody calls about it.
_SHARPER: Final = ((0.2, 5.0), (0.4, 5.0), (0.4, 10.0), (0.55, 10.0))
_LAGS: Final = np.arange(-LONGEST, LONGEST + 1)

Row = NDArray[np.float64]


class Lag(msgspec.Struct, frozen=True):
    """By how many minutes contacts follow mentions; negative where they come first.

    Attributes:
        low: In 90 of 100 cases it is between this and `high`.
        likeness: How much of the rise of the contacts the mentions explain, beside what it explains itself, [0, 1].
    """

    minutes: float
    low: float
    high: float
    likeness: float


def lag_between(mentions: Curve, contacts: Curve) -> Lag | None:
    """How far the rise of the contacts lies behind that of the mentions; None where they do not rise alike.

    Whether they rise alike is told by how much better the contacts are explained, as negative binomial counts around
    `level * usual + height * moved`, with the mentions moved by -75 to 75 minutes and made sharper or blunter, than
    without them. By how much they are moved is the mean over all lags, as `shifts` weighs them.

    Args:
        mentions: The same minutes as `contacts`.

    Raises:
        ValueError: They are not of the same minutes.

    Source:
        Profile and quasi-likelihood: McCullagh and Nelder, "Generalized Linear Models", 2nd ed., 9.2 and 9.3.
    """
    if (mentions.start, len(mentions.counts)) != (contacts.start, len(contacts.counts)):
        raise ValueError("the two curves are not of the same minutes")
    if min(mentions.excess(), contacts.excess()) < _FEWEST:
        return None
    said, heard = (np.asarray(curve.counts, dtype=float) for curve in (mentions, contacts))
    said_usual, heard_usual = (np.asarray(curve.usual, dtype=float) + _FLOOR for curve in (mentions, contacts))
    gain = _gain(heard, heard_usual, _sharpened(said - said_usual)) - float(np.log(len(_LAGS)))
    if gain < LEAST_GAIN:
        return None
    whole = _gain(heard, heard_usual, [np.clip(_smoothed(heard - heard_usual), 0, None)])
    likeness = min(max(gain / max(whole, 1e-9), 0.0), 1.0)
    chances = shifts(mentions, contacts)
    mean = float((chances * _LAGS).sum())
    # 90 % of a normal law; a count knows no half minutes
    half = 1.645 * float(np.sqrt((chances * (_LAGS - mean) ** 2).sum() + 1 / 12))
    return Lag(mean, mean - half, mean + half, likeness)


def _gain(counts: Row, usual: Row, shapes: list[Row]) -> float:
    """How much better the best shape explains the counts, moved by the best lag, than no shape does; nats."""
    best, spread = -np.inf, 1.0
    for at, shape in enumerate(shapes):
        likelihood, misfit = _fitted(counts, usual, _moved(shape))
        likelihood = likelihood - (_UNLIKE if at else 0.0)
        top = int(np.argmax(likelihood))
        if likelihood[top] > best:
            best, spread = float(likelihood[top]), float(misfit[top])
    alone, _ = _fitted(counts, usual, np.zeros((1, len(counts))))
    return (best - float(alone[0])) / max(1.0, spread)


def _fitted(counts: Row, usual: Row, shapes: Row) -> tuple[Row, Row]:
    """For each shape the log likelihood at its best level and height, and the squared misfit per minute."""
    level = np.ones(len(shapes))
    height = np.clip(counts - usual, 0, None).sum() / np.maximum(shapes.sum(axis=1), 1e-9)
    height = np.where(shapes.any(axis=1), height, 0.0)
    for _ in range(_ROUNDS):
        mean = np.maximum(level[:, None] * usual + height[:, None] * shapes, 1e-6)
        weight = 1 / (mean * (1 + mean / _SIZE))
        off = (counts - mean) * weight
        push = (off @ usual) - _STIFFNESS * (level - 1)
        lift = (off * shapes).sum(axis=1)
        first = weight @ (usual * usual) + _STIFFNESS
        mixed = (weight * shapes) @ usual
        second = (weight * shapes * shapes).sum(axis=1) + 1e-9
        whole = first * second - mixed * mixed
        level = np.maximum(level + (second * push - mixed * lift) / whole, 0.2)
        higher = height + (first * lift - mixed * push) / whole
        height = np.where(higher > 0, higher, height / 4)
    mean = np.maximum(level[:, None] * usual + height[:, None] * shapes, 1e-6)
    rare = _SIZE / (_SIZE + mean)
    likelihood = _SIZE * np.log(rare).sum(axis=1) + (counts * np.log1p(-rare)).sum(axis=1)
    misfit = ((counts - mean) ** 2 / (mean * (1 + mean / _SIZE))).mean(axis=1)
    return likelihood - _STIFFNESS / 2 * (level - 1) ** 2, misfit


def _moved(shape: Row) -> Row:
    """The shape moved by each lag, shape (lags, minutes); nothing went before, and it goes on as it ends."""
    padded = np.concatenate([np.zeros(LONGEST), shape, np.full(LONGEST, shape[-_AT_THE_END:].mean())])
    starts = LONGEST - _LAGS
    moved: Row = padded[starts[:, None] + np.arange(len(shape))]
    return moved


def _sharpened(excess: Row) -> list[Row]:
    smooth = _smoothed(excess)
    found = [smooth, _after(smooth, 3.0)]
    found += [smooth - share * _after(smooth, mean, later=1) for share, mean in _SHARPER]
    return [np.clip(shape, 0, None) for shape in found]


def _smoothed(excess: Row) -> Row:
    reach = int(4 * _SMOOTHED)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHED) ** 2)
    return np.convolve(np.pad(excess, reach, mode="edge"), kernel / kernel.sum(), "valid")


def _after(shape: Row, mean: float, *, later: int = 0) -> Row:
    """What follows the shape after an exponential time of that mean, in minutes."""
    kernel = np.exp(-np.arange(int(6 * mean) + 1) / mean)
    kernel = np.concatenate([np.zeros(later), kernel / kernel.sum()])
    return np.convolve(shape, kernel)[: len(shape)]
