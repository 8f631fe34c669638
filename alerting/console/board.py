"""The board: which topic is how unusual."""

from collections.abc import Iterable

from alerting.incidents.topic_status import TopicStatus


def by_how_unusual(board: Iterable[TopicStatus]) -> tuple[TopicStatus, ...]:
    """The most unusual topic first: open incidents, then the score, then the rate; those without a score last."""
    return tuple(
        sorted(
            board,
            key=lambda status: (
                -status.open_incidents,
                status.score is None,
                -(status.score or 0.0),
                -(status.per_minute or 0.0),
                status.name,
            ),
        )
    )


def budget(status: TopicStatus) -> str:
    """Pages against their budget, in words.

    >>> def topic(pages: int, a_week: float) -> TopicStatus:
    ...     return TopicStatus("t", "T", None, None, "t", pages_per_week=a_week, pages_this_week=pages)
    >>> budget(topic(1, 1.0))
    '1 of 1 page this week'
    >>> budget(topic(0, 0.25))
    'no page, 1 in 4 weeks allowed'
    """
    if status.pages_per_week >= 1:
        pages = "page" if status.pages_per_week == 1 else "pages"
        return f"{status.pages_this_week} of {status.pages_per_week:g} {pages} this week"
    count = status.pages_this_week
    allowed = f"1 in {1 / status.pages_per_week:.3g}"
    if count == 0:
        return f"no page, {allowed} weeks allowed"
    return f"{count} page{'s' if count > 1 else ''} this week, {allowed} allowed"
