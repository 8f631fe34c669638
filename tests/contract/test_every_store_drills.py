"""Messages of drills in every store's outbox, on SQLite and on Postgres."""

from datetime import timedelta

import msgspec
import pytest

from alerting.directives.directive import DirectiveEntry
from alerting.directives.drill import Drill
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import Severity
from alerting.incidents.retention import cutoffs
from alerting.incidents.sql.store import SqlStore
from alerting.settings import RetentionSettings
from tests.fakes.clock import START
from tests.fakes.stored import delivery, incident, sent


def a_test(name: str = "test", drill: str = "drl_1") -> Delivery:
    return msgspec.structs.replace(delivery(name, incident(1), notifier=f"of {name}"), incident=drill, test=True)


async def begin(store: SqlStore, *tests: Delivery) -> None:
    drill = Drill("drl_1", "comms", "Ada", START, START)
    async with store.begin() as unit:
        asked = DirectiveEntry(drill.id, START, "drill.asked", "Ada", "Ada tests the way to comms")
        await unit.keep(drill, [asked], expected_revision=None)
        await unit.enqueue(tests)


async def test_a_test_is_leased_without_an_incident_after_every_page(store: SqlStore) -> None:
    await begin(store, a_test())
    worse = incident(2, severity=Severity.SEV3)
    async with store.begin() as unit:
        await unit.save(worse, [], expected_revision=None)
        await unit.enqueue([delivery("page", worse)])

    leases = await store.lease(START, seconds=30, limit=9)

    assert [(lease.delivery.id, lease.incident) for lease in leases] == [("page", worse), ("test", None)]
    assert {lease.taken_at for lease in leases} == {START}


async def test_what_became_of_a_test_is_found_by_its_drill(store: SqlStore) -> None:
    await begin(store, a_test())

    (lease,) = await store.lease(START, seconds=30, limit=9)
    await store.settle(lease, sent(lease.delivery))

    assert await store.deliveries("drl_1") == (sent(a_test()),)
    assert await store.deliveries("drl_2") == ()
    assert [line.act for line in await store.directive_lines("drl_1")] == ["drill.asked"]


async def test_a_test_that_does_not_arrive_is_not_overdue_and_uses_no_budget_up(store: SqlStore) -> None:
    await begin(store, a_test("arrives"), a_test("refused"), a_test("waits"))
    ends = {"arrives": DeliveryState.SENT, "refused": DeliveryState.REJECTED}
    for lease in await store.lease(START, seconds=30, limit=9):
        if lease.delivery.id in ends:
            await store.settle(lease, msgspec.structs.replace(lease.delivery, state=ends[lease.delivery.id]))

    assert await store.overdue_pages(START + timedelta(hours=1), limit=9) == ()
    assert await store.pages_told(["comms"], since=START - timedelta(hours=1)) == 0
    assert await store.open_deliveries() == ()


async def test_old_tests_are_forgotten_and_a_waiting_one_is_not(store: SqlStore) -> None:
    await begin(store, a_test("old"), a_test("waits"))
    leases = {lease.delivery.id: lease for lease in await store.lease(START, seconds=30, limit=9)}
    await store.settle(leases["old"], sent(leases["old"].delivery))

    removed = await store.retain(cutoffs(RetentionSettings(), START + timedelta(days=1000)))

    assert removed.deliveries == 1
    assert [one.id for one in await store.deliveries("drl_1")] == ["waits"]


async def test_a_test_of_no_drill_is_refused_and_nothing_is_written(store: SqlStore) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with store.begin() as unit:
            await unit.enqueue([a_test(drill="drl_unknown")])

    assert await store.lease(START, seconds=30, limit=9) == ()
