"""How much the evidence of a group's members rises together by itself."""

from collections.abc import Mapping
from typing import Any, Final

from streams.detectors.fading_means import FadingMeans
from streams.errors import StateCorrupted

_HALF_LIFE_BLOCKS: Final = 56  # four weeks of half days, which is what the extremes of their sum are read from
_USUAL: Final = 0.3  # of members that share the hours and the news of the day; worth ten half days
_USUAL_BLOCKS: Final = 10.0
_MOST_NATS: Final = 3.0  # once in twenty half days: a storm that all share is one day like that
_LEAST_VARIANCE: Final = 0.2
_PAIR: Final = 2


class Dependence:
    """The scale of a sum of members' evidence, from how the highest evidence of half days correlates between them.

    By itself the evidence of one member falls by e a nat. So does the sum of what independent members have; that of
    members that always rise together falls as much slower as there are of them. Between these lies
    1 + (n - 1) r for n members in the sum, r the mean correlation of two of them: the scale of the gamma law that has
    the mean and the variance of such a sum. The highest sums of a few weeks, most of which are hardly above nought, say
    too little of it by themselves.

    Source:
        Brown, "A method for combining non-independent, one-sided tests of significance", Biometrics 31(4), 1975; Kost
        and McDermott, "Combining dependent P-values", Stat. Probab. Lett. 60(2), 2002.
    """

    __slots__ = ("_highest", "_means")

    def __init__(self) -> None:
        self._highest: dict[str, float] = {}
        self._means = FadingMeans(_HALF_LIFE_BLOCKS, 4)

    @property
    def correlation(self) -> float:
        """Of two members' highest evidence of half days, in [0, 1]."""
        mean, square, own, apart = (self._means.get(series) for series in range(4))
        known = self._means.weight
        variance = max(own - mean * mean, _LEAST_VARIANCE)
        found = ((square - mean * mean) / variance - apart) / max(1.0 - apart, 0.5)
        return (_USUAL_BLOCKS * _USUAL + known * min(max(found, 0.0), 1.0)) / (_USUAL_BLOCKS + known)

    def scale(self, summed: int) -> float:
        """By so many nats the sum of `summed` members' evidence is passed e times more rarely, >= 1."""
        return 1.0 + max(summed - 1, 0) * self.correlation

    def learn(self, nats: Mapping[str, float]) -> None:
        """The evidence of each member that has an opinion, after one more minute."""
        highest = self._highest
        for name, found in nats.items():
            if found >= highest.get(name, 0.0):
                highest[name] = min(found, _MOST_NATS)

    def close_block(self) -> None:
        """Twelve hours are over."""
        found = list(self._highest.values())
        self._highest = {}
        if len(found) < _PAIR:
            return
        mean = sum(found) / len(found)
        own = sum(value * value for value in found) / len(found)
        self._means.update([mean, mean * mean, own, 1.0 / len(found)])

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {"highest": self._highest.copy(), "means": self._means.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a dependence.
        """
        try:
            self._highest = {str(name): float(value) for name, value in state["highest"].items()}
            self._means.restore(state["means"])
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of a dependence cannot be read: {exc!r}") from exc
