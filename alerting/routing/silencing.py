"""Which silences hide an incident, how wide a silence is, and what it would have hidden. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from alerting.directives.silence import Silence
from alerting.incidents.model import Incident, Severity
from alerting.incidents.muted import Muted, MuteKind
from alerting.routing.matchers import LABELS, all_hold, parsed
from alerting.routing.routes import labels_of

_FEW_TOPICS: Final = 3
_FEW_PAGES: Final = 5
_ANYTHING: Final = "anything that nobody has \u2603 by name"


class Width(msgspec.Struct, frozen=True):
    """How much a silence covers, and why that is too much without a word of confirmation.

    Attributes:
        topics: How many of the tracked topics could be hidden by it, of `topics_in_all`.
        pages: How many of the pages of the last days it would have hidden, of `pages_in_all`.
        reasons: Why it is too wide, in sentences; empty where it is not.
    """

    topics: int
    topics_in_all: int
    pages: int
    pages_in_all: int
    reasons: tuple[str, ...] = ()


class Preview(msgspec.Struct, frozen=True):
    """What a silence would have hidden in the last days, newest first, and what it hides now."""

    days: int
    width: Width
    hidden: tuple[Incident, ...]
    hides_now: tuple[Incident, ...]


def hides(silence: Silence, incident: Incident, topic: str | None = None) -> bool:
    """Whether the matchers hold for the incident, seen as one about `topic`; whatever the time.

    A SEV1 breaks through, unless a matcher on `severity` says that it is meant too.
    """
    labels = labels_of(incident) | {"topic": topic or incident.topic}
    if not all_hold(silence.matchers, labels):
        return False
    return incident.severity is not Severity.SEV1 or any(parsed(text).label == "severity" for text in silence.matchers)


def silenced(incident: Incident, silences: Iterable[Silence], now: datetime) -> tuple[Muted, ...]:
    """The silences that hide the incident now; none unless every one of its topics is hidden by one.

    So a silence about one topic cannot hide an event that shows in another one too.
    """
    active = [(silence, until) for silence in silences if (until := silence.hides_until(now)) is not None]
    found: dict[str, Muted] = {}
    for topic in incident.topics:
        hiding = [(silence, until) for silence, until in active if hides(silence, incident, topic)]
        if not hiding:
            return ()
        found |= {silence.id: muted_by(silence, until) for silence, until in hiding}
    return tuple(found[name] for name in sorted(found))


def muted_by(silence: Silence, until: datetime) -> Muted:
    """What stands on the incident, with the end as the clocks in the silence's own zone show it."""
    return Muted(
        kind=MuteKind.SILENCE,
        source=silence.id,
        because=f"Silenced until {_moment(until, silence.zone)} by {silence.author}: {silence.reason}",
        until=until,
    )


def would_have_hidden(silence: Silence, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Those of the incidents that it would have hidden when they opened, had it stood then; by what they are today."""
    zone = ZoneInfo(silence.zone)

    def in_time(incident: Incident) -> bool:
        opened = incident.reopened_at or incident.opened_at
        return not silence.weekly or any(window.end_of(opened, zone) is not None for window in silence.weekly)

    return tuple(
        incident
        for incident in incidents
        if in_time(incident) and all(hides(silence, incident, topic) for topic in incident.topics)
    )


def width(silence: Silence, topics: Sequence[Mapping[str, str]], pages: int, pages_in_all: int) -> Width:
    """How wide it is.

    Too wide is: it names nothing in particular; most of the topics and more than three; most of the pages of the last
    days and at least five.

    Args:
        topics: The labels `topic`, `brand` and `owner` of every tracked topic.
        pages: How many of `pages_in_all` it would have hidden.
    """
    covered = sum(_could_hide(silence, labels) for labels in topics)
    reasons = []
    if all_hold(silence.matchers, dict.fromkeys(LABELS, _ANYTHING)):
        reasons.append("its matchers hold for anything at all")
    if covered > _FEW_TOPICS and covered * 2 > len(topics):
        reasons.append(f"it covers {covered} of {len(topics)} topics")
    if pages >= _FEW_PAGES and pages * 2 > pages_in_all:
        reasons.append(f"it would have hidden {pages} of {pages_in_all} pages")
    return Width(covered, len(topics), pages, pages_in_all, tuple(reasons))


def _could_hide(silence: Silence, topic: Mapping[str, str]) -> bool:
    """Whether the matchers on what is known of a topic hold; others may hold some day."""
    return all(matcher.label not in topic or matcher.holds(topic) for matcher in map(parsed, silence.matchers))


def _moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%d %b %H:%M} {zone}"
