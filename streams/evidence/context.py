"""Who, where, in what words: what the counts of the last hours consist of."""

import sys
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from streams.errors import StateCorrupted
from streams.events import Driver, Evidence, PartialCount, Sample
from streams.evidence.distinct import KEPT, estimate, smallest
from streams.evidence.term_baseline import TermBaseline

SLOT_SECONDS: Final = 600
_KEPT_SECONDS: Final = 3 * 3600
_LONGEST_SILENCE: Final = 28 * 86_400
_TERMS_OPEN: Final = 256
_TERMS_CLOSED: Final = 64
_KINDS: Final = 20
_DRIVERS: Final = 8
_SAMPLES: Final = 5
_FEWEST_DRIVER: Final = 2


class _Stretch(msgspec.Struct):
    platforms: dict[str, int] = msgspec.field(default_factory=dict)
    regions: dict[str, int] = msgspec.field(default_factory=dict)
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    terms: dict[str, int] = msgspec.field(default_factory=dict)
    authors: list[int] = msgspec.field(default_factory=list)
    samples: list[Sample] = msgspec.field(default_factory=list)


class Context:
    """The make-up of one topic's mentions in stretches of ten minutes, three hours back.

    Counts are exact up to 256 terms and 64 platforms, regions and languages a stretch; authors are a sketch.
    """

    def __init__(self) -> None:
        self._stretches: dict[int, _Stretch] = {}
        self._usual = TermBaseline()
        self._learned_until: int | None = None

    def add(self, partial: PartialCount) -> None:
        """Take in one delta."""
        start = partial.second - partial.second % SLOT_SECONDS
        stretch = self._stretches.get(start)
        if stretch is None:
            stretch = self._stretches[start] = _Stretch()
        if partial.platforms:
            _count(stretch.platforms, partial.platforms, 64)
        if partial.regions:
            _count(stretch.regions, partial.regions, 64)
        if partial.languages:
            _count(stretch.languages, partial.languages, 64)
        if partial.terms:
            _count(stretch.terms, partial.terms, _TERMS_OPEN)
        if partial.authors and (len(stretch.authors) < KEPT or min(partial.authors) < stretch.authors[-1]):
            stretch.authors = smallest((*stretch.authors, *partial.authors))
        if partial.samples:
            stretch.samples = _best((*stretch.samples, *partial.samples))

    def learn(self, until: int, *, storm_since: int | None) -> None:
        """Everything before `until` is final: learn the words of whole stretches, forget what is three hours old.

        Args:
            storm_since: Stretches that end after this belong to an event and teach nothing.
        """
        done = until - until % SLOT_SECONDS
        if self._learned_until is None:
            self._learned_until = min(self._stretches, default=done)
        calm_until = done if storm_since is None else storm_since - storm_since % SLOT_SECONDS
        # always in the same steps, so that it does not matter when and how often somebody looks
        while self._learned_until < done:
            start = self._learned_until
            if done - start > _LONGEST_SILENCE:
                start = self._skip_silence(start, done)
            stretch = self._stretches.get(start)
            if stretch is not None:
                stretch.terms = _most(stretch.terms, _TERMS_CLOSED)
            if start < calm_until:
                self._usual.learn(start, SLOT_SECONDS, {} if stretch is None else stretch.terms)
            self._stretches.pop(start - _KEPT_SECONDS, None)
            self._learned_until = start + SLOT_SECONDS

    def _skip_silence(self, start: int, done: int) -> int:
        """Where to go on: of a silence of more than four weeks only the last four are learned."""
        following = min((known for known in self._stretches if start <= known < done), default=done)
        begin = max(start, following - _LONGEST_SILENCE)
        if begin > start:
            self._stretches = {at: stretch for at, stretch in self._stretches.items() if at >= begin}
        return begin

    def skip(self) -> None:
        """What comes next does not follow on what came before: the time between teaches nothing."""
        self._stretches.clear()
        self._learned_until = None

    def enrich(self, evidence: Evidence, since: int, at: int) -> Evidence:
        """`evidence` with what is known since `since`, to the ten minutes."""
        begin = since - since % SLOT_SECONDS
        found = [self._stretches[start] for start in sorted(self._stretches) if begin <= start <= at]
        terms = _sum(stretch.terms for stretch in found)
        drivers = sorted(self._drivers(terms, at - begin + 1), key=lambda it: (it.expected - it.mentions, it.term))
        samples = _best(sample for stretch in found for sample in stretch.samples)
        return msgspec.structs.replace(
            evidence,
            authors=estimate(smallest(author for stretch in found for author in stretch.authors)),
            platforms=_most(_sum(stretch.platforms for stretch in found), _KINDS),
            regions=_most(_sum(stretch.regions for stretch in found), _KINDS),
            languages=_most(_sum(stretch.languages for stretch in found), _KINDS),
            drivers=tuple(drivers[:_DRIVERS]),
            samples=tuple(samples),
        )

    def _drivers(self, terms: dict[str, int], seconds: int) -> Iterable[Driver]:
        for term, mentions in terms.items():
            expected = self._usual.expected(term, seconds)
            if mentions >= _FEWEST_DRIVER and mentions > 2.0 * expected:
                yield Driver(term=term, mentions=mentions, expected=expected)

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "stretches": [[start, msgspec.to_builtins(stretch)] for start, stretch in self._stretches.items()],
            "usual": self._usual.snapshot(),
            "learned_until": self._learned_until,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a context.
        """
        try:
            self._stretches = {int(start): msgspec.convert(stretch, _Stretch) for start, stretch in state["stretches"]}
            self._usual.restore(state["usual"])
            self._learned_until = state["learned_until"]
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of a context cannot be read: {exc!r}") from exc


def _count(counts: dict[str, int], more: dict[str, int], most: int) -> None:
    for name, mentions in more.items():
        if name in counts:
            counts[name] += mentions
        elif len(counts) < most:
            counts[sys.intern(name)] = mentions  # of one word one object, however many topics hear it


def _sum(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, mentions in part.items():
            total[name] = total.get(name, 0) + mentions
    return total


def _most(counts: dict[str, int], most: int) -> dict[str, int]:
    ranked = sorted(((name, mentions) for name, mentions in counts.items() if mentions > 0), key=_rank)
    return dict(ranked[:most])


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _best(samples: Iterable[Sample]) -> list[Sample]:
    """The angriest first, then those that went farthest; each mention once."""
    unique = {sample.key: sample for sample in samples}
    return sorted(unique.values(), key=_weight)[:_SAMPLES]


def _weight(sample: Sample) -> tuple[bool, int, str]:
    polarity = 0.0 if sample.polarity is None else sample.polarity
    return polarity > -0.05, -max(sample.reach or 0, sample.followers or 0), sample.key
