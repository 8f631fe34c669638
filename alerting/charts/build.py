"""From a topic's windows to a chart."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from alerting.charts.chart import Chart, ChartPoint, Marker, MarkerKind
from alerting.incidents.model import Incident, IncidentState
from alerting.incidents.topic_status import WindowPoint
from alerting.notifiers.escaping import one_line

UNIT: Final = "mentions/min"
BEFORE_ONSET: Final = timedelta(minutes=75)
AFTER_END: Final = timedelta(minutes=30)
SHORTEST: Final = timedelta(minutes=90)
STEPS_SECONDS: Final = (60, 300, 900, 3600, 14_400, 86_400)
MOST_POINTS: Final = 240
FEWEST_POINTS: Final = 12
SPARSEST_SECONDS: Final = 900
LONGEST_FILL: Final = 10_000
LONGEST_NAME: Final = 120
FINEST: Final = STEPS_SECONDS[0]
SETTLING: Final = timedelta(seconds=15)


def step_for(span: timedelta, usual_per_minute: float | None = None, *, most_points: int = MOST_POINTS) -> int:
    """The finest window width in seconds that shows `span` in at most `most_points` points.

    Where it is known that a topic is sparse, windows are wide enough for about ten mentions: a curve, not a comb.

    >>> step_for(timedelta(hours=3)), step_for(timedelta(days=1)), step_for(timedelta(hours=3), usual_per_minute=0.8)
    (60, 900, 900)
    """
    enough = span.total_seconds() / most_points
    if usual_per_minute is not None:
        for_ten_mentions = 600 / usual_per_minute if usual_per_minute > 0 else SPARSEST_SECONDS
        enough = max(enough, min(for_ten_mentions, SPARSEST_SECONDS, span.total_seconds() / FEWEST_POINTS))
    return next((step for step in STEPS_SECONDS if step >= enough), STEPS_SECONDS[-1])


class Zoom(StrEnum):
    """How much of an incident's curve is looked at.

    Attributes:
        EVENT: From 75 minutes before its onset to now, or to half an hour after its end.
        ONSET: A quarter of an hour before its onset and half an hour after.
        HOUR: The last hour of that, or the last day or week.
    """

    EVENT = "event"
    ONSET = "onset"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


_LAST: Final = {Zoom.HOUR: timedelta(hours=1), Zoom.DAY: timedelta(days=1), Zoom.WEEK: timedelta(weeks=1)}
_BEFORE: Final = timedelta(minutes=15)


def incident_span(incident: Incident, now: datetime, zoom: Zoom = Zoom.EVENT) -> tuple[datetime, datetime]:
    """From when to when an incident's chart shows it."""
    end = now
    if incident.state is IncidentState.RESOLVED and incident.resolved_at is not None:
        end = min(now, incident.resolved_at + AFTER_END)
    start = min(incident.onset_at - BEFORE_ONSET, end - SHORTEST)
    end = max(end, incident.opened_at + timedelta(minutes=1))
    if zoom is Zoom.ONSET:
        return incident.onset_at - _BEFORE, min(end, incident.onset_at + 2 * _BEFORE)
    return (end - _LAST[zoom] if zoom in _LAST else start), end


def rate_per_minute(incident: Incident) -> float:
    """Mentions a minute that decide how fine a chart is: what is usual or, if more, the incident's peak."""
    return max(incident.evidence.expected * 60 / incident.evidence.window_seconds, incident.peak_per_minute)


def incident_chart(incident: Incident, windows: Sequence[WindowPoint], *, start: datetime, end: datetime) -> Chart:
    """The incident's curve, with its onset, the page and the end marked."""
    markers = [Marker(MarkerKind.ONSET, incident.onset_at), Marker(MarkerKind.PAGED, incident.opened_at)]
    if incident.resolved_at is not None:
        markers.append(Marker(MarkerKind.ENDED, incident.resolved_at))
    markers = [marker for marker in markers if start <= marker.at <= end]
    windows = [*windows, *_latest(incident, windows)]
    return _chart(incident.topic_name, windows, start=start, end=end, markers=tuple(markers))


def _latest(incident: Incident, windows: Sequence[WindowPoint]) -> Iterable[WindowPoint]:
    """The open minute as the latest detection saw it: who is woken in a storm's first seconds is shown the storm."""
    seen = incident.last_detection_at
    if seen is None or incident.state is IncidentState.RESOLVED:
        return
    minute = int(seen.timestamp()) // FINEST * FINEST
    if any(window.start + window.seconds > minute for window in windows):
        return
    evidence = incident.evidence
    scale = FINEST / evidence.window_seconds
    yield WindowPoint(
        start=minute,
        seconds=FINEST,
        mentions=round(evidence.per_minute),
        expected=evidence.expected * scale,
        low=evidence.low * scale,
        high=evidence.high * scale,
    )


def topic_chart(name: str, windows: Sequence[WindowPoint], *, start: datetime, end: datetime) -> Chart:
    """A topic's curve."""
    return _chart(name, windows, start=start, end=end, markers=())


def _chart(
    name: str, windows: Sequence[WindowPoint], *, start: datetime, end: datetime, markers: tuple[Marker, ...]
) -> Chart:
    settled = (end - SETTLING).timestamp()
    # Wider windows than were counted may be half full: drawn as a rate, they would pretend a fall.
    known = [window for window in windows if window.seconds <= FINEST or window.start + window.seconds <= settled]
    points = tuple(_points(sorted(known, key=lambda window: window.start)))
    drawn = Chart("", UNIT, start, end, points, markers)
    return Chart(_label(one_line(name, LONGEST_NAME), drawn), UNIT, start, end, points, markers)


def _points(windows: Sequence[WindowPoint]) -> Iterable[ChartPoint]:
    for before, after in pairwise(windows):
        yield _point(before)
        yield from _between(before, after)
    if windows:
        yield _point(windows[-1])


def _between(before: WindowPoint, after: WindowPoint) -> Iterable[ChartPoint]:
    """Windows that the history left out because they were empty.

    Where nothing at all is within the expected band, they are drawn as zero. Where it is not, or nobody knows, it is
    likelier that nobody counted: a gap, never a false calm.
    """
    missing = range(before.start + before.seconds, after.start, before.seconds)
    if not missing:
        return
    known = before.low is not None and after.low is not None
    if known and min(before.low or 0.0, after.low or 0.0) < 1 and len(missing) <= LONGEST_FILL:
        per_minute = 60 / before.seconds
        for second in missing:
            share = (second - before.start) / (after.start - before.start)
            low = _blend(before.low, after.low, share, per_minute)
            high = _blend(before.high, after.high, share, per_minute)
            yield ChartPoint(_utc(second), 0.0, low, high)
    else:
        yield ChartPoint(_utc(missing[0]), None)


def _blend(before: float | None, after: float | None, share: float, per_minute: float) -> float | None:
    if before is None or after is None:
        return None
    return (before + (after - before) * share) * per_minute


def _point(window: WindowPoint) -> ChartPoint:
    per_minute = 60 / window.seconds
    return ChartPoint(
        at=_utc(window.start),
        value=window.mentions * per_minute,
        low=None if window.low is None else max(window.low, 0.0) * per_minute,
        high=None if window.high is None else window.high * per_minute,
    )


def _label(name: str, chart: Chart) -> str:
    if chart.latest is None:
        return f"{name}: nothing counted yet"
    newest = chart.points[-1]
    label = f"{name}, mentions per minute: {chart.latest:.3g} at the end, {chart.highest:.3g} at most"
    if newest.low is not None and newest.high is not None:
        label += f", expected {newest.low:.3g} to {newest.high:.3g}"
    return label


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
