"""A feed that is silent, as its open incident tells. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.incidents import wording
from alerting.incidents.model import Incident, IncidentState
from streams.events import Direction
from streams.feed_report import FeedState
from streams.feeds import PREFIX, STALLED


@dataclass(frozen=True, slots=True)
class SilentFeed:
    """What is known of one silent feed.

    Attributes:
        name: The platform's or the partition's; on one line, and hostile: it came in mentions.
        silent_since: Event time of the last that was heard of it.
        expected: Mentions that were to be expected from then until it was told; None where nobody counts them.
        told_at: Since when people know, processing time.
        incident: The open incident about it.
    """

    name: str
    state: FeedState
    silent_since: datetime
    expected: float | None
    told_at: datetime
    incident: str
    incident_state: IncidentState
    acknowledged_by: str | None


def silent_feeds(incidents: Iterable[Incident]) -> tuple[SilentFeed, ...]:
    """Those of the incidents that are open and about a feed, by name."""
    found = (
        _silent_feed(incident)
        for incident in incidents
        if incident.direction is Direction.QUIET and incident.state is not IncidentState.RESOLVED
    )
    return tuple(sorted(found, key=lambda feed: (feed.name, feed.incident)))


def _silent_feed(incident: Incident) -> SilentFeed:
    state = FeedState.STALLED if STALLED in incident.detectors else FeedState.QUIET
    return SilentFeed(
        name=wording.plain(incident.topic.removeprefix(PREFIX)),
        state=state,
        silent_since=_since(incident),
        expected=incident.evidence.expected if state is FeedState.QUIET else None,
        told_at=incident.reopened_at or incident.opened_at,
        incident=incident.id,
        incident_state=incident.state,
        acknowledged_by=incident.acknowledged_by,
    )


def _since(incident: Incident) -> datetime:
    """Of this silence, where the incident was opened again for it."""
    if incident.reopened_at is None or incident.last_detection_at is None:
        return incident.onset_at
    return incident.last_detection_at - timedelta(seconds=incident.evidence.window_seconds)
