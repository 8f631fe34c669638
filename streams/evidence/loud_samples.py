"""The loudest mentions of a stretch of time, in little room."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from streams import codec
from streams.findings import Sample
from streams.tone import NEGATIVE_UP_TO

SAMPLES: Final = 5
_ROOM: Final = 2 * SAMPLES

Weight = tuple[bool, int, str]


def weight_of(sample: Sample) -> Weight:
    """What puts a sample before others: anger first, then how many people it may reach."""
    polarity = 0.0 if sample.polarity is None else sample.polarity
    return polarity > NEGATIVE_UP_TO, -max(sample.reach or 0, sample.followers or 0), sample.key


def best(samples: Iterable[Sample]) -> list[Sample]:
    """The angriest first, then those that went farthest; each mention once, as it came last."""
    unique = {sample.key: sample for sample in samples}
    return sorted(unique.values(), key=weight_of)[:SAMPLES]


class LoudSamples:
    """The five loudest mentions of all that were added. Packed, because next to none is ever shown.

    Some more wait to be sorted; when that happens changes nothing.
    """

    __slots__ = ("_packed", "_quietest")

    def __init__(self, samples: Sequence[Sample] = ()) -> None:
        self._packed: list[bytes] | tuple[()] = ()
        self._quietest: Weight | None = None  # of five that are kept: what is quieter needs no room
        if samples:
            self._keep(samples)

    def __len__(self) -> int:
        """How many there are, at most five."""
        return min(len(self._packed), SAMPLES)

    def add(self, samples: Sequence[Sample]) -> None:
        """Some more."""
        for sample in samples:
            known = self._packed
            if known and self._may_have(sample):  # an older version of it may give way
                self._keep([*best(self.loudest()), sample])
            elif self._quietest is None or weight_of(sample) < self._quietest:
                self._packed = [*known, _packed(sample)]
                if len(self._packed) > _ROOM:
                    self._keep(self.loudest())

    def _may_have(self, sample: Sample) -> bool:
        key = sample.key.encode()
        return any(key in packed for packed in self._packed)

    def _keep(self, samples: Iterable[Sample]) -> None:
        kept = best(samples)
        self._packed = [_packed(sample) for sample in kept]
        self._quietest = weight_of(kept[-1]) if len(kept) == SAMPLES else None

    def loudest(self) -> list[Sample]:
        """Five at most, the loudest first."""
        return best(map(_unpacked, self._packed))

    def cut(self, number: int) -> None:
        """Keep so many of them."""
        if len(self._packed) > number:
            self._packed, self._quietest = [*map(_packed, self.loudest()[:number])], None

    def erase(self, authors: Collection[int]) -> bool:
        """Forget what these people said; whether they had."""
        found = self.loudest()
        left = [sample for sample in found if sample.author_number not in authors]
        if len(left) == len(found):
            return False
        self._packed, self._quietest = [*map(_packed, left)], None
        return True


def _packed(sample: Sample) -> bytes:
    return codec.encode_snapshot(sample)


def _unpacked(packed: bytes) -> Sample:
    return msgspec.convert(codec.decode_snapshot(packed), Sample)
