"""From what a backtest decided on to curves with its pages marked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerting.charts.build import topic_chart
from alerting.charts.chart import Chart, Marker, MarkerKind
from alerting.incidents.topic_status import WindowPoint
from streams.backtest import Page, Row
from streams.topic import Topic

DETAIL_POINTS: Final = 240
DETAIL_AT_LEAST: Final = timedelta(minutes=90)
DETAIL_ROWS: Final = 30
_EDGE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TopicPast:
    """One topic of a backtest.

    Attributes:
        rows: Oldest first.
        pages: Oldest first.
        pages_by_budget: How many pages other budgets, in pages a week, would have sent.
        table: Name of the file with the rows.
    """

    topic: Topic
    rows: tuple[Row, ...]
    pages: tuple[Page, ...]
    pages_by_budget: dict[float, int]
    table: str

    @property
    def span(self) -> timedelta:
        """From the first row to the end of the last one."""
        return self.rows[-1].at + timedelta(seconds=self.rows[-1].seconds) - self.rows[0].at if self.rows else _EDGE * 0


def whole_chart(past: TopicPast, most_points: int) -> tuple[Chart, int]:
    """All rows, pages marked with their numbers from 1, and how many seconds each step of the curve covers.

    Where rows are more than `most_points`, a step shows the busiest row within it: what paged is never averaged away.
    """
    start, end = past.rows[0].at, past.rows[0].at + past.span + _EDGE
    markers = tuple(
        Marker(MarkerKind.PAGED, page.at, words=str(number)) for number, page in enumerate(past.pages, start=1)
    )
    points, step = _points(past.rows, past.span, most_points)
    return replace(topic_chart(past.topic.name, points, start=start, end=end), markers=markers), step


def page_chart(past: TopicPast, page: Page) -> Chart:
    """What was around one page: its onset and the page marked."""
    aside = max(DETAIL_AT_LEAST, DETAIL_ROWS * timedelta(seconds=max(row.seconds for row in past.rows)))
    first, last = past.rows[0].at, past.rows[0].at + past.span
    start, end = max(min(page.onset, page.at) - aside, first), min(page.at + aside, last) + _EDGE
    points, _ = _points([row for row in past.rows if start <= row.at < end], end - start, DETAIL_POINTS)
    markers = (Marker(MarkerKind.ONSET, page.onset), Marker(MarkerKind.PAGED, page.at))
    return replace(topic_chart(past.topic.name, points, start=start, end=end), markers=markers)


def _points(rows: Sequence[Row], span: timedelta, most_points: int) -> tuple[list[WindowPoint], int]:
    longest = max((row.seconds for row in rows), default=60)
    step = longest * max(math.ceil(span.total_seconds() / most_points / max(longest, 1)), 1)
    busiest: dict[int, Row] = {}
    for row in rows:
        # As long as rows are few each has a step of its own, whatever the spacing.
        place = _second(row.at) if step == longest else _second(row.at) // step * step
        known = busiest.get(place)
        if known is None or _rate(row) > _rate(known):
            busiest[place] = row
    return [_point(max(place, _second(rows[0].at)), row, step) for place, row in busiest.items()], step


def _point(start: int, row: Row, step: int) -> WindowPoint:
    seconds = max(row.seconds, 1) if step <= row.seconds else step
    scale = seconds / max(row.seconds, 1)
    low, high, expected = (None if value is None else value * scale for value in (row.low, row.high, row.expected))
    return WindowPoint(start, seconds, round(row.value * scale), expected=expected, low=low, high=high)


def _rate(row: Row) -> float:
    return row.value / max(row.seconds, 1)


def _second(at: datetime) -> int:
    return int(at.timestamp())
