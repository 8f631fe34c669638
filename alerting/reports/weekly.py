"""The report of a week: pages, false ones, promises kept, how long things took, what drove them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.directives.judgement import Judgement
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.model import PAGES
from alerting.incidents.outline import Outline
from alerting.incidents.report_store import Casework, Sent
from alerting.incidents.topic_status import TopicStatus
from alerting.reports.driver_totals import DriverTotal, driver_totals
from alerting.reports.iso_week import IsoWeek
from alerting.reports.milestones import Milestone, Step, at_of, milestones
from alerting.reports.own_week import OwnWeek, own_week
from alerting.reports.spans import Spans
from streams.feedback import Verdict

LOOKED_BACK: Final = 8  # weeks: a promise of one in four weeks cannot be judged by a single one


class Figures(msgspec.Struct, frozen=True):
    """What is counted of the whole and of every brand.

    Attributes:
        incidents: That opened in the week.
        pages: Incidents of which a page of the week arrived; None where messages are no longer kept.
        false_alarms: Of the week's incidents, as far as people said so.
        missed: What people said nobody was paged for.
        failed: Messages of the week that never arrived; None where they are no longer kept.
        detect: From the onset until the incident was opened.
        acknowledge: From then until somebody acknowledged it first.
        resolve: From then until it was resolved; what is open is unknown.
        ours: How we ourselves did in its incidents.
    """

    brand: str
    incidents: int
    pages: int | None
    false_alarms: int
    missed: int
    failed: int | None
    detect: Spans
    acknowledge: Spans
    resolve: Spans
    drivers: tuple[DriverTotal, ...]
    ours: OwnWeek


class TopicWeek(msgspec.Struct, frozen=True):
    """A topic that had an incident, a page or a verdict.

    Attributes:
        promised: False pages a week that are accepted in force; None where nobody tracks it any more.
        false_alarms: That people said in the week.
        false_in_eight_weeks: That people said in the eight weeks that end with this one.
        kept: These are not more than eight times what was promised; None where nothing was.
        chronic: Some of it went into digests, because it opened so often.
    """

    topic: str
    name: str
    brand: str
    incidents: int
    pages: int | None
    promised: float | None
    false_alarms: int
    false_in_eight_weeks: int
    kept: bool | None
    chronic: bool


class ReceiverWeek(msgspec.Struct, frozen=True):
    """A receiver that was sent anything.

    Attributes:
        pages: Incidents that it was paged for.
        promised: False pages a week that a receiver accepts.
        false_alarms: Of these incidents, as far as people said so by now.
    """

    receiver: str
    pages: int
    promised: float
    false_alarms: int
    kept: bool
    messages: int
    failed: int


class WeeklyReport(msgspec.Struct, frozen=True):
    """One week.

    Attributes:
        complete: It is over.
        receivers: None where messages are no longer kept.
    """

    week: str
    zone: str
    start: datetime
    end: datetime
    complete: bool
    written_at: datetime
    whole: Figures
    brands: tuple[Figures, ...]
    topics: tuple[TopicWeek, ...]
    receivers: tuple[ReceiverWeek, ...] | None


class Accepted(msgspec.Struct, frozen=True):
    """What is promised now: by every topic, and to every receiver."""

    topics: Mapping[str, TopicStatus]
    per_receiver: float


def weekly_report(
    week: IsoWeek,
    *,
    opened: Sequence[Casework],
    sent: Sequence[Sent] | None,
    judged: Sequence[Judgement],
    accepted: Accepted,
    now: datetime,
) -> WeeklyReport:
    """Count it.

    Args:
        opened: Incidents that opened in the week.
        sent: Messages that were made in the week; None where they are no longer kept.
        judged: What people said from seven weeks before the week on.
    """
    said = [one for one in judged if one.withdrawn_at is None]
    brands = {_brand(one.outline) for one in opened} | {one.brand for one in sent or () if _is_page(one)}
    brands |= {_of_topic(one.topic, accepted) for one in said_in(week, said)}
    counted = _Counted(week, opened, sent, said, accepted)
    return WeeklyReport(
        week=week.name,
        zone=week.zone,
        start=week.start,
        end=week.end,
        complete=week.end <= now,
        written_at=now,
        whole=counted.figures(None),
        brands=tuple(counted.figures(brand) for brand in sorted(brands)),
        topics=counted.topics(),
        receivers=counted.receivers(),
    )


def said_in(week: IsoWeek, said: Iterable[Judgement]) -> list[Judgement]:
    """What was said in the week."""
    return [one for one in said if week.start <= one.created_at < week.end]


class _Counted:
    def __init__(
        self,
        week: IsoWeek,
        opened: Sequence[Casework],
        sent: Sequence[Sent] | None,
        said: Sequence[Judgement],
        accepted: Accepted,
    ) -> None:
        self._week, self._opened, self._sent, self._said, self._accepted = week, opened, sent, said, accepted
        self._false = {one.feedback.incident for one in said if one.feedback.verdict is Verdict.FALSE_ALARM}
        self._paged = None if sent is None else [one for one in sent if _is_page(one)]
        self._reached = [(one.outline, milestones(one.outline, one.timeline, ())) for one in opened]

    def figures(self, brand: str | None) -> Figures:
        """Of one brand; of all of them without."""
        reached = [(one, steps) for one, steps in self._reached if brand is None or _brand(one) == brand]
        sent = None if self._sent is None else [one for one in self._sent if brand is None or one.brand == brand]
        return Figures(
            brand=brand or "",
            incidents=len(reached),
            pages=None if sent is None else len({one.delivery.incident for one in sent if _is_page(one)}),
            false_alarms=sum(one.id in self._false for one, _ in reached),
            missed=sum(
                brand is None or _of_topic(one.topic, self._accepted) == brand
                for one in said_in(self._week, self._said)
                if one.feedback.verdict is Verdict.MISSED
            ),
            failed=None if sent is None else sum(one.delivery.state is DeliveryState.REJECTED for one in sent),
            detect=Spans.of(_between(steps, Step.ONSET, Step.DETECTED) for _, steps in reached),
            acknowledge=Spans.of(_between(steps, Step.DETECTED, Step.ACKNOWLEDGED) for _, steps in reached),
            resolve=Spans.of(_resolved_after(one) for one, _ in reached),
            drivers=driver_totals(one for one, _ in reached),
            ours=own_week([one for one, _ in reached]),
        )

    def topics(self) -> tuple[TopicWeek, ...]:
        """The loudest first: by pages, then by incidents."""
        incidents = Counter(one.outline.topic for one in self._opened)
        pages = {(one.topic, one.delivery.incident) for one in self._paged or ()}
        told = Counter(topic for topic, _ in pages)
        false = Counter(one.topic for one in said_in(self._week, self._said) if _is_false(one))
        lately = Counter(one.topic for one in self._said if _is_false(one) and one.created_at < self._week.end)
        names = {one.outline.topic: (one.outline.topic_name, _brand(one.outline)) for one in self._opened}
        chronic = {one.outline.topic for one in self._opened if one.outline.quieted.chronic}
        found = []
        for topic in incidents | told | false:
            known = self._accepted.topics.get(topic)
            name, brand = names.get(topic, (known.name if known else topic, _of_topic(topic, self._accepted)))
            promised = known.pages_per_week if known else None
            found.append(
                TopicWeek(
                    topic=topic,
                    name=name,
                    brand=brand,
                    incidents=incidents[topic],
                    pages=None if self._paged is None else told[topic],
                    promised=promised,
                    false_alarms=false[topic],
                    false_in_eight_weeks=lately[topic],
                    kept=None if promised is None else lately[topic] <= LOOKED_BACK * promised,
                    chronic=topic in chronic,
                )
            )
        return tuple(sorted(found, key=lambda one: (-(one.pages or 0), -one.incidents, one.topic)))

    def receivers(self) -> tuple[ReceiverWeek, ...] | None:
        """By name."""
        if self._sent is None:
            return None
        promised = self._accepted.per_receiver
        found = []
        for receiver in sorted({one.delivery.receiver for one in self._sent}):
            messages = [one for one in self._sent if one.delivery.receiver == receiver]
            pages = {one.delivery.incident for one in messages if _is_page(one)}
            false = len(pages & self._false)
            states = Counter(one.delivery.state for one in messages)
            found.append(
                ReceiverWeek(
                    receiver=receiver,
                    pages=len(pages),
                    promised=promised,
                    false_alarms=false,
                    kept=false <= promised,
                    messages=len(messages) - states[DeliveryState.SUPERSEDED],
                    failed=states[DeliveryState.REJECTED],
                )
            )
        return tuple(found)


def _is_page(one: Sent) -> bool:
    return one.delivery.change in PAGES and one.delivery.state is DeliveryState.SENT


def _is_false(one: Judgement) -> bool:
    return one.feedback.verdict is Verdict.FALSE_ALARM


def _brand(outline: Outline) -> str:
    return outline.brand or outline.family


def _of_topic(topic: str, accepted: Accepted) -> str:
    known = accepted.topics.get(topic)
    return (known.brand if known else None) or ""


def _between(steps: Sequence[Milestone], earlier: Step, later: Step) -> float | None:
    begin, end = at_of(steps, earlier), at_of(steps, later)
    return None if begin is None or end is None else (end - begin).total_seconds()


def _resolved_after(outline: Outline) -> float | None:
    if outline.resolved_at is None or outline.merged_into:
        return None
    return max((outline.resolved_at - outline.opened_at) / timedelta(seconds=1), 0.0)
