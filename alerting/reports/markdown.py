"""What Markdown reports are made of: headings, lists and tables whose texts cannot become markup. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerting.incidents.wording import duration
from alerting.notifiers.escaping import escape_markdown

UNKNOWN = "unknown"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are escaped already."""
    return [_row(columns), _row("---" for _ in columns), *map(_row, rows), ""]


def text(said: str, limit: int = 600) -> str:
    """Somebody's words on one line, harmless."""
    return escape_markdown(said, limit)


def span(seconds: float | None) -> str:
    """A duration as people read it; `unknown` is never 0.

    >>> span(None), span(0.4), span(-90), span(5400), span(200_000)
    ('unknown', '0 s', '2 min before', '90 min', '2 days')
    """
    if seconds is None:
        return UNKNOWN
    if seconds < 0:
        return f"{span(-seconds)} before"
    return f"{seconds / 86_400:.0f} days" if seconds >= 2 * 86_400 else duration(seconds)


def stamp(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """A time with its date, UTC unless a zone is given."""
    if at is None:
        return UNKNOWN
    return f"{at:%Y-%m-%d %H:%M:%S}" if zone is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
