"""Ten minutes of one topic: what its mentions consist of."""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from streams import codec
from streams.events import PartialCount, Sample
from streams.evidence.distinct import KEPT, smallest
from streams.evidence.loud_samples import LoudSamples, best
from streams.evidence.weighted_sample import WeightedSample
from streams.id_index import hash64

KINDS: Final = 20
_OPEN_KINDS: Final = 64
_CHANGES: Final = 64
_FEW: Final = 4
_NOBODY: Final = array("I")  # shared by all stretches without authors
_UNCHANGED: Final[Mapping[int, str]] = MappingProxyType({})


class Stretch:
    """Counts by kind, a sketch of authors, the loudest mentions, a sample of all, and what became of them since."""

    __slots__ = ("_kinds", "_packed", "authors", "changed", "learned", "mentions", "sample", "samples")

    def __init__(self) -> None:
        self.mentions = 0
        self.learned = False
        self._kinds: tuple[dict[str, int], ...] | None = ({}, {}, {})
        self._packed = b""
        self.authors = _NOBODY
        self.samples = LoudSamples()
        self.sample = WeightedSample()
        self.changed: Mapping[int, str] = _UNCHANGED

    def add(self, partial: PartialCount) -> None:
        """Take in one delta."""
        self.mentions += partial.tally.mentions
        platforms, regions, languages = self._open()
        _count(platforms, partial.platforms)
        _count(regions, partial.regions)
        _count(languages, partial.languages)
        if partial.authors:
            self._meet(partial.authors)
        if partial.samples:
            self.samples.add(partial.samples)
        if partial.excerpts:
            weight = max(partial.tally.mentions / len(partial.excerpts), 1.0)
            for number, body in partial.excerpts.items():
                self.sample.offer(number, weight, body)
        for number in partial.amended:
            self._change(number, "amended")
        for number in partial.deleted:
            self._change(number, "deleted")

    def _meet(self, authors: Sequence[int]) -> None:
        """Keep the smallest hashes of authors, ascending."""
        known = self.authors
        if not known or len(authors) > _FEW:
            self.authors = array("I", smallest((*known, *(author >> 32 for author in authors))))
            return
        for author in authors:
            short = author >> 32
            place = bisect_left(known, short)
            if place < KEPT and (place == len(known) or known[place] != short):
                known.insert(place, short)
                del known[KEPT:]

    @property
    def kinds(self) -> tuple[dict[str, int], ...]:
        """Mentions by platform, by region and by language."""
        return self._kinds if self._kinds is not None else _unpacked(self._packed)

    def rest(self, samples: int) -> None:
        """Nobody is expected to add to it any more: take little room, with so many of the loudest mentions."""
        self.samples.cut(samples)
        if self._kinds is not None:
            self._packed, self._kinds = codec.encode_snapshot(self._kinds), None

    def _open(self) -> tuple[dict[str, int], ...]:
        if self._kinds is None:
            self._kinds, self._packed = _unpacked(self._packed), b""
        return self._kinds

    def fate_of(self, key: str) -> str:
        """`deleted`, `amended` or empty."""
        return self.changed.get(hash64(key), "") if self.changed else ""

    def erase(self, authors: Collection[int]) -> bool:
        """Forget what these people said, but not that it was said; whether they had."""
        shown = self.samples.erase(authors)
        marks = [codec.encode_snapshot(author) for author in authors]
        # a few bytes that stand in an excerpt for its author's hash hardly ever stand there for anything else
        dropped = self.sample.drop(lambda body: any(mark in body for mark in marks) and _author(body) in authors)
        return dropped or shown

    def _change(self, number: int, fate: str) -> None:
        if number in self.changed or len(self.changed) < _CHANGES:
            self.changed = {**self.changed, number: fate}

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "mentions": self.mentions,
            "learned": self.learned,
            "kinds": list(self.kinds),
            "rests": self._kinds is None,
            "authors": list(self.authors),
            "samples": msgspec.to_builtins(self.samples.loudest()),
            "sample": self.sample.snapshot(),
            "changed": [[number, fate] for number, fate in self.changed.items()],
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Stretch":
        """As it was when `snapshot` was taken."""
        stretch = cls()
        stretch.mentions = int(state["mentions"])
        stretch.learned = bool(state["learned"])
        for counts, more in zip(stretch._open(), state["kinds"], strict=True):
            _count(counts, more)
        stretch.authors = array("I", state["authors"])
        stretch.samples = LoudSamples(msgspec.convert(state["samples"], list[Sample]))
        stretch.sample = WeightedSample.restored(state["sample"])
        stretch.changed = {int(number): str(fate) for number, fate in state["changed"]}
        if state["rests"]:
            stretch.rest(len(stretch.samples))
        return stretch


def _author(body: bytes) -> int | None:
    return codec.decode_excerpt(body).author_number


def _unpacked(packed: bytes) -> tuple[dict[str, int], ...]:
    return tuple(codec.decode_snapshot(packed))


def _count(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, mentions in more.items():
        if name in counts:
            counts[name] += mentions
        elif len(counts) < _OPEN_KINDS:
            counts[sys.intern(name)] = mentions  # of one word one object, however many topics hear it


def total(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Their sum, value by value."""
    summed: dict[str, int] = {}
    for part in parts:
        for name, mentions in part.items():
            summed[name] = summed.get(name, 0) + mentions
    return summed


def most(counts: dict[str, int], number: int) -> dict[str, int]:
    """The largest so many above zero."""
    ranked = sorted(((name, mentions) for name, mentions in counts.items() if mentions > 0), key=_rank)
    return dict(ranked[:number])


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def loudest(found: list[Stretch]) -> list[tuple[Sample, Stretch]]:
    """The loudest mentions of all stretches, each with its own."""
    shown = [(sample, stretch) for stretch in found for sample in stretch.samples.loudest()]
    where = {sample.key: stretch for sample, stretch in shown}
    return [(sample, where[sample.key]) for sample in best(sample for sample, _ in shown)]


def with_fate(sample: Sample, stretch: Stretch) -> Sample:
    """With what became of it since."""
    fate = stretch.fate_of(sample.key)
    return msgspec.structs.replace(sample, fate=fate) if fate else sample
