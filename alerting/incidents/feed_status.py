"""Every feed as people see it: what is reported of it, and the open incident about it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alerting.incidents.model import IncidentState
from alerting.incidents.silent_feed import SilentFeed
from streams.feed_report import FeedKind, FeedReading, FeedReport, FeedState


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What is known of one feed; None is unknown. Its name came in mentions: escape it where you show it.

    Attributes:
        kind: None where an incident alone tells of it.
        state: That of its open incident, else as it was reported; unknown where nobody reports.
        watched: Whether its silence would be told.
        per_minute: Mentions a minute that arrived over the last five, matched or not.
        usual_per_minute: Its own usual rate; None while it is not watched.
        last_arrival: Event time of its last mention.
        behind_seconds: How far a partition's event time was behind the clock when it was reported, >= 0.
        lag_records: Records of a partition that wait to be read; None where another process reads them.
        silent_since: Event time of the last that was heard of it; None while it delivers.
        expected: Mentions that were to be expected from then until it was told; None where nobody counts them.
        told_at: Since when people know of its silence, processing time.
        incident: The open incident about it.
    """

    name: str
    kind: FeedKind | None
    state: FeedState
    watched: bool | None
    per_minute: float | None
    usual_per_minute: float | None
    last_arrival: datetime | None
    behind_seconds: float | None
    lag_records: int | None
    silent_since: datetime | None
    expected: float | None
    told_at: datetime | None
    incident: str | None
    incident_state: IncidentState | None
    acknowledged_by: str | None


def feed_statuses(
    report: FeedReport | None,
    silent: Iterable[SilentFeed],
    *,
    written_at: datetime | None,
    lags: Mapping[str, int],
) -> tuple[FeedStatus, ...]:
    """Every feed that is reported or has an open incident, by name.

    Args:
        report: The newest.
        silent: Those with an open incident.
        written_at: When the report was written; None where it is too old to tell of the present.
        lags: Records that wait, by partition, as far as this process knows.
    """
    told = sorted(silent, key=lambda feed: (feed.name, feed.incident))
    readings = {reading.name: reading for reading in (report.feeds if report else ())}
    named = {feed.name for feed in told}
    rows = [(feed.name, feed) for feed in told] + [(name, None) for name in readings if name not in named]
    statuses = [_status(name, readings.get(name), feed, written_at, lags.get(name)) for name, feed in rows]
    return tuple(sorted(statuses, key=lambda status: status.name))


def _status(
    name: str,
    reading: FeedReading | None,
    told: SilentFeed | None,
    written_at: datetime | None,
    lag: int | None,
) -> FeedStatus:
    current = None if written_at is None else reading
    state = FeedState.UNKNOWN if current is None else current.state
    since = None if current is None else _time(current.silent_since)
    reached = None if current is None else _time(current.reached)
    return FeedStatus(
        name=name,
        kind=None if reading is None else reading.kind,
        state=state if told is None else told.state,
        watched=None if reading is None else reading.watched,
        per_minute=None if current is None else current.per_minute,
        usual_per_minute=None if reading is None else reading.usual_per_minute,
        last_arrival=None if reading is None else _time(reading.last_arrival),
        behind_seconds=None
        if reached is None or written_at is None
        else max(0.0, (written_at - reached).total_seconds()),
        lag_records=lag,
        silent_since=since if told is None else told.silent_since,
        expected=None if told is None else told.expected,
        told_at=None if told is None else told.told_at,
        incident=None if told is None else told.incident,
        incident_state=None if told is None else told.incident_state,
        acknowledged_by=None if told is None else told.acknowledged_by,
    )


def _time(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
