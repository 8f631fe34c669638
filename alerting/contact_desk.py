"""Sets every open incident against the contact centre, and knows what only the contact centre hears."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from alerting.dispatch import Dispatch
from alerting.errors import DatabaseUnavailable, Stale
from alerting.hearing.comparing import BEFORE, LONGEST_EVENT, Event, compared
from alerting.hearing.curve import Curve
from alerting.hearing.speakers import speakers_of
from alerting.hearing.stated import Stated
from alerting.hearing.switchboard import Rise, Switchboard
from alerting.incidents.contact_findings import ContactFindings, Span, Standing, in_one_line
from alerting.incidents.contact_store import ContactStore
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.incidents.outcome import Outcome, changed, kept_current
from alerting.incidents.store import IncidentFilter, Store
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from alerting.metrics import AlertingMetrics
from streams.backoff import sleep_unless
from streams.clock import Clock
from streams.errors import StateCorrupted
from streams.events import Direction

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 20.0
AT_MOST_EVERY: Final = timedelta(minutes=5)

_OPEN: Final = IncidentFilter(states=(IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED))
_SAYS_SOMETHING: Final = frozenset({Standing.SAME_ISSUE, Standing.UNSURE, Standing.SOCIAL_ONLY})
_MOST: Final = 100
_HELD: Final = timedelta(minutes=BEFORE + LONGEST_EVENT)
_LEARNED: Final = timedelta(days=28)
_NEWS: Final = 0.25
_UNSETTLED: Final = 10
_MINUTE: Final = 60


class KnowsLag(Protocol):
    """Whoever takes contacts in."""

    @property
    def caught_up(self) -> bool:
        """Everything that Kafka has for this process is counted."""
        ...


class ContactDesk:
    """Looks every twenty seconds. All that is learned is learned anew from the database: a restart loses nothing.

    What it finds is written down when it says something new: at once when the standing changes, and then whoever was
    told of the incident hears of it; else in silence, every five minutes at most. Several processes may look; what one
    wrote the others find done.

    Args:
        wait: A minute is complete so long after its end, where everything was taken in.
    """

    def __init__(
        self,
        *,
        store: Store,
        contacts: ContactStore,
        intake: KnowsLag,
        dispatch: Dispatch,
        stated: Stated,
        wait: timedelta,
        clock: Clock,
        metrics: AlertingMetrics,
    ) -> None:
        self._store = store
        self._contacts = contacts
        self._intake = intake
        self._dispatch = dispatch
        self._stated = stated
        self._wait = wait
        self._clock = clock
        self._metrics = metrics
        self._board: Switchboard | None = None
        self._calls_only: tuple[Rise, ...] = ()

    @property
    def board(self) -> Switchboard | None:
        """What the contact centre hears, as last looked at; None where nothing was ever heard."""
        return self._board

    @property
    def calls_only(self) -> tuple[Rise, ...]:
        """Reasons that rise and belong to no open incident, the rarest first."""
        return self._calls_only

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except (DatabaseUnavailable, Stale) as exc:
                log.debug("contacts.waiting", reason=str(exc))
            except (StateCorrupted, ArithmeticError, ValueError):
                log.exception("contacts.not_compared")  # an estimate must never be what ends the process that pages
            await sleep_unless(stop, LOOK_SECONDS, self._clock)

    async def look(self) -> None:
        """Look once.

        Raises:
            DatabaseUnavailable: Nothing was learned; what was written before stands.
        """
        now = self._clock.now()
        self._board = await self._heard(now)
        page = await self._store.find(_OPEN, cursor=None, limit=_MOST)
        topics = {status.topic: status for status in await self._store.topics(now)} if page.incidents else {}
        explained: set[str] = set()
        for incident in page.incidents:
            if incident.history or incident.direction is not Direction.CRISIS:
                continue
            event = await self._event(incident, topics, now)
            findings = await asyncio.to_thread(compared, event, self._board, self._stated, now)
            explained |= {reason.reason for reason in findings.reasons}
            if is_news(incident.contacts, findings):
                await self._write(incident.id, findings)
        rising = await asyncio.to_thread(self._board.rising) if self._board else ()
        self._calls_only = tuple(rise for rise in rising if rise.line.reason not in explained)
        self._metrics.contact_reasons.labels("known").set(len(self._board.lines) if self._board else 0)
        self._metrics.contact_reasons.labels("rising").set(len(rising))
        self._metrics.contact_reasons.labels("calls_only").set(len(self._calls_only))

    async def _heard(self, now: datetime) -> Switchboard | None:
        newest = await self._contacts.newest_minute()
        if newest is None:
            return None
        end = newest
        if self._intake.caught_up:
            end = max(newest, int((now - self._wait).timestamp()) // _MINUTE)
        until = datetime.fromtimestamp(end * _MINUTE, UTC)
        start = until - _HELD
        minutes = await self._contacts.minutes(start, until)
        hours = await self._contacts.hours(until - _LEARNED, until)
        return await asyncio.to_thread(Switchboard.of, int(start.timestamp()) // _MINUTE, end, minutes, hours)

    async def _event(self, incident: Incident, topics: Mapping[str, TopicStatus], now: datetime) -> Event:
        onset = int(incident.onset_at.timestamp()) // _MINUTE
        start = max(onset - BEFORE, int((now - _HELD).timestamp()) // _MINUTE)
        end = min(int(now.timestamp()) // _MINUTE, self._board.end if self._board else 1 << 40)
        points = await self._store.windows(
            incident.topic, start=_at(start), end=_at(max(end, start + 1)), seconds=_MINUTE
        )
        mentions = curve_of(points, start, max(end, start + 1), onset)
        days = await self._store.windows(
            incident.topic, start=_at(onset) - _LEARNED, end=_at(onset - BEFORE), seconds=86_400
        )
        known = [topics[topic] for topic in incident.topics if topic in topics]
        spoken = [incident.topic_name, *(text for status in known for text in (status.name, status.query))]
        return Event(
            topics=incident.topics,
            brand=incident.brand or "",
            spoken=tuple(spoken),
            driven=tuple(driver.term for driver in incident.evidence.drivers),
            onset=onset,
            speakers=speakers_of(incident, mentions.excess(onset)),
            mentions=mentions,
            mentions_by_day={point.start // 86_400: point.mentions for point in days},
        )

    async def _write(self, incident_id: str, findings: ContactFindings) -> None:
        async with self._store.begin() as unit:
            incident = await unit.incident(incident_id)
            if incident is None or incident.state is IncidentState.RESOLVED:
                return
            if not is_news(incident.contacts, findings):
                return
            now = self._clock.now()
            outcome = heard(incident, findings, now)
            await self._dispatch.record(unit, outcome, now)
        self._metrics.transitions.labels(outcome.transition.value).inc(outcome.transition is Transition.HEARD)
        log.info("contacts.compared", incident=incident_id, standing=findings.standing.value, basis=findings.basis)


def heard(incident: Incident, findings: ContactFindings, now: datetime) -> Outcome:
    """The incident with what the contact centre says; told to people where that is something else than before."""
    before = incident.contacts
    same = before is not None and before.standing is findings.standing
    if findings.standing in _SAYS_SOMETHING and not same:
        return changed(incident, Transition.HEARD, in_one_line(findings), now, contacts=findings)
    return kept_current(incident, now, contacts=findings)


def is_news(before: ContactFindings | None, after: ContactFindings) -> bool:
    """Whether it says something else than what is written down, and not too soon after it."""
    if before is None or before.standing is not after.standing or before.basis != after.basis:
        return True
    if after.at - before.at < AT_MOST_EVERY:
        return False
    pairs = ((before.silent, after.silent), (before.next_hour, after.next_hour), (_lag(before), _lag(after)))
    return before.called * (1 + _NEWS) + 5 < after.called or any(_moved(*pair) for pair in pairs)


def curve_of(points: Sequence[WindowPoint], start: int, end: int, onset: int) -> Curve:
    """The curve of a topic in minutes `[start, end)`, where those that are left out had no mention.

    Where the windows do not say what is usual, it is what the last one said that did, or the mean before the onset.
    """
    found = {point.start // _MINUTE: point for point in points}
    counts = [float(found[minute].mentions) if minute in found else 0.0 for minute in range(start, end)]
    before = counts[: max(onset - start - _UNSETTLED, 1)]
    usual = sum(before) / len(before)
    expected = []
    for minute in range(start, end):
        known = found[minute].expected if minute in found else None
        usual = usual if known is None else known
        expected.append(usual)
    return Curve(start, tuple(counts), tuple(expected))


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * _MINUTE, UTC)


def _lag(findings: ContactFindings) -> Span | None:
    return next((one.lag for one in findings.reasons if one.lag is not None), None)


def _moved(before: Span | None, after: Span | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after.middle - before.middle) > _NEWS * max(abs(before.middle), 4.0)
