"""Which words, phrases, links and copies carry an excess: a division in which every mention counts once."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from streams.evidence.reading import Read
from streams.tone import NEUTRAL

MOST: Final = 5
_FEWEST_READ: Final = 2
_SIGNIFICANT: Final = 1.96
_PRIOR_MENTIONS: Final = 20.0
_WORTH_TELLING: Final = 0.02
_SAYS_THE_SAME: Final = 0.65
_MOSTLY_THERE: Final = 0.5
# Of features that stand in nearly the same mentions the most telling names them.
_TELLING: Final[Mapping[str, int]] = {
    "theme": 7,
    "post": 6,
    "copies": 5,
    "media": 4,
    "link": 4,
    "phrase": 3,
    "hashtag": 2,
    "word": 1,
}


class Usual(Protocol):
    """What is known of a tone's usual mentions."""

    @property
    def mentions(self) -> float:
        """How many were learned from, faded."""
        ...

    def count(self, feature: str) -> float:
        """How many of those had the feature."""
        ...


class Part(msgspec.Struct, frozen=True):
    """One driver of a division.

    Attributes:
        feature: `kind:value`.
        mentions: All with the feature; `carried` of them were not explained by a driver before.
        expected: Of `mentions`, how many were to be expected.
        contribution: `carried` above expectation.
        members: Where its reads stand in the sequence that was divided.
    """

    feature: str
    mentions: float
    expected: float
    carried: float
    contribution: float
    members: tuple[int, ...]


def divide(reads: Sequence[Read], expected: float, usual: Usual, *, most: int = MOST) -> list[Part]:
    """The drivers of these reads, at most `most`, in the order in which they explain.

    Each step takes the feature of which there is most beyond its usual share among the mentions that are not explained
    yet, if chance does not explain it, and gives it those mentions: so no mention is explained twice, and all
    contributions with what is left sum to the excess.

    Args:
        expected: How many of these mentions were to be expected in all.

    Source:
        Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 16(4), 2008 (log-odds with an informative
        Dirichlet prior), here of mentions with and without a feature.
    """
    total = sum(read.weight for read in reads)
    if total <= 0:
        return []
    having = _having(reads)
    counts = {feature: sum(reads[at].weight for at in members) for feature, members in having.items()}
    left = set(range(len(reads)))
    parts: list[Part] = []
    while len(parts) < most:
        best = _best(reads, having, left, total, usual)
        if best is None:
            break
        feature = _most_telling(best, reads, having, left)
        members = [at for at in having[feature] if at in left]
        carried = sum(reads[at].weight for at in members)
        share = _share(usual, feature)
        usually = min(expected * share, counts[feature])
        contribution = carried - usually * carried / counts[feature]
        if contribution < _WORTH_TELLING * total:
            break
        parts.append(Part(feature, counts[feature], usually, carried, contribution, tuple(members)))
        left.difference_update(members)
    return parts


def log_odds(count: float, mentions: float, usual_count: float, usual_mentions: float) -> float:
    """How many standard errors more often the feature comes than it usually does.

    The prior is what is said in all, worth 20 mentions: of a rare word a few more prove nothing.

    >>> log_odds(30, 100, 0, 1000) > 3 > log_odds(2, 100, 3, 1000) > 0 > log_odds(1, 100, 300, 1000)
    True
    """
    prior = _PRIOR_MENTIONS * (count + usual_count + 0.5) / (mentions + usual_mentions + 1)
    here, there = count + prior, usual_count + prior
    without = max(mentions + _PRIOR_MENTIONS - here, 0.5)
    usually_without = max(usual_mentions + _PRIOR_MENTIONS - there, 0.5)
    difference = math.log(here / without) - math.log(there / usually_without)
    return difference / math.sqrt(1 / here + 1 / there)


def _having(reads: Sequence[Read]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, read in enumerate(reads):
        for feature in read.features:
            found.setdefault(feature, []).append(at)
    return {feature: members for feature, members in found.items() if len(members) >= _FEWEST_READ}


def _best(
    reads: Sequence[Read], having: Mapping[str, list[int]], left: set[int], total: float, usual: Usual
) -> str | None:
    best: tuple[float, int, str] | None = None
    for feature, members in having.items():
        here = [at for at in members if at in left]
        if len(here) < _FEWEST_READ:
            continue
        count = sum(reads[at].weight for at in here)
        ahead = count - total * _share(usual, feature)
        rank = ahead, _TELLING.get(feature.partition(":")[0], 0), feature
        if ahead <= 0 or (best is not None and rank <= best):
            continue
        # of a sample the sample proves something, not what it stands for
        if usual.mentions and (log_odds(len(here), len(reads), usual.count(feature), usual.mentions) < _SIGNIFICANT):
            continue
        best = rank
    return None if best is None else best[2]


def _most_telling(feature: str, reads: Sequence[Read], having: Mapping[str, list[int]], left: set[int]) -> str:
    members = {at for at in having[feature] if at in left}
    whole = sum(reads[at].weight for at in members)
    chosen = (_TELLING.get(feature.partition(":")[0], 0), len(feature), feature)
    for other in dict.fromkeys(found for at in sorted(members) for found in reads[at].features if found in having):
        rank = (_TELLING.get(other.partition(":")[0], 0), len(other), other)
        if rank <= chosen:
            continue
        its = [at for at in having[other] if at in left]
        shared = sum(reads[at].weight for at in its if at in members)
        if shared >= _SAYS_THE_SAME * whole and shared >= _MOSTLY_THERE * sum(reads[at].weight for at in its):
            chosen = rank
    return chosen[2]


def _share(usual: Usual, feature: str) -> float:
    return min(usual.count(feature) / usual.mentions, 1.0) if usual.mentions > 0 else 0.0


def tone_of_most(reads: Sequence[Read], members: Sequence[int]) -> str:
    """The tone that more than half of these reads have, else neutral."""
    weights: dict[str, float] = {}
    for at in members:
        weights[reads[at].tone] = weights.get(reads[at].tone, 0.0) + reads[at].weight
    tone, most = max(_ranked(weights), default=(NEUTRAL, 0.0), key=lambda item: item[1])
    return tone if most > 0.5 * sum(weights.values()) else NEUTRAL


def _ranked(weights: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return iter(sorted(weights.items()))
