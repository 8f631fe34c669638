"""The canary's incident in every store: its heartbeat is leased like any message, and nobody else ever sees it."""

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from alerting.canary_case import NOTIFIER, CanaryCase
from alerting.incidents.delivery import DeliveryState
from alerting.incidents.identity import CANARY_INCIDENT
from alerting.incidents.sql.store import SqlStore
from alerting.incidents.store import IncidentFilter
from alerting.metrics import AlertingMetrics
from streams.canary import CANARY, Canary
from streams.events import Detection, Direction, Evidence, Phase
from tests.fakes.clock import START
from tests.fakes.stored import sent

SENT_MS = round(START.timestamp() * 1000)
EVIDENCE = Evidence(observed=1, expected=1.0, low=0.0, high=3.0, window_seconds=60)


def flown(number: int, source: int, sources: int = 2) -> Detection:
    """A canary of round `number` that came as far as the alerting side."""
    return Detection(
        id=f"{number}-{source}",
        episode=str(number),
        sequence=0,
        topic=CANARY,
        topic_revision=1,
        detector=CANARY,
        phase=Phase.OPENED,
        direction=Direction.VIRAL,
        at=START,
        onset=START,
        score=0.0,
        false_pages_per_week=0.0,
        evidence=EVIDENCE,
        canary=Canary(str(number), SENT_MS, source, sources, source, sources),
    )


def case() -> CanaryCase:
    return CanaryCase(AlertingMetrics(CollectorRegistry()))


async def taken(case: CanaryCase, store: SqlStore, *detections: Detection, after: float = 0) -> None:
    async with store.begin() as unit:
        said = await case.take(unit, detections, START + timedelta(seconds=after))
    said()


async def test_a_round_that_is_whole_puts_one_heartbeat_into_the_outbox(store: SqlStore) -> None:
    canaries = case()

    await taken(canaries, store, flown(1, 0))
    before = await store.lease(START, seconds=30, limit=9)
    await taken(canaries, store, flown(1, 1), after=2)
    [lease] = await store.lease(START + timedelta(seconds=2), seconds=30, limit=9)
    reported = await store.deliveries_between(START, START + timedelta(days=1))

    assert (before, reported) == ((), ())
    assert (lease.delivery.receiver, lease.delivery.notifier) == (CANARY, NOTIFIER)
    assert lease.incident is not None
    assert lease.incident.onset_at == datetime.fromtimestamp(SENT_MS / 1000, UTC)


async def test_the_same_flight_twice_makes_no_round_whole_and_a_whole_round_beats_once(store: SqlStore) -> None:
    canaries = case()

    await taken(canaries, store, flown(1, 0), flown(1, 0))
    lacking = await store.deliveries(CANARY_INCIDENT)
    await taken(canaries, store, flown(1, 1))
    await taken(canaries, store, flown(1, 0), flown(1, 1))

    assert lacking == ()
    assert len(await store.deliveries(CANARY_INCIDENT)) == 1


async def test_a_unit_that_failed_leaves_the_round_open(store: SqlStore) -> None:
    canaries = case()
    async with store.begin() as unit:
        await canaries.take(unit, [flown(1, 0), flown(1, 1)], START)  # what it answers is not called

    await taken(canaries, store, flown(1, 0), flown(1, 1), after=1)

    assert [one.incident_revision for one in await store.deliveries(CANARY_INCIDENT)] == [2]  # in place of the first


async def test_it_is_on_no_list_in_no_stream_and_in_no_count(store: SqlStore) -> None:
    await taken(case(), store, flown(1, 0, 1))

    later = START + timedelta(hours=1)
    everything = await store.find(IncidentFilter(history=True), cursor=None, limit=9)
    assert everything.incidents == ()
    assert await store.timeline_after(0, limit=9) == ()
    assert await store.open_incidents() == ()
    assert await store.open_deliveries() == ()
    assert await store.overdue_pages(later, limit=9) == ()
    assert await store.outbox_age(later) == (0, 0.0)
    assert (await store.audit_head()).position == 0


async def test_a_newer_heartbeat_supersedes_one_that_nobody_took_and_old_ones_are_forgotten(store: SqlStore) -> None:
    canaries = case()
    for number in range(5):
        await taken(canaries, store, flown(number, 0, 1), after=60 * number)
        if number % 2:
            [lease] = await store.lease(START + timedelta(seconds=60 * number), seconds=30, limit=9)
            await store.settle(lease, sent(lease.delivery))

    pending = [one for one in await store.deliveries(CANARY_INCIDENT) if one.state is DeliveryState.PENDING]

    assert [one.incident_revision for one in pending] == [5]
    assert len(await store.deliveries(CANARY_INCIDENT)) <= 2
