"""What the board and the curves show of a topic."""

from datetime import datetime

import msgspec


class TopicStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """One topic on the board.

    Attributes:
        per_minute: Mentions a minute over the last five closed minutes; None before the first window.
        expected_per_minute: What the baseline expects; None while warming up.
        score: The latest volume score; None while warming up.
        pages_this_week: Incidents that paged in the last seven days.
        pages_per_week: The budget.
    """

    topic: str
    name: str
    owner: str | None
    brand: str | None
    query: str
    pages_per_week: float
    pages_this_week: int
    open_incidents: int = 0
    per_minute: float | None = None
    expected_per_minute: float | None = None
    polarity: float | None = None
    score: float | None = None
    last_window_at: datetime | None = None


class WindowPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """One window of a curve.

    Attributes:
        start: Inclusive, seconds since 1970.
        polarity: Mean, [-1, 1]; None where nothing was scored.
    """

    start: int
    seconds: int
    mentions: int
    negative: int = 0
    positive: int = 0
    polarity: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = None
