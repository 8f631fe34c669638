"""The mood of one mention, as a whole and towards each of its topics."""

from collections.abc import Sequence
from typing import Final

from streams.clauses import polarities
from streams.matching import TopicMatcher
from streams.mention import Mention
from streams.sentiment.base import Scorer
from streams.stages.sampling import polarity_of_rating
from streams.topic import Topic

POLARITY_STEPS: Final = 8192


def polarity_of(mention: Mention, scorer: Scorer) -> float | None:
    """What the source delivered, else a bad rating, else what the text says; None where nothing tells.

    In steps of 1/8192, whose sums and sums of squares a float holds exactly.
    """
    polarity = _delivered(mention)
    if polarity is None:
        polarity = scorer.score(mention.text or mention.title or "", mention.lang)
    return _in_steps(polarity)


def polarities_of(
    mention: Mention, topics: Sequence[Topic], *, matcher: TopicMatcher, scorer: Scorer
) -> tuple[float | None, ...] | None:
    """What the text says of each topic, in these steps; None where that is the same, or was delivered for the whole."""
    if not mention.text or _delivered(mention) is not None:
        return None
    found = polarities(mention.text, mention.lang, topics, matcher=matcher, scorer=scorer)
    return None if found is None else tuple([_in_steps(polarity) for polarity in found])


def _delivered(mention: Mention) -> float | None:
    return mention.sentiment if mention.sentiment is not None else polarity_of_rating(mention.rating)


def _in_steps(polarity: float | None) -> float | None:
    return None if polarity is None else round(polarity * POLARITY_STEPS) / POLARITY_STEPS
