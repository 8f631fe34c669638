"""What a new topic borrows from its peers: empirical Bayes over what was learned of them."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

FEWEST_PEERS: Final = 5
_SPREAD: Final = 1.0  # of log rates between topics of which nothing is known, as a variance
_SPREAD_WEIGHT: Final = 5.0
_LEAST_SHAPE: Final = 0.2
_MOST_SHAPE: Final = 5.0
_SHRINK: Final = 3.0  # peers that what is known without any of them is worth
_LEAST_RATIO: Final = 0.5
_MOST_RATIO: Final = 2.5
_SMALLEST_RATE: Final = 1e-6


class Lean(msgspec.Struct, frozen=True, gc=False):
    """How a score's block maxima lie beside what its rate alone would make one expect.

    Attributes:
        offset: Of the location.
        ratio: Of the scale, > 0.
    """

    offset: float = 0.0
    ratio: float = 1.0


NO_LEAN: Final = Lean()


class Scatter(msgspec.Struct, frozen=True, gc=False):
    """A topic's usual rate and how its counts scatter: see `rate`."""

    per_minute: float
    narrow_clumping: float
    wide_clumping: float
    dispersion: float


class Lesson(msgspec.Struct, frozen=True, gc=False):
    """What one topic with a proven past teaches about topics of its kind.

    Attributes:
        leans: By the name of the score.
        scatter: Of its counts; None from a detector that counts nothing.
    """

    leans: dict[str, Lean]
    scatter: Scatter | None = None

    def with_more(self, other: "Lesson") -> "Lesson":
        """What two detectors of the same topic teach."""
        return Lesson({**self.leans, **other.leans}, self.scatter or other.scatter)


class Prior(msgspec.Struct, frozen=True):
    """What is believed of a topic before it has a past of its own.

    Its rate is gamma: `shape` mentions in shape / per_minute minutes. Its thresholds lean as those of its peers do.

    Attributes:
        peers: How many taught it.

    Source:
        Efron and Morris, "Stein's estimation rule and its competitors", JASA 68, 1973; Gelman et al., "Bayesian Data
        Analysis", 3rd ed., 5.
    """

    peers: int
    shape: float
    per_minute: float
    narrow_clumping: float
    wide_clumping: float
    dispersion: float
    leans: dict[str, Lean]

    def lean(self, score: str) -> Lean:
        """How the block maxima of this score lean among the peers, where that asks for caution."""
        lean = self.leans.get(score, NO_LEAN)
        return lean if lean.ratio >= 1.0 else Lean(lean.offset)

    def reach(self, score: str) -> Lean:
        """The same, also where chance takes this score less far among the peers than with nothing known."""
        return self.leans.get(score, NO_LEAN)

    def rate_after(self, mentions: int, minutes: float) -> float:
        """The expected rate, mentions a minute, once so many came in so many minutes."""
        return (self.shape + mentions) / (self.shape / self.per_minute + minutes)


def prior_of(lessons: Sequence[Lesson]) -> Prior | None:
    """What these peers teach, in whatever order; None of fewer than five, which say little about a sixth."""
    scatters = [lesson.scatter for lesson in lessons if lesson.scatter is not None]
    if len(scatters) < FEWEST_PEERS:
        return None
    rates = [math.log(max(scatter.per_minute, _SMALLEST_RATE)) for scatter in scatters]
    mean = math.fsum(rates) / len(rates)
    apart = math.fsum((rate - mean) ** 2 for rate in rates)
    spread = (_SPREAD_WEIGHT * _SPREAD + apart) / (_SPREAD_WEIGHT + len(rates) - 1)
    names = sorted({name for lesson in lessons for name in lesson.leans})
    return Prior(
        peers=len(scatters),
        shape=min(max(1.0 / spread, _LEAST_SHAPE), _MOST_SHAPE),
        per_minute=math.exp(mean),
        narrow_clumping=_mean([scatter.narrow_clumping for scatter in scatters]),
        wide_clumping=_mean([scatter.wide_clumping for scatter in scatters]),
        dispersion=_mean([scatter.dispersion for scatter in scatters]),
        leans={name: _shrunk([lesson.leans[name] for lesson in lessons if name in lesson.leans]) for name in names},
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _shrunk(leans: Sequence[Lean]) -> Lean:
    """Their mean, drawn towards no lean at all: few peers move it little.

    Peers that are calm say how high chance rises, and nothing of a rhythm that was not seen yet: scales may come to be
    smaller, down to half, and locations only higher.
    """
    weight = len(leans) / (len(leans) + _SHRINK)
    ratio = math.exp(_mean([math.log(lean.ratio) for lean in leans]) * weight)
    offset = weight * _mean([lean.offset for lean in leans])
    return Lean(max(offset, 0.0), min(max(ratio, _LEAST_RATIO), _MOST_RATIO))
