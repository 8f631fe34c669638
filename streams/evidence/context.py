"""Who, where, in what words: what the counts of the last hours consist of."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from streams import codec
from streams.errors import StateCorrupted
from streams.events import Evidence, PartialCount
from streams.evidence.cascades import Cascades, Spread
from streams.evidence.distinct import estimate, smallest
from streams.evidence.explain import Event, Usually, explain
from streams.evidence.features import OwnWords, features
from streams.evidence.loud_samples import weight_of
from streams.evidence.novelty import Novelty
from streams.evidence.origins import Origins
from streams.evidence.places import places_of
from streams.evidence.rates import Rates
from streams.evidence.reading import Read
from streams.evidence.stretch import KINDS, Stretch, loudest, most, total, with_fate
from streams.evidence.theme_words import Themes, theme_words
from streams.evidence.virality import MOST_POSTS
from streams.evidence.weighted_sample import WeightedSample
from streams.tone import NEGATIVE

SLOT_SECONDS: Final = 600
_KEPT_SECONDS: Final = 3 * 3600
_LONGEST_SILENCE: Final = 28 * 86_400
_EXCERPTS: Final = 100
_SLACK: Final = 4
_LOOKED_AT: Final = 8  # whether there are too many is asked only so often
_LEARNED_AFTER: Final = 2 * SLOT_SECONDS  # an event is seen some minutes after it began
_EXCERPTS_LEARNED: Final = 12  # about so few of a stretch are the same in whatever order they came
_SAMPLES_AT_REST: Final = 1
_LOUDEST: Final = 2


class Context:
    """The make-up of one topic's mentions in stretches of ten minutes, three hours back.

    Platforms, regions and languages are exact up to 64 each and stretch. What is said is read from a fair sample of
    104 excerpts at most over all stretches: exact of as many mentions, an estimate of more. Authors are a sketch.
    """

    __slots__ = (
        "_cascades",
        "_learned_until",
        "_novelty",
        "_origins",
        "_own",
        "_stretches",
        "_themes",
        "_usually",
    )

    def __init__(self, themes: Themes = ()) -> None:
        self._own: Sequence[str] = ()
        self._themes = theme_words(themes) if themes else None
        self._stretches: dict[int, Stretch] = {}
        self._usually = _nothing_known()
        self._novelty = Novelty()
        self._origins = Origins()
        self._cascades = Cascades()
        self._learned_until: int | None = None

    def mean(self, own: Sequence[str]) -> None:
        """The query names these words from now on, as they stand in a definition: they tell nothing."""
        self._own = own

    def add(self, partial: PartialCount) -> None:
        """Take in one delta."""
        start = partial.second - partial.second % SLOT_SECONDS
        stretch = self._stretches.get(start)
        if stretch is None:
            self._rest()
            stretch = self._stretches[start] = Stretch()
        if partial.shares:
            self._cascades.add(partial.second, partial.shares)
        before = len(stretch.sample)
        stretch.add(partial)
        if partial.excerpts:
            if partial.terms:
                brought = [partial.excerpts[number] for number in sorted(partial.excerpts)]
                self._novelty.hear(partial.second, partial.terms, brought)
            if len(stretch.sample) // _LOOKED_AT != before // _LOOKED_AT:
                self._fit()

    def _rest(self) -> None:
        """Stretches that came before keep their loudest mention each, and only the two loudest of all."""
        for known in self._stretches.values():
            known.rest(_SAMPLES_AT_REST)
        loud = [
            (weight_of(known.samples.loudest()[0]), start) for start, known in self._stretches.items() if known.samples
        ]
        for _, start in sorted(loud)[_LOUDEST:]:
            self._stretches[start].samples.cut(0)

    def _fit(self) -> None:
        """What was learned gives way first, the oldest first; then all that is left is thinned by one threshold."""
        held = sum(len(stretch.sample) for stretch in self._stretches.values())
        if held <= _EXCERPTS + _SLACK:
            return
        for start in sorted(self._stretches):
            stretch = self._stretches[start]
            if held > _EXCERPTS and stretch.learned and len(stretch.sample):
                held -= len(stretch.sample)
                stretch.sample = WeightedSample()
        if held > _EXCERPTS:
            every = (priority for stretch in self._stretches.values() for priority in stretch.sample.priorities())
            threshold = sorted(every, reverse=True)[_EXCERPTS]
            for stretch in self._stretches.values():
                stretch.sample.thin(threshold)

    def learn(self, until: int, *, storm_since: int | None) -> None:
        """Everything before `until` is final: learn what whole stretches were like, forget what is three hours old.

        A stretch is learned twenty minutes after it became final, so that the first minutes of an event are not.

        Args:
            storm_since: Stretches that end after this belong to an event and teach nothing.
        """
        done = until - until % SLOT_SECONDS - _LEARNED_AFTER
        if self._learned_until is None:
            self._learned_until = min(self._stretches, default=done)
        calm_until = done if storm_since is None else storm_since - storm_since % SLOT_SECONDS
        # always in the same steps, so that it does not matter when and how often somebody looks
        while self._learned_until < done:
            start = self._learned_until
            if done - start > _LONGEST_SILENCE:
                start = self._skip_silence(start, done)
            if start < calm_until:
                self._learn(start, self._stretches.get(start))
            self._stretches.pop(start + _LEARNED_AFTER - _KEPT_SECONDS, None)
            self._learned_until = start + SLOT_SECONDS

    def _learn(self, start: int, stretch: Stretch | None) -> None:
        usually = self._usually
        if stretch is not None:
            stretch.sample.thin(stretch.mentions / _EXCERPTS_LEARNED)
        reads = [] if stretch is None else list(self._read(stretch))
        mentions = 0 if stretch is None else max(stretch.mentions, 0)
        weight = sum(read.weight for read in reads)
        scale = mentions / weight if weight else 0.0
        angry = [read for read in reads if read.tone == NEGATIVE]
        negative = sum(read.weight for read in angry) * scale
        for rates, of, among in (
            (usually.negative, angry, negative),
            (usually.rest, [read for read in reads if read.tone != NEGATIVE], mentions - negative),
        ):
            rates.learn(start, SLOT_SECONDS, among, _counted(of, scale))
        placed: dict[str, float] = {}
        for read in reads:
            for place in places_of(read.excerpt):
                placed[place] = placed.get(place, 0.0) + read.weight * scale
        usually.places.learn(start, SLOT_SECONDS, mentions, placed)
        if stretch is not None:
            stretch.learned = True
            stretch.rest(_SAMPLES_AT_REST)
            self._novelty.settle()

    def _skip_silence(self, start: int, done: int) -> int:
        """Where to go on: of a silence of more than four weeks only the last four are learned."""
        following = min((known for known in self._stretches if start <= known < done), default=done)
        begin = max(start, following - _LONGEST_SILENCE)
        if begin > start:
            self._stretches = {at: stretch for at, stretch in self._stretches.items() if at >= begin}
        return begin

    def erase(self, authors: Collection[int]) -> bool:
        """Forget what these people said, and who they are; whether any of them was known."""
        known = [stretch.erase(authors) for stretch in self._stretches.values()]
        known += [self._origins.erase(authors), self._novelty.erase(authors)]
        return any(known)

    def skip(self) -> None:
        """What comes next does not follow on what came before: the time between teaches nothing."""
        self._stretches.clear()
        self._learned_until = None

    def enrich(self, evidence: Evidence, event: Event, at: int) -> Evidence:
        """`evidence` with what is known of the event; who and where to the ten minutes, what is said to the minute."""
        found = self._since(event, at)
        platforms, regions, languages = (
            most(total(stretch.kinds[which] for stretch in found), KINDS) for which in range(3)
        )
        authors = estimate(smallest(author for stretch in found for author in stretch.authors))
        evidence = msgspec.structs.replace(
            evidence,
            authors=min(authors, max(event.tally.mentions, 0)),  # a sketch is off by an eighth, a count is not
            platforms=platforms,
            regions=regions,
            languages=languages,
            samples=tuple(with_fate(sample, stretch) for sample, stretch in loudest(found)),
        )
        spreads = self._cascades.largest(at, MOST_POSTS)
        return self._explained(evidence, event, found, at, spreads=spreads)

    def drivers(self, evidence: Evidence, event: Event, at: int) -> Evidence:
        """`evidence` with what drives the event alone: of a topic that pages nobody, more is not shown."""
        return self._explained(evidence, event, self._since(event, at), at, only_drivers=True)

    def _since(self, event: Event, at: int) -> list[Stretch]:
        begin = event.since - event.since % SLOT_SECONDS
        return [self._stretches[start] for start in sorted(self._stretches) if begin <= start <= at]

    def _explained(
        self,
        evidence: Evidence,
        event: Event,
        found: list[Stretch],
        at: int,
        *,
        spreads: Sequence[Spread] = (),
        only_drivers: bool = False,
    ) -> Evidence:
        told = range(event.since * 1000, (at + 1) * 1000)
        reads = [read for stretch in found for read in self._read(stretch) if read.excerpt.at_ms in told]
        early = lambda: self._before(event.since)  # noqa: E731 - asked only where something is new
        explained = explain(
            evidence,
            event,
            reads,
            self._usually,
            early,
            self._novelty.first,
            spreads,
            only_drivers=only_drivers,
        )
        return msgspec.structs.replace(explained, drivers=tuple(map(self._origins.traced, explained.drivers)))

    def _read(self, stretch: Stretch) -> Iterator[Read]:
        own = OwnWords.told(self._own)
        for kept in stretch.sample:
            fate = stretch.changed.get(kept.number, "")
            if fate != "deleted":
                excerpt = codec.decode_excerpt(kept.body)
                found = features(excerpt, own, self._themes)
                yield Read(kept.number, kept.weight, excerpt, found, fate)

    def _before(self, since: int) -> list[Read]:
        """Sampled mentions of before the event that are still kept."""
        earlier = [stretch for start, stretch in self._stretches.items() if start < since]
        return [read for stretch in earlier for read in self._read(stretch) if read.excerpt.at_ms < since * 1000]

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        usually = self._usually
        return {
            "stretches": [[start, stretch.snapshot()] for start, stretch in self._stretches.items()],
            "negative": usually.negative.snapshot(),
            "rest": usually.rest.snapshot(),
            "places": usually.places.snapshot(),
            "novelty": self._novelty.snapshot(),
            "cascades": self._cascades.snapshot(),
            "origins": self._origins.snapshot(),
            "learned_until": self._learned_until,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot.

        Raises:
            StateCorrupted: It is no snapshot of a context.
        """
        try:
            self._stretches = {int(start): Stretch.restored(stretch) for start, stretch in state["stretches"]}
            usually = _nothing_known()
            usually.negative.restore(state["negative"])
            usually.rest.restore(state["rest"])
            usually.places.restore(state["places"])
            self._usually = usually
            self._novelty.restore(state["novelty"])
            self._cascades.restore(state["cascades"])
            self._origins.restore(state["origins"])
            self._learned_until = state["learned_until"]
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, msgspec.ValidationError) as exc:
            raise StateCorrupted(f"the snapshot of a context cannot be read: {exc!r}") from exc


def _nothing_known() -> Usually:
    return Usually(negative=Rates(256), rest=Rates(256), places=Rates(96))


def _counted(reads: Iterable[Read], scale: float) -> dict[str, float]:
    counts: dict[str, float] = {}
    for read in reads:
        for feature in read.features:
            counts[feature] = counts.get(feature, 0.0) + read.weight * scale
    return counts
