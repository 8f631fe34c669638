"""Values to put into a store, with everything filled in that a test does not care about."""

import asyncio
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, IncidentState, Severity, TimelineEntry, Transition
from alerting.incidents.part import GroupingReason, Part
from alerting.incidents.store import Store
from alerting.incidents.topic_status import WindowPoint
from streams.events import Direction, Evidence, Tally, WindowCount
from streams.topic import Topic
from tests.fakes.clock import START

EVIDENCE = Evidence(observed=120, expected=30.0, low=20.0, high=41.0, window_seconds=60)
MIDNIGHT = int(datetime(2026, 1, 5, tzinfo=START.tzinfo).timestamp())


def incident(
    number: int,
    *,
    topic: str | None = None,
    state: IncidentState = IncidentState.TRIGGERED,
    severity: Severity = Severity.SEV2,
    revision: int = 1,
    episodes: tuple[str, ...] = (),
    history: bool = False,
    title: str = "Refunds are four times as loud as usual",
    joined: tuple[str, ...] = (),
    family: str = "",
) -> Incident:
    """Incident `number`; its id sorts by number, its topic and episode are its own."""
    at = START + timedelta(seconds=number)
    return Incident(
        id=f"inc_{number:026d}",
        dedup_key=f"dedup-{number}",
        episode=f"episode-{number}",
        topic=topic or f"topic-{number}",
        topic_name="Refunds",
        title=title,
        why="120 mentions in a minute, 20 to 41 expected",
        state=state,
        severity=severity,
        direction=Direction.CRISIS,
        detectors=("volume",),
        onset_at=at,
        opened_at=at,
        updated_at=at,
        evidence=EVIDENCE,
        false_pages_per_week=0.02,
        revision=revision,
        episodes=episodes,
        history=history,
        parts=tuple(
            Part(name, name, at, at, GroupingReason.SHARED_MENTIONS, "", Direction.CRISIS, EVIDENCE) for name in joined
        ),
        family=family,
    )


def entry(of: Incident, transition: Transition = Transition.OPENED, text: str = "It began.") -> TimelineEntry:
    """Something that happened to the incident."""
    return TimelineEntry(incident=of.id, at=of.updated_at, transition=transition, actor="tocsin", text=text)


def delivery(
    name: str,
    of: Incident,
    change: Transition = Transition.OPENED,
    *,
    receiver: str = "comms",
    notifier: str = "slack",
    at: datetime = START,
) -> Delivery:
    """A message that is due at `at`."""
    return Delivery(
        id=name,
        incident=of.id,
        incident_revision=of.revision,
        receiver=receiver,
        notifier=notifier,
        change=change,
        state=DeliveryState.PENDING,
        created_at=at,
        next_attempt_at=at,
    )


def window(
    start: int,
    mentions: int = 6,
    *,
    topic: str = "refunds",
    seconds: int = 60,
    revision: int = 0,
    expected: float | None = 4.0,
) -> WindowCount:
    """A window in which every mention is negative with polarity -0.5; the band is 2 around what was expected."""
    return WindowCount(
        topic=topic,
        start=start,
        seconds=seconds,
        tally=Tally(
            mentions=mentions, negative=mentions, polarity_sum=-0.5 * mentions, polarity_squares=0.25 * mentions
        ),
        revision=revision,
        expected=expected,
        low=None if expected is None else max(0.0, expected - 2.0),
        high=None if expected is None else expected + 2.0,
        score=0.5,
    )


async def save(store: Store, *numbers: int) -> None:
    """Insert these incidents, each with its first timeline entry, in one unit."""
    async with store.begin() as unit:
        for number in numbers:
            fresh = incident(number)
            await unit.save(fresh, [entry(fresh)], expected_revision=None)


async def enqueue(store: Store, *fresh: Delivery) -> None:
    """Put messages into the outbox, after the incidents they are about."""
    async with store.begin() as unit:
        for number in sorted({int(message.incident.removeprefix("inc_")) for message in fresh}):
            await unit.save(incident(number), [], expected_revision=None)
        await unit.enqueue(fresh)


def sent(message: Delivery, reference: str = "C1:17") -> Delivery:
    """The outcome of an attempt that arrived."""
    return msgspec.structs.replace(message, state=DeliveryState.SENT, attempts=1, reference=reference)


async def curve(store: Store, *, start: int = MIDNIGHT, days: int = 1, seconds: int = 60) -> tuple[WindowPoint, ...]:
    """The curve of the topic `refunds` from `start` on."""
    first = datetime.fromtimestamp(start, UTC)
    return await store.windows("refunds", start=first, end=first + timedelta(days=days), seconds=seconds)


def topic(name: str) -> Topic:
    """A topic that looks for its own name."""
    return Topic(id=name, name=name.title(), query=name)


async def together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Do all of it at the same time, within a minute."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number, one in enumerate(work):
            group.create_task(one, name=f"work {number}")
