"""Every topic at a glance: what arrives, what is usual, what it may still page, whether all is well. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerting.charts.chart import Chart
from alerting.console import words
from alerting.console.cards import UNOWNED, TopicTile, topic_tile
from alerting.incidents.topic_status import TopicStatus
from alerting.notifiers.escaping import one_line

# So many times as long as usual without a mention are worth a word; a topic that never has many is quiet by nature.
_LONG_QUIET: Final = 30
_QUIET_AT_LEAST: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A topic on its page.

    Attributes:
        whose: Brand and owner, in words.
        mood: Mean polarity, in words; empty where nothing was scored.
        stands: Whether it works, in words.
        level: `sev1` where somebody is to look, else empty.
    """

    tile: TopicTile
    whose: str
    mood: str
    stands: str
    level: str


def board_line(status: TopicStatus, chart: Chart | None, now: datetime) -> BoardLine:
    """One topic; without a chart it has no curve."""
    owner = one_line(status.owner or UNOWNED, words.LONGEST_NAME)
    brand = one_line(status.brand or "", words.LONGEST_NAME)
    return BoardLine(
        tile=topic_tile(status, chart),
        whose=f"{brand}, {owner}" if brand else owner,
        mood="" if status.polarity is None else f"mood {round(status.polarity, 2) + 0.0:+.2f}",
        stands=_stands(status, now),
        level="sev1" if status.open_incidents else "",
    )


def _stands(status: TopicStatus, now: datetime) -> str:
    """How the topic does.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> topic = TopicStatus("t", "T", None, None, "t", pages_per_week=1.0, pages_this_week=0)
    >>> _stands(topic, now)
    'nothing counted yet'
    """
    if status.open_incidents:
        return f"{status.open_incidents} open incident{'s' if status.open_incidents > 1 else ''}"
    if status.last_window_at is None:
        return "nothing counted yet"
    last = f"last mention {words.clock(status.last_window_at, now)}"
    if status.expected_per_minute is None:
        return f"still learning, {last}"
    usual = timedelta(minutes=_LONG_QUIET / max(status.expected_per_minute, 1e-6))
    if now - status.last_window_at > max(usual, _QUIET_AT_LEAST):
        return f"unusually quiet, {last}"
    return last
