"""What has been counted since the last flush."""

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from streams.canary import Canary
from streams.counted import Counted
from streams.events import PartialCount, Sample, Tally
from streams.stages.sample_gate import SAMPLES, Order
from streams.tone import NEGATIVE_UP_TO, POSITIVE_FROM

MAX_TERMS: Final = 32
MAX_AUTHORS: Final = 64
MAX_EXCERPTS: Final = 8
MAX_CHANGES: Final = 64
MAX_SHARED: Final = 8
MAX_KINDS: Final = 256  # of platforms, regions and languages each; without a bound, odd data outgrows a Kafka record

OwnWords = tuple[frozenset[str], tuple[str, ...]]
NO_WORDS: Final[OwnWords] = (frozenset(), ())


class PartialSums:
    """The growing partial count of one topic and event second.

    Counts add up and subtract exactly in any order, up to 256 platforms, regions and languages each; terms, authors and
    samples only grow.
    """

    __slots__ = (
        "_amended",
        "_authors",
        "_delayed",
        "_deleted",
        "_engagement",
        "_excerpts",
        "_kinds",
        "_largest",
        "_mentions",
        "_negative",
        "_neutral",
        "_polarity_squares",
        "_polarity_sum",
        "_positive",
        "_reach",
        "_samples",
        "_shares",
        "_unscored",
        "_words",
        "accepted_ms",
    )

    def __init__(self) -> None:
        self._mentions = self._negative = self._neutral = self._positive = self._unscored = 0
        self._polarity_sum = self._polarity_squares = 0.0
        self._reach = self._engagement = self._delayed = 0
        self._kinds: dict[tuple[str, str | None, str | None], int] = {}
        self._words: list[str] = []
        self._authors: set[int] = set()
        self._samples: list[tuple[Order, Sample]] = []
        self._excerpts: dict[int, bytes] = {}
        self._largest = 0  # number of any excerpt
        self._shares: dict[str, tuple[int, int, int]] = {}
        self._deleted: set[int] = set()
        self._amended: set[int] = set()
        self.accepted_ms = 0

    def count(self, counted: Counted, sign: int, polarity: float | None) -> None:
        """Add (`sign` 1) or subtract (-1) one mention, with what it says of this topic."""
        self._mentions += sign
        if polarity is None:
            self._unscored += sign
        else:
            if polarity <= NEGATIVE_UP_TO:
                self._negative += sign
            elif polarity >= POSITIVE_FROM:
                self._positive += sign
            else:
                self._neutral += sign
            self._polarity_sum += sign * polarity
            self._polarity_squares += sign * polarity * polarity
        if counted.reach:
            self._reach += sign * counted.reach
        if counted.engagement:
            self._engagement += sign * counted.engagement
        if counted.delayed:
            self._delayed += sign
        kind = counted.platform, counted.region, counted.lang
        self._kinds[kind] = self._kinds.get(kind, 0) + sign

    def describe(self, terms: Sequence[str], author: int | None) -> None:
        """Add what is only ever approximate: terms of one more mention, and its author."""
        self._words += terms
        if author is not None:
            self._authors.add(author)

    def add_sample(self, sample: Sample, order: Order) -> None:
        """Keep the mention as evidence while it is among the first five."""
        self._samples.append((order, sample))
        self._samples.sort(key=itemgetter(0))
        del self._samples[SAMPLES:]

    def pass_on(self, post: str, polarity: float | None) -> None:
        """Note that the mention passes on or quotes this post."""
        mentions, negative, positive = self._shares.get(post, (0, 0, 0))
        angry = polarity is not None and polarity <= NEGATIVE_UP_TO
        glad = polarity is not None and polarity >= POSITIVE_FROM
        self._shares[post] = mentions + 1, negative + angry, positive + glad

    def wants_excerpt(self, number: int) -> bool:
        """Whether a mention with this hash would be among the eight smallest."""
        return len(self._excerpts) < MAX_EXCERPTS or number < self._largest

    def add_excerpt(self, number: int, excerpt: bytes) -> None:
        """Keep an encoded excerpt of the mention with this hash."""
        self._excerpts[number] = excerpt
        if len(self._excerpts) > MAX_EXCERPTS:
            del self._excerpts[max(self._largest, number)]
        self._largest = max(self._excerpts)

    def change(self, number: int, *, deleted: bool) -> None:
        """Note that the mention with this hash was taken back or rewritten."""
        (self._deleted if deleted else self._amended).add(number)

    def partial(
        self,
        topic: str,
        revision: int,
        second: int,
        *,
        history: bool,
        own_words: OwnWords = NO_WORDS,
        canary: Canary | None = None,
    ) -> PartialCount | None:
        """The partial count; None if everything cancels out.

        Of the authors those with the smallest hashes are kept, which makes any union of partials a fair sample.

        Args:
            own_words: Words and beginnings of words that are no terms: every mention of the topic has them. A word
                stands for the account of that name too.
        """
        tally = Tally(
            self._mentions,
            self._negative,
            self._neutral,
            self._positive,
            self._unscored,
            self._polarity_sum,
            self._polarity_squares,
            self._reach,
            self._engagement,
            self._delayed,
        )
        platforms, regions, languages = self._by_kind()
        terms = self._terms(*own_words)
        said = self._samples or terms or platforms or regions or languages or self._deleted or self._amended
        if not said and tally == Tally():
            return None
        terms_other = 0
        if len(terms) > MAX_TERMS:
            ranked = sorted(sorted(terms), key=terms.__getitem__, reverse=True)  # equal ones keep their order
            terms_other = sum(terms.values())
            terms = {word: terms[word] for word in ranked[:MAX_TERMS]}
            terms_other -= sum(terms.values())
        return PartialCount(
            topic=topic,
            revision=revision,
            second=second,
            tally=tally,
            platforms=platforms,
            regions=regions,
            languages=languages,
            authors=tuple(sorted(self._authors)[:MAX_AUTHORS]),
            terms=terms,
            terms_other=terms_other,
            samples=tuple(sample for _, sample in self._samples),
            accepted_ms=self.accepted_ms,
            history=history,
            excerpts=self._excerpts,
            deleted=tuple(sorted(self._deleted)[:MAX_CHANGES]),
            shares=self._most_shared(),
            amended=tuple(sorted(self._amended)[:MAX_CHANGES]),
            canary=canary,
        )

    def _most_shared(self) -> dict[str, tuple[int, int, int]]:
        if len(self._shares) <= MAX_SHARED:
            return self._shares
        ranked = sorted(self._shares.items(), key=lambda item: (-item[1][0], item[0]))
        return dict(ranked[:MAX_SHARED])

    def _by_kind(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        sums: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
        for kind, mentions in self._kinds.items():
            for name, counts in zip(kind, sums, strict=True):
                if name in counts:
                    counts[name] += mentions
                elif name is not None and len(counts) < MAX_KINDS:
                    counts[name] = mentions
        platforms, regions, languages = map(_without_zeros, sums)
        return platforms, regions, languages

    def _terms(self, own: frozenset[str], beginnings: tuple[str, ...]) -> dict[str, int]:
        counts: dict[str, int] = Counter(self._words)
        handles = [word for word in counts if word[0] == "@" and word[1:] in own]
        for word in (*own.intersection(counts), *handles):
            del counts[word]
        if beginnings:
            counts = {word: mentions for word, mentions in counts.items() if not word.startswith(beginnings)}
        return counts


def _without_zeros(counts: dict[str, int]) -> dict[str, int]:
    return counts if all(counts.values()) else {key: count for key, count in counts.items() if count}
