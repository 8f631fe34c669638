"""What will become of an event and of the posts that carry it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from streams.evidence.cascades import MINUTE, Spread
from streams.evidence.forecast import forecast
from streams.excerpt import Excerpt
from streams.findings import Forecast, PostForecast

MOST_POSTS: Final = 3
_TEXT_CHARACTERS: Final = 120


def of_event(counts: Sequence[int], usual_per_minute: float) -> Forecast | None:
    """The final size of an event, in mentions above what is usual.

    Args:
        counts: Mentions minute by minute since it began.
    """
    return forecast([max(round(count - usual_per_minute), 0) for count in counts], float(MINUTE))


def of_posts(spreads: Sequence[Spread], known: Mapping[str, Excerpt]) -> tuple[PostForecast, ...]:
    """The posts that spread far enough to foresee anything.

    Args:
        known: Sampled mentions by their key, for the words and the author.
    """
    found = []
    for spread in spreads:
        told = forecast(spread.counts, float(MINUTE))
        if told is None:
            continue
        excerpt = known.get(spread.key)
        found.append(
            PostForecast(
                key=spread.key,
                forecast=told,
                tone=spread.tone,
                author=None if excerpt is None else excerpt.author,
                text=None if excerpt is None else excerpt.text[:_TEXT_CHARACTERS],
                url=None if excerpt is None else excerpt.url,
                author_number=None if excerpt is None else excerpt.author_number,
            )
        )
    return tuple(found)
