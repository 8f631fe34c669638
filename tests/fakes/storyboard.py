"""A made-up afternoon: two open incidents, one that is over, and a board around them."""

import math
import random
from datetime import datetime, timedelta

import msgspec

from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Incident, IncidentState, Severity, TimelineEntry, Transition
from alerting.incidents.situation_link import SituationLink
from alerting.incidents.topic_status import TopicStatus, WindowPoint
from streams.events import Direction, Driver, Evidence, Sample
from tests.fakes.memory_store import MemoryStore

REFUNDS = "inc_01JGV5REFUNDS0000000000000"
CAMPAIGN = "inc_01JGV4CAMPAIGN000000000000"
LOGIN = "inc_01JGV3LOGIN000000000000000"
CLOCK_WINDOW = 60


def evidence_of(
    now: datetime,
    *,
    observed: int = 143,
    polarity: float = -0.52,
    terms: tuple[str, ...] = ("refund pending", "support chat closed", "charged twice", "app update"),
    texts: tuple[str, ...] = (
        "Nine days waiting on a refund and the chat just says closed. Is anyone there?",
        "Since the update my return shows as never received. Order had arrived on the 3rd.",
        "Llevo una semana esperando el reembolso. https://example.com/status",
    ),
) -> Evidence:
    """Evidence of a minute, with drivers and samples."""
    return Evidence(
        observed=observed,
        expected=37.0,
        low=29.0,
        high=46.0,
        window_seconds=60,
        polarity=polarity,
        polarity_expected=-0.08,
        negative_share=0.71,
        negative_share_expected=0.22,
        reach=1_900_000,
        engagement=5210,
        authors=1204,
        per_minute=float(observed),
        platforms={"x": 101, "reddit": 42},
        drivers=tuple(Driver(term, max(61 - 24 * index, 4), 1.5) for index, term in enumerate(terms)),
        samples=tuple(
            Sample(
                key=f"x:{index}",
                text=text,
                published_at=now - timedelta(minutes=3 + index),
                polarity=-0.6,
                followers=212 * (index + 1),
                url=f"https://x.example/{index}",
                lang="en",
                content_type="reply" if index == 0 else "post",
            )
            for index, text in enumerate(texts)
        ),
    )


def incident_at(
    now: datetime,
    *,
    id: str = REFUNDS,  # noqa: A002  # the field's name
    minutes: int = 11,
    state: IncidentState = IncidentState.TRIGGERED,
    severity: Severity = Severity.SEV1,
    topic: str = "refunds",
    topic_name: str = "Refunds",
    title: str = "Acme Refunds: surge of angry mentions",
    direction: Direction = Direction.CRISIS,
    evidence: Evidence | None = None,
) -> Incident:
    """An incident that was opened `minutes` ago."""
    opened = now - timedelta(minutes=minutes)
    return Incident(
        id=id,
        dedup_key=f"tocsin-{id}",
        episode=f"ep-{id}",
        topic=topic,
        topic_name=topic_name,
        title=title,
        why="143 mentions a minute, expected 29 to 46; 71% negative, usually 22%; about 1,204 people.",
        state=state,
        severity=severity,
        direction=direction,
        detectors=("volume", "sentiment"),
        onset_at=opened - timedelta(minutes=2),
        opened_at=opened,
        updated_at=now,
        evidence=evidence or evidence_of(now),
        false_pages_per_week=1 / 40,
        brand="Acme",
        owner="Payments",
        peak_per_minute=151.0,
        last_detection_at=now,
        acknowledged_at=now if state is IncidentState.ACKNOWLEDGED else None,
        acknowledged_by="jo" if state is IncidentState.ACKNOWLEDGED else None,
        resolved_at=now - timedelta(minutes=5) if state is IncidentState.RESOLVED else None,
        resolved_by="tocsin" if state is IncidentState.RESOLVED else None,
    )


def curve_of(
    now: datetime,
    *,
    usual: float,
    jump_at: datetime | None = None,
    jump: float = 1.0,
    minutes: int = 240,
    seed: int = 7,
) -> tuple[WindowPoint, ...]:
    """A window a minute, with an optional jump; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311  # a drawing, no secret
    last = int(now.timestamp()) // CLOCK_WINDOW * CLOCK_WINDOW
    points = []
    for start in range(last - minutes * CLOCK_WINDOW, last, CLOCK_WINDOW):
        expected = usual * (1 + 0.3 * math.sin(start / 4000))
        rise = 1.0
        if jump_at is not None and start >= jump_at.timestamp():
            rise = 1 + (jump - 1) * min((start - jump_at.timestamp()) / 900, 1.0)
        spread = 1.2 * math.sqrt(expected) + 0.12 * expected
        mentions = max(round(chance.gauss(expected * rise, math.sqrt(expected * rise))), 0)
        points.append(
            WindowPoint(
                start,
                CLOCK_WINDOW,
                mentions,
                expected=expected,
                low=max(expected - spread, 0.0),
                high=expected + spread,
            )
        )
    return tuple(points)


def storyboard(now: datetime) -> MemoryStore:
    """A store with everything the pages can show."""
    store = MemoryStore()
    shown = SituationLink("0123456789abcdef", "jo", now, now + timedelta(days=1))
    refunds = msgspec.structs.replace(incident_at(now), links=(shown,))
    campaign = incident_at(
        now,
        id=CAMPAIGN,
        minutes=48,
        state=IncidentState.ACKNOWLEDGED,
        severity=Severity.SEV3,
        topic="campaign",
        topic_name="Spring campaign",
        title="Acme Spring campaign: going viral",
        direction=Direction.VIRAL,
        evidence=evidence_of(now, observed=62, polarity=0.44, terms=("goosebumps",), texts=("Best ad of the year!",)),
    )
    login = incident_at(
        now,
        id=LOGIN,
        minutes=190,
        state=IncidentState.RESOLVED,
        severity=Severity.SEV2,
        topic="login",
        topic_name="App login",
        title="Acme App login: far more mentions than usual",
    )
    store.add(login)
    store.add(campaign)
    store.add(refunds, *_refund_timeline(refunds, now), deliveries=_refund_deliveries(refunds, now))
    names = {
        "refunds": ("Refunds", 37.0, 5.2),
        "campaign": ("Spring campaign", 13.0, 4.1),
        "login": ("App login", 12.0, 0.4),
        "delivery": ("Delivery", 31.0, 0.2),
        "store-opening": ("Store opening", 9.0, 0.1),
        "recall": ("Recall 2025", 0.2, None),
        "chief": ("Chief executive", 1.1, -0.3),
        "outlet-west": ("Outlet, region west", 4.0, 0.0),
    }
    jumps = {"refunds": (13, 4.0), "campaign": (50, 4.5), "login": (192, 1.1)}
    board = []
    for seed, (topic, (name, usual, score)) in enumerate(names.items()):
        minutes, jump = jumps.get(topic, (0, 1.0))
        points = curve_of(
            now, usual=usual, jump_at=now - timedelta(minutes=minutes) if minutes else None, jump=jump, seed=seed
        )
        store.curves[topic] = points
        board.append(
            TopicStatus(
                topic=topic,
                name=name,
                owner="Payments" if topic == "refunds" else None,
                brand="Acme",
                query=f'"{name.lower()}" AND acme',
                pages_per_week=1.0 if topic == "refunds" else 0.25,
                pages_this_week=1 if topic in jumps else 0,
                per_minute=sum(point.mentions for point in points[-5:]) / 5,
                expected_per_minute=None if score is None else usual,
                polarity=-0.1,
                score=score,
                last_window_at=now,
            )
        )
    store.board = tuple(board)
    return store


def _refund_timeline(incident: Incident, now: datetime) -> tuple[TimelineEntry, ...]:
    opened = incident.opened_at
    return (
        TimelineEntry(incident.id, opened, Transition.OPENED, "tocsin", "Detected by volume; opened as SEV2."),
        TimelineEntry(
            incident.id, opened + timedelta(minutes=4), Transition.GREW, "tocsin", "Grew to 143 mentions a minute."
        ),
        TimelineEntry(
            incident.id, now - timedelta(minutes=2), Transition.SEVERITY_CHANGED, "tocsin", "SEV2 is now SEV1."
        ),
    )


def _refund_deliveries(incident: Incident, now: datetime) -> tuple[Delivery, ...]:
    opened = incident.opened_at
    common = {"incident": incident.id, "incident_revision": 1, "created_at": opened, "next_attempt_at": opened}
    return (
        Delivery(
            id="d1",
            receiver="payments",
            notifier="pagerduty:0",
            change=Transition.OPENED,
            state=DeliveryState.SENT,
            attempts=1,
            sent_at=opened + timedelta(seconds=0.9),
            detail="payments on-call",
            **common,  # type: ignore[arg-type]
        ),
        Delivery(
            id="d2",
            receiver="comms",
            notifier="slack:0",
            change=Transition.OPENED,
            state=DeliveryState.SENT,
            attempts=2,
            sent_at=opened + timedelta(seconds=2.4),
            detail="#comms-now",
            **common,  # type: ignore[arg-type]
        ),
        Delivery(
            id="d3",
            receiver="ops",
            notifier="webhook:0",
            change=Transition.GREW,
            state=DeliveryState.PENDING,
            attempts=3,
            reason="503 Service Unavailable",
            detail="hooks.acme.example",
            incident=incident.id,
            incident_revision=2,
            created_at=now - timedelta(minutes=6),
            next_attempt_at=now + timedelta(minutes=1),
        ),
        Delivery(
            id="d4",
            receiver="old",
            notifier="slack:0",
            change=Transition.OPENED,
            state=DeliveryState.REJECTED,
            attempts=1,
            reason="channel_not_found",
            detail="#gone",
            **common,  # type: ignore[arg-type]
        ),
    )
