"""Severity is harm, explained: each kind of harm is scored by itself, weighed, and averaged."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.model import Incident, Severity
from streams.events import Direction, Evidence

MAX_SCORE: Final = 3.0
MAX_HARM: Final = 12.0

# The lowest harm of each severity.
_FROM: Final[Mapping[Severity, float]] = {
    Severity.SEV1: 8.0,
    Severity.SEV2: 5.5,
    Severity.SEV3: 3.0,
    Severity.SEV4: 0.0,
}
# How far harm has to fall below a severity before it is taken back.
_HYSTERESIS: Final = 1.0

_ANGER_SHARE_STEP: Final = 0.4
_ANGER_POLARITY_STEP: Final = 0.6
_ANGER_SHARE_FLOOR: Final = 0.3
_ANGER_SHARE_RANGE: Final = 0.6
# Authors are counted approximately, so one that repeats counts a little more than once.
_MENTIONS_AN_AUTHOR: Final = 1.5
_MOST_TIMES: Final = 100.0  # beyond, the number says more about how little is usual than about the rate


class Factor(msgspec.Struct, frozen=True):
    """One kind of harm.

    Attributes:
        name: `size`, `speed`, `anger`, `reach`, `spread`, `unanswered` or `organic`.
        weight: How much it counts beside the others, > 0.
        score: [0, 3]; never falls when there is more of this harm. None where it is unknown: it does not count then.
        reason: The counts it was scored from, in a person's words.
    """

    name: str
    weight: float
    score: float | None
    reason: str


class Assessment(msgspec.Struct, frozen=True):
    """A severity and the factors that lead to it; `harm` is four times their weighed mean, [0, 12]."""

    severity: Severity
    harm: float
    factors: tuple[Factor, ...]


def assess(evidence: Evidence, direction: Direction) -> Assessment:
    """How bad it is. More of any factor never lowers the severity; a joyful rise is at most SEV3.

    Harm of 8 and more is SEV1, 5.5 and more SEV2, 3 and more SEV3, anything else SEV4. Reach, whether people were
    answered and whether they speak for themselves is left out where it is unknown.
    """
    return _assessment(tuple(Factor(name, weight, *score(evidence)) for name, weight, score in _KINDS), direction)


def settled(current: Severity, found: Assessment) -> Severity:
    """The severity from now on: a worse one at once; a milder one by a step, when harm has clearly fallen."""
    if worse(current, found.severity) is not current:
        return found.severity
    if found.severity is current or found.harm > _FROM[current] - _HYSTERESIS:
        return current
    return min((each for each in Severity if each > current), default=current)


def _assessment(factors: tuple[Factor, ...], direction: Direction) -> Assessment:
    known = [(factor.weight, factor.score) for factor in factors if factor.score is not None]
    mean = sum(weight * score for weight, score in known) / sum(weight for weight, _ in known)
    harm = mean * MAX_HARM / MAX_SCORE
    severity = next(each for each in Severity if harm >= _FROM[each])
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
    factors = tuple(max(kind, key=_known_first) for kind in zip(*each, strict=True))
    return _assessment(factors, direction)


def _known_first(factor: Factor) -> float:
    return -1.0 if factor.score is None else factor.score


def assess_incident(incident: Incident) -> Assessment:
    """How bad it is by its latest evidence, of all its topics."""
    return assess_all([part.evidence for part in incident.parts] or [incident.evidence], incident.direction)


def worse(one: Severity, other: Severity) -> Severity:
    """The one with more harm.

    >>> worse(Severity.SEV3, Severity.SEV1)
    <Severity.SEV1: 'SEV1'>
    """
    return min(one, other)


def milder(one: Severity, other: Severity) -> Severity:
    """The one with less harm."""
    return max(one, other)


def _size(evidence: Evidence) -> tuple[float, str]:
    """One point for each power of ten of mentions above expectation; one author's repetitions are one complaint.

    Where accounts act as one, only what is people's own has a size.
    """
    excess = max(0.0, evidence.observed - evidence.expected)
    window = wording.duration(evidence.window_seconds)
    reason = f"{wording.count(excess)} more than usual in {window}"
    if 0 < evidence.authors * _MENTIONS_AN_AUTHOR < evidence.observed:
        excess = max(0.0, evidence.authors * _MENTIONS_AN_AUTHOR - evidence.expected)
        reason += f", from about {wording.count(evidence.authors)} people"
    if evidence.organic_share is not None:
        excess *= evidence.organic_share
        reason += f", {evidence.organic_share:.0%} of it people's own"
    return _bounded(math.log10(max(excess, 1.0))), reason


def _speed(evidence: Evidence) -> tuple[float, str]:
    """One point for each doubling of the usual rate; one mention is added to both sides, so that few stay few."""
    one_mention = 60 / evidence.window_seconds
    rate = max(evidence.per_minute, evidence.observed * one_mention)
    times = (rate + one_mention) / (evidence.expected * one_mention + one_mention)
    if evidence.expected < wording.HARDLY_ANY:
        reason = "usually almost none"
    else:
        reason = f"{'over 100' if times > _MOST_TIMES else f'{times:.1f}'} times the usual rate"
    return _bounded(math.log2(max(times, 1.0))), reason


def _anger(evidence: Evidence) -> tuple[float, str]:
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
    return _bounded(MAX_SCORE * max(signs)), reason


def _reach(evidence: Evidence) -> tuple[float | None, str]:
    """One point at a reach of 10,000, one more for each power of ten beyond. No source says that nobody was reached."""
    if evidence.reach <= 0:
        return None, "reach unknown"
    return _bounded(math.log10(evidence.reach) - 3), f"reach {wording.count(evidence.reach)}"


def _spread(evidence: Evidence) -> tuple[float | None, str]:
    """One and a half points for each doubling of the platforms that it is evenly spread over; one platform is none.

    Source:
        Hill, "Diversity and evenness", Ecology 1973 (the exponential of the entropy).
    """
    counts = [count for count in evidence.platforms.values() if count > 0]
    if not counts:
        return None, "platforms unknown"
    total = sum(counts)
    evenly = math.exp(-sum(count / total * math.log(count / total) for count in counts))
    return _bounded(
        1.5 * math.log2(evenly)
    ), f"{len(counts)} platform{'s'[: len(counts) != 1]}, as if evenly {evenly:.1f}"


def _unanswered(evidence: Evidence) -> tuple[float | None, str]:
    if evidence.unanswered_share is None:
        return None, "unknown whether they were answered"
    return _bounded(MAX_SCORE * evidence.unanswered_share), f"{evidence.unanswered_share:.0%} unanswered"


def _organic(evidence: Evidence) -> tuple[float | None, str]:
    if evidence.organic_share is None:
        return None, "unknown how many speak for themselves"
    return _bounded(MAX_SCORE * evidence.organic_share), f"{evidence.organic_share:.0%} speak for themselves"


def _bounded(score: float) -> float:
    return min(MAX_SCORE, max(0.0, score))


_KINDS: Final[tuple[tuple[str, float, Callable[[Evidence], tuple[float | None, str]]], ...]] = (
    ("size", 1.0, _size),
    ("speed", 1.0, _speed),
    ("anger", 1.0, _anger),
    ("reach", 1.0, _reach),
    ("spread", 0.5, _spread),
    ("unanswered", 0.5, _unanswered),
    ("organic", 0.5, _organic),
)
