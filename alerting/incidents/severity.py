"""Severity is harm, explained: four factors, each scored by itself, added up."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.model import Severity
from streams.events import Direction, Evidence

MAX_SCORE: Final = 3.0

_SEV1_FROM: Final = 8.0
_SEV2_FROM: Final = 5.5
_SEV3_FROM: Final = 3.0

_ANGER_SHARE_STEP: Final = 0.4
_ANGER_POLARITY_STEP: Final = 0.6
_ANGER_SHARE_FLOOR: Final = 0.3
_ANGER_SHARE_RANGE: Final = 0.6


class Factor(msgspec.Struct, frozen=True):
    """One kind of harm.

    Attributes:
        name: `size`, `speed`, `anger` or `reach`.
        score: [0, 3]; never falls when there is more of this harm.
        reason: The counts it was scored from, in a person's words.
    """

    name: str
    score: float
    reason: str


class Assessment(msgspec.Struct, frozen=True):
    """A severity and the factors that add up to it; `harm` is their sum, [0, 12]."""

    severity: Severity
    harm: float
    factors: tuple[Factor, ...]


def assess(evidence: Evidence, direction: Direction) -> Assessment:
    """How bad it is. More of any factor never lowers the severity; a joyful rise is at most SEV3.

    Harm of 8 and more is SEV1, 5.5 and more SEV2, 3 and more SEV3, anything else SEV4. What is unknown counts as no
    harm: it may only turn out worse.
    """
    return _assessment((_size(evidence), _speed(evidence), _anger(evidence), _reach(evidence)), direction)


def _assessment(factors: tuple[Factor, ...], direction: Direction) -> Assessment:
    harm = sum(factor.score for factor in factors)
    severity = _severity(harm)
    if direction is Direction.QUIET:
        severity = Severity.SEV3  # silence itself harms nobody, what it hides may
    elif direction is Direction.VIRAL:
        severity = milder(severity, Severity.SEV3)
    return Assessment(severity=severity, harm=round(harm, 2), factors=factors)


def assess_all(evidences: Sequence[Evidence], direction: Direction) -> Assessment:
    """How bad one event is that shows in several topics: of each kind of harm what the worst of them shows.

    Not the sum: topics overlap, and a mention that counts in three of them is one mention.

    Raises:
        ValueError: There is no evidence.
    """
    each = [assess(evidence, direction).factors for evidence in evidences]
    if not each:
        raise ValueError("severity needs evidence")
    factors = tuple(max(kind, key=lambda factor: factor.score) for kind in zip(*each, strict=True))
    return _assessment(factors, direction)


def worse(one: Severity, other: Severity) -> Severity:
    """The one with more harm.

    >>> worse(Severity.SEV3, Severity.SEV1)
    <Severity.SEV1: 'SEV1'>
    """
    return min(one, other)


def milder(one: Severity, other: Severity) -> Severity:
    """The one with less harm."""
    return max(one, other)


def _severity(harm: float) -> Severity:
    if harm >= _SEV1_FROM:
        return Severity.SEV1
    if harm >= _SEV2_FROM:
        return Severity.SEV2
    return Severity.SEV3 if harm >= _SEV3_FROM else Severity.SEV4


def _size(evidence: Evidence) -> Factor:
    """One point for each power of ten of mentions above expectation."""
    excess = max(0.0, evidence.observed - evidence.expected)
    window = wording.duration(evidence.window_seconds)
    return Factor(
        "size", _bounded(math.log10(max(excess, 1.0))), f"{wording.count(excess)} more than usual in {window}"
    )


def _speed(evidence: Evidence) -> Factor:
    """One point for each doubling of the usual rate; one mention is added to both sides, so that few stay few."""
    one_mention = 60 / evidence.window_seconds
    rate = max(evidence.per_minute, evidence.observed * one_mention)
    times = (rate + one_mention) / (evidence.expected * one_mention + one_mention)
    return Factor("speed", _bounded(math.log2(max(times, 1.0))), f"{times:.1f} times the usual rate")


def _anger(evidence: Evidence) -> Factor:
    """The largest of: negative share above usual, polarity below usual, negative share by itself."""
    share, polarity = evidence.negative_share, evidence.polarity
    signs = [0.0]
    if share is not None:
        signs.append((share - _ANGER_SHARE_FLOOR) / _ANGER_SHARE_RANGE)
        if evidence.negative_share_expected is not None:
            signs.append((share - evidence.negative_share_expected) / _ANGER_SHARE_STEP)
    if polarity is not None and evidence.polarity_expected is not None:
        signs.append((evidence.polarity_expected - polarity) / _ANGER_POLARITY_STEP)
    if share is not None:
        reason = f"{share:.0%} negative"
    else:
        reason = "sentiment unknown" if polarity is None else f"sentiment {polarity:+.2f}"
    return Factor("anger", _bounded(MAX_SCORE * max(signs)), reason)


def _reach(evidence: Evidence) -> Factor:
    """One point at a reach of 10,000, one more for each power of ten beyond."""
    if evidence.reach <= 0:
        return Factor("reach", 0.0, "reach not given")
    return Factor("reach", _bounded(math.log10(evidence.reach) - 3), f"reach {wording.count(evidence.reach)}")


def _bounded(score: float) -> float:
    return min(MAX_SCORE, max(0.0, score))
