"""What notices from ops make of an incident: which rises were expected, and which are more than that. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from alerting.directives.notice import Notice
from alerting.incidents import wording
from alerting.incidents.model import Incident
from alerting.incidents.muted import Muted, MuteKind
from alerting.incidents.severity import assess
from streams.events import Direction, Evidence

BEYOND: Final = 2.0
"""So many times the forecast is more than was expected."""

ANGER: Final = 1.0
"""The score of anger, [0, 3], from which people are told whatever was expected: 13 points more negative than usual, a
mean polarity 0.2 below the usual one, or half of it negative."""

MOSTLY: Final = 0.8
"""Such a share of what is said has to come from the notice's area."""

_WORDS: Final = {"expected_rise": "A rise"}


class Verdict(StrEnum):
    """What a notice makes of a topic's rise."""

    EXPECTED = "expected"
    BEYOND_FORECAST = "beyond the forecast"
    ANGER = "anger"
    ELSEWHERE = "elsewhere"
    NOT_ITS_TOPIC = "not its topic"
    NOT_NOW = "not now"
    NO_FORECAST = "no forecast"


def verdict(
    notice: Notice, topic: str, evidence: Evidence, direction: Direction, regions: Mapping[str, int], now: datetime
) -> Verdict:
    """What the notice makes of the rise of one topic.

    Args:
        regions: Mentions by region; without any nobody can say that it comes from the area.
    """
    if topic not in notice.topics:
        return Verdict.NOT_ITS_TOPIC
    if not notice.holds(now):
        return Verdict.NOT_NOW
    if notice.expected_multiplier is None or direction is Direction.QUIET:
        return Verdict.NO_FORECAST
    if not _inside(notice.area, regions):
        return Verdict.ELSEWHERE
    anger = next(factor.score for factor in assess(evidence, direction).factors if factor.name == "anger")
    if anger is not None and anger >= ANGER:
        return Verdict.ANGER
    if times_usual(evidence) > BEYOND * notice.expected_multiplier:
        return Verdict.BEYOND_FORECAST
    return Verdict.EXPECTED


def times_usual(evidence: Evidence) -> float:
    """How many times the usual it is, in the deciding window or in its last minutes, whichever is more."""
    expected = max(evidence.expected, 0.0)
    if expected == 0.0:
        return 0.0 if evidence.observed <= 0 else float("inf")
    lately = evidence.per_minute * evidence.window_seconds / 60
    return max(evidence.observed, lately) / expected


def expected(incident: Incident, notices: Iterable[Notice], now: datetime) -> tuple[Muted, ...]:
    """The notices that expected this; none unless every one of the incident's topics is as expected.

    More than twice the forecast is not, nor is anger: both page.
    """
    notices = tuple(notice for notice in notices if notice.id not in incident.beyond)
    evidences = {part.topic: part.evidence for part in incident.parts} | {incident.topic: incident.evidence}
    found: dict[str, Muted] = {}
    for topic in incident.topics:
        evidence = evidences[topic]
        holding = [
            notice
            for notice in notices
            if verdict(notice, topic, evidence, incident.direction, incident.evidence.regions, now) is Verdict.EXPECTED
        ]
        if not holding:
            return ()
        for notice in holding:
            found.setdefault(notice.id, _muted(notice, evidence))
    return tuple(found[name] for name in sorted(found))


def crossed(
    incident: Incident, notices: Iterable[Notice], per_minute: Mapping[str, float], now: datetime
) -> tuple[tuple[Notice, str], ...]:
    """The notices that mute the incident and whose forecast a topic of it has left behind by now, each with why.

    Judged by the live rate: a detector that has said what it had to say need not say it again.

    Args:
        per_minute: Mentions a minute over the last five, by topic; a topic that is not there is not judged.
    """
    muting = {muted.source for muted in incident.muted if muted.kind is MuteKind.NOTICE}
    evidences = {part.topic: part.evidence for part in incident.parts} | {incident.topic: incident.evidence}
    found: list[tuple[Notice, str]] = []
    for notice in notices:
        if notice.id not in muting or notice.expected_multiplier is None or not notice.holds(now):
            continue
        for topic in incident.topics:
            usual = max(evidences[topic].expected, 0.0) * 60 / evidences[topic].window_seconds
            most = BEYOND * notice.expected_multiplier * usual
            rate = per_minute.get(topic)
            if topic in notice.topics and rate is not None and usual > 0 and rate > most:
                times = f"{rate / usual:.1f} times the usual, {notice.expected_multiplier:g} announced"
                found.append((notice, f"Beyond the forecast: {rate:.0f} mentions a minute, {times}"))
                break
    return tuple(found)


def touching(incident: Incident, notices: Iterable[Notice], now: datetime) -> tuple[Notice, ...]:
    """The notices that are open now and touch the incident: one of its topics, and its area where regions are known."""
    regions = incident.evidence.regions
    return tuple(
        notice
        for notice in notices
        if notice.holds(now)
        and set(notice.topics) & set(incident.topics)
        and (not notice.area or not regions or any(_in_area(region, notice.area) for region in regions))
    )


def announced(notice: Notice) -> str:
    """One line for people: what ops announced, by whom, until when, and what they expect."""
    subject = _WORDS.get(notice.kind.value, notice.kind.value.capitalize())
    where = f" in {', '.join(notice.area)}" if notice.area else ""
    forecast = f", {notice.expected_multiplier:g} times the usual expected" if notice.expected_multiplier else ""
    until = f"{notice.ends_at.astimezone(UTC):%d %b %H:%M} UTC"
    return f"{subject}{where} announced by {wording.plain(notice.owner, 100)} until {until}{forecast}: {notice.text}"


def _muted(notice: Notice, evidence: Evidence) -> Muted:
    times = times_usual(evidence)
    because = f"Expected: {times:.1f} times the usual, {notice.expected_multiplier:g} announced. {announced(notice)}"
    return Muted(MuteKind.NOTICE, notice.id, because, until=notice.ends_at)


def _inside(area: tuple[str, ...], regions: Mapping[str, int]) -> bool:
    if not area:
        return True
    known = sum(count for count in regions.values() if count > 0)
    inside = sum(count for region, count in regions.items() if count > 0 and _in_area(region, area))
    return known > 0 and inside >= MOSTLY * known


def _in_area(region: str, area: tuple[str, ...]) -> bool:
    """`DE-BE` is in `DE`."""
    return any(region == each or region.startswith(f"{each}-") for each in area)
