"""A mention with what it says by itself, whatever else was said."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from streams.broker.base import Record
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.stages.mention_polarity import polarity_of
from streams.topic import Topic


class Heard(NamedTuple):
    """One mention, the topics it belongs to, and what it says as a whole.

    Attributes:
        polarity: None where nothing tells, where it belongs to no topic, and where it is taken back.
    """

    record: Record
    mention: Mention
    topics: tuple[Topic, ...]
    polarity: float | None

    @classmethod
    def all_of(
        cls, read: Sequence[tuple[Record, Mention]], *, matcher: TopicMatcher, scorer: Scorer
    ) -> "Iterator[Self]":
        """These mentions in their order.

        First all are matched, then all are scored: the processor's caches hold the matcher or the lexicon, but not both
        and all that counting needs besides, so that going from one mention to the next with everything costs more.
        """
        topics = [matcher.match(mention) for _, mention in read]
        polarities = [
            polarity_of(mention, scorer) if found and mention.op != "delete" else None
            for (_, mention), found in zip(read, topics, strict=True)
        ]
        for one, found, polarity in zip(read, topics, polarities, strict=True):
            yield cls(*one, found, polarity)
