"""A fair sample of weighted excerpts, thinned by one threshold."""

from array import array
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

_SPACE: Final = float(2**64)
_MASK: Final = 2**64 - 1
_NO_NUMBERS: Final = array("Q")  # shared by all samples of nothing
_NO_PRIORITIES: Final = array("d")


class Kept(NamedTuple):
    """An excerpt of the sample: under which hash it stands, and how many mentions it stands for."""

    number: int
    weight: float
    body: bytes


class WeightedSample:
    """Excerpts of which each stands for the mentions of its partial that were not kept.

    Who stays is decided by the weight divided by a fair number of the mention's hash; the same excerpts give the same
    sample in whatever order they come, and several samples thinned by one threshold are one sample of them all.

    Source:
        Duffield, Lund and Thorup, "Priority sampling for estimation of arbitrary subset sums", J. ACM 54(6), 2007.
    """

    __slots__ = ("_bodies", "_numbers", "_priorities", "threshold")

    def __init__(self) -> None:
        self.threshold = 0.0
        self._empty()

    def _empty(self) -> None:
        self._numbers, self._priorities = _NO_NUMBERS, _NO_PRIORITIES
        self._bodies: list[bytes] | tuple[()] = ()

    def __len__(self) -> int:
        return len(self._numbers)

    def offer(self, number: int, weight: float, body: bytes) -> None:
        """Take it in, if it passes the threshold; one that is kept already is not taken twice."""
        priority = weight / _chance(number)
        if priority > self.threshold and number not in self._numbers:
            self._take(number, priority, body)

    def _take(self, number: int, priority: float, body: bytes) -> None:
        if isinstance(self._bodies, tuple):
            self._numbers, self._priorities, self._bodies = array("Q"), array("d"), []
        self._numbers.append(number)
        self._bodies.append(body)
        self._priorities.append(priority)

    def priorities(self) -> list[float]:
        """What decides who stays, in no order."""
        return list(self._priorities)

    def thin(self, threshold: float) -> None:
        """Keep only what passes the threshold, from now on."""
        if threshold <= self.threshold:
            return
        self.threshold = threshold
        self._keep([at for at, priority in enumerate(self._priorities) if priority > threshold])

    def drop(self, belongs: Callable[[bytes], bool]) -> bool:
        """Forget the excerpts of which this is true, as if they had never been offered; whether there were any."""
        kept = [at for at, body in enumerate(self._bodies) if not belongs(body)]
        if len(kept) == len(self._bodies):
            return False
        self._keep(kept)
        return True

    def _keep(self, places: list[int]) -> None:
        if not places:
            self._empty()
            return
        self._numbers = array("Q", [self._numbers[at] for at in places])
        self._priorities = array("d", [self._priorities[at] for at in places])
        self._bodies = [self._bodies[at] for at in places]

    def trim(self, size: int) -> None:
        """Keep the best `size`."""
        if len(self) > size:
            self.thin(sorted(self._priorities, reverse=True)[size])

    def __iter__(self) -> Iterator[Kept]:
        """All of the sample, by hash."""
        for number, priority, body in sorted(zip(self._numbers, self._priorities, self._bodies, strict=True)):
            yield Kept(number, max(priority * _chance(number), self.threshold), body)

    def snapshot(self) -> list[Any]:
        """The state as plain values."""
        kept = zip(self._numbers, self._priorities, self._bodies, strict=True)
        return [self.threshold, [list(one) for one in kept]]

    @classmethod
    def restored(cls, state: list[Any]) -> "WeightedSample":
        """As it was when `snapshot` was taken."""
        sample = cls()
        sample.threshold = float(state[0])
        for number, priority, body in state[1]:
            sample._take(int(number), float(priority), bytes(body))
        return sample


def _chance(number: int) -> float:
    """A fair number in (0, 1] of the hash; not the hash itself, by whose size a partial chose what it kept.

    Source:
        Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (its finalizer).
    """
    mixed = (number + 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return float(((mixed ^ (mixed >> 31)) + 1) / _SPACE)
