"""Which texts are nearly the same: small signatures that agree as often as the texts do."""

from collections.abc import Mapping, Sequence
from typing import Final
from zlib import crc32

BINS: Final = 32
_BANDS: Final = 16
_ALIKE: Final = 0.4
_SHINGLE: Final = 2
_FEWEST_TOKENS: Final = 4
_EMPTY: Final = 2**32

Signature = tuple[int, ...]


def signature(tokens: Sequence[str]) -> Signature | None:
    """32 minima over the text's pairs of neighbouring words; None of a text too short to be a copy of anything.

    The share of places in which two signatures agree estimates how many of their pairs the texts share.

    Source:
        Li, Owen and Zhang, "One permutation hashing", NIPS 2012; empty bins are filled from the next full one as in
        Shrivastava and Li, "Densifying one permutation hashing", ICML 2014.
    """
    if len(tokens) < _FEWEST_TOKENS:
        return None
    bins = [_EMPTY] * BINS
    for at in range(len(tokens) - _SHINGLE + 1):
        mixed = crc32(" ".join(tokens[at : at + _SHINGLE]).encode()) * 0x9E3779B1 & 0xFFFFFFFF
        place, value = mixed & (BINS - 1), mixed >> 5
        bins[place] = min(bins[place], value)
    source = next(place for place, value in enumerate(bins) if value != _EMPTY)
    filled, distance = list(bins), source
    for place in range(BINS - 1, -1, -1):
        if bins[place] != _EMPTY:
            source, distance = place, 0
        else:
            distance += 1
            filled[place] = bins[source] + 0x8000000 * distance
    return tuple(filled)


def likeness(one: Signature, other: Signature) -> float:
    """Estimated share of pairs that two texts have in common, [0, 1]."""
    return sum(a == b for a, b in zip(one, other, strict=True)) / BINS


def are_alike(one: Signature | None, other: Signature | None) -> bool:
    """Whether their texts are nearly the same; of a text too short to be a copy nobody knows."""
    return one is not None and other is not None and likeness(one, other) >= _ALIKE


def clusters(signatures: Mapping[int, Signature], *, alike: float = _ALIKE) -> list[list[int]]:
    """Groups of two and more whose texts are nearly the same, each in the order of its numbers; the largest first.

    Only pairs that agree in a band of two places are compared; a text belongs where its first likeness does.

    Args:
        alike: The likeness from which on they are.

    Source:
        Broder, "On the resemblance and containment of documents", SEQUENCES 1997.
    """
    leader: dict[int, int] = {}
    heads: dict[tuple[int, int, int], list[int]] = {}
    for number in sorted(signatures):
        mine = signatures[number]
        bands = [(band, mine[2 * band], mine[2 * band + 1]) for band in range(_BANDS)]
        candidates = dict.fromkeys(head for band in bands for head in heads.get(band, ()))
        nearest = max(candidates, key=lambda head: (likeness(mine, signatures[head]), -head), default=None)
        if nearest is not None and likeness(mine, signatures[nearest]) >= alike:
            leader[number] = nearest
            continue
        leader[number] = number
        for band in bands:
            heads.setdefault(band, []).append(number)
    groups: dict[int, list[int]] = {}
    for number, head in leader.items():
        groups.setdefault(head, []).append(number)
    return sorted((group for group in groups.values() if len(group) > 1), key=lambda group: (-len(group), group[0]))
